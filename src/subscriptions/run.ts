/**
 * One occurrence of a subscription, from the moment it is due to what came of it: the history of runs. Pure.
 * Invariants: there is one run of an occurrence, and with it one at most that looks again at each occurrence before, because
 * ids follow from them; a run that is over never changes; its report, if any, is asked for under a key that follows from it,
 * so that repeating it asks for the same report.
 */
import * as z from "zod";
import { customerIdSchema } from "../agreements/ids.ts";
import { periodSchema } from "../reports/period.ts";
import { type ReportId, reportIdSchema } from "../reports/report.ts";
import type { Due } from "./schedule.ts";
import type { Subscription } from "./subscription.ts";

/** How soon a run is looked at again at the earliest and at the latest, in milliseconds. */
const LOOK_AGAIN_MIN_MS = 30_000;
const LOOK_AGAIN_MAX_MS = 15 * 60_000;
/** What waits for so long says why. */
const DELAY_MS = 86_400_000;
/** Reports of one run that were made and must not be sent, before it is given up. */
const UNSENT_MAX = 5;

export const runStatusSchema = z.enum(["due", "making", "delivered", "skipped", "failed"]);

export const runReasonSchema = z.object({
  code: z.enum([
    "Empty",
    "Unchanged",
    "OwnerLostAccess",
    "Paused",
    "Deleted",
    "ReportFailed",
    "ReportCanceled",
    "NothingToReport",
    "Delayed",
  ]),
  /** For people. */
  message: z.string(),
});
export type RunReason = z.infer<typeof runReasonSchema>;

export const runSchema = z.object({
  id: z.string(),
  runId: z.string(),
  customerId: customerIdSchema,
  kind: z.literal("reportRun"),
  subscriptionId: z.string(),
  /** `2026-11`, `2026-W47`, `2026-Q4`: that it was planned by, also where it corrects an earlier one. */
  occurrence: z.string(),
  /** It looks whether a period that was sent before has changed since. */
  isCorrection: z.boolean(),
  /** An occurrence before that it looks at again. */
  corrects: z
    .object({
      occurrence: z.string(),
      /** What was sent of it last; absent: nothing was, and this is its first sending. */
      reportId: reportIdSchema.optional(),
      /** Nothing was sent because nothing was delivered, so it still is not while that is so. */
      wasEmpty: z.boolean(),
    })
    .optional(),
  dueAt: z.iso.datetime(),
  period: periodSchema,
  /** When it was planned. */
  createdAt: z.iso.datetime(),
  status: runStatusSchema,
  /** When the timer looks at it next, which finds it by this; absent: it is over. */
  lookAt: z.iso.datetime().optional(),
  reportId: reportIdSchema.optional(),
  /** Whether somebody else had asked for the report: it is there, or being made, with all that is wanted. */
  isReportKnown: z.boolean().optional(),
  /** When its report was asked for or found. */
  startedAt: z.iso.datetime().optional(),
  /** Reports that were made for it and not sent, because they were no longer what was wanted, the newest last. */
  unsent: z.array(reportIdSchema).max(UNSENT_MAX).optional(),
  endedAt: z.iso.datetime().optional(),
  /** Of what was skipped or failed, and of what is open for longer than it should be. */
  reason: runReasonSchema.optional(),
  /** Who it was sent to. */
  deliveries: z.int().min(0),
});
export type Run = z.infer<typeof runSchema>;

const runIdOf = (subscriptionId: string, occurrence: string, corrected: string | undefined): string =>
  `${subscriptionId}~${occurrence}${corrected === undefined ? "" : `~correction-${corrected}`}`;

export const runDocumentId = (runId: string): string => `reportRun~${runId}`;

/** The key under which its report is asked for: another one after each that is not sent. */
export function requestKeyOf({ subscriptionId, occurrence, corrects, unsent }: Run): string {
  const last = unsent?.at(-1);
  const corrected = corrects === undefined ? "" : `:correction:${corrects.occurrence}`;
  const key = `subscription:${subscriptionId}:${occurrence}${corrected}`;
  return last === undefined ? key : `${key}:after:${last}`;
}

/** @param corrects undefined: it is the run of the occurrence itself. */
export function newRun(
  { customerId, subscriptionId }: Pick<Subscription, "customerId" | "subscriptionId">,
  { occurrence, dueAt }: Due,
  period: Run["period"],
  now: string,
  corrects?: Run["corrects"],
): Run {
  const runId = runIdOf(subscriptionId, occurrence, corrects?.occurrence);
  return {
    id: runDocumentId(runId),
    runId,
    customerId,
    kind: "reportRun",
    subscriptionId,
    occurrence,
    isCorrection: corrects?.reportId !== undefined,
    ...(corrects === undefined ? {} : { corrects }),
    dueAt,
    period,
    createdAt: now,
    status: "due",
    lookAt: now,
    deliveries: 0,
  };
}

export const isOver = ({ lookAt }: Pick<Run, "lookAt">): boolean => lookAt === undefined;

/** Its report is asked for, or found. */
export function making(
  { reason: _reason, ...run }: Run,
  reportId: ReportId,
  isReportKnown: boolean,
  now: string,
): Run {
  return { ...run, status: "making", reportId, isReportKnown, startedAt: now, lookAt: now };
}

/**
 * Due again: its report is not to be sent, and another is asked for.
 * @returns undefined after too many: it would go on for ever.
 */
export function dueAgain(run: Run, now: string): Run | undefined {
  const { reportId, isReportKnown: _known, startedAt: _started, reason: _reason, ...due } = run;
  const unsent = [...(run.unsent ?? []), ...(reportId === undefined ? [] : [reportId])];
  return unsent.length > UNSENT_MAX ? undefined : { ...due, status: "due", unsent, lookAt: now };
}

/** Looked at again after half of the time that it has been waited for: often at first, then seldom. */
export function lookedAt({ reason: _reason, ...run }: Run, now: string): Run {
  const waitedMs = waitedMsOf(run, now);
  const pauseMs = Math.min(Math.max(waitedMs / 2, LOOK_AGAIN_MIN_MS), LOOK_AGAIN_MAX_MS);
  return { ...run, lookAt: new Date(Date.parse(now) + Math.round(pauseMs)).toISOString() };
}

/**
 * The same of a run that a step failed of: after a day its history says what it waits for.
 * @param cause for people.
 */
export function delayed(run: Run, cause: string, now: string): Run {
  const next = lookedAt(run, now);
  if (waitedMsOf(run, now) < DELAY_MS) return next;
  const message = `It has waited for more than a day, and is tried again: ${cause}.`;
  return { ...next, reason: { code: "Delayed", message } };
}

const waitedMsOf = ({ startedAt, createdAt }: Run, now: string): number =>
  Date.parse(now) - Date.parse(startedAt ?? createdAt);

export type Ending =
  | { readonly status: "delivered"; readonly deliveries: number }
  | { readonly status: "skipped" | "failed"; readonly reason: RunReason };

export function ended({ lookAt: _lookAt, reason: _reason, ...run }: Run, ending: Ending, now: string): Run {
  return { ...run, ...ending, endedAt: now };
}
