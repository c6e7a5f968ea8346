/**
 * One occurrence of a subscription, from the moment it is due to what came of it: the history of runs. Pure.
 * Invariants: there is one run of an occurrence, because its id follows from it; a run that is over never changes; its
 * report, if any, is asked for under a key that follows from it, so that repeating it asks for the same report.
 */
import * as z from "zod";
import { customerIdSchema } from "../agreements/ids.ts";
import { periodSchema } from "../reports/period.ts";
import { reportIdSchema } from "../reports/report.ts";

export const runStatusSchema = z.enum(["due", "making", "delivered", "skipped", "failed"]);
export type RunStatus = z.infer<typeof runStatusSchema>;

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
  /** `2026-11`, `2026-W47`, `2026-Q4`. */
  occurrence: z.string(),
  /** It looks whether a period that was sent before has changed since. */
  isCorrection: z.boolean(),
  dueAt: z.iso.datetime(),
  period: periodSchema,
  status: runStatusSchema,
  /** By which the timer finds it; absent: it is over. */
  isOpen: z.literal(true).optional(),
  reportId: reportIdSchema.optional(),
  /** Whether the report was there before, equal in figures and with all that is asked for. */
  startedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime().optional(),
  /** Of what was skipped or failed. */
  reason: runReasonSchema.optional(),
  /** Who it was sent to. */
  deliveries: z.int().min(0),
});
export type Run = z.infer<typeof runSchema>;

export const runIdOf = (subscriptionId: string, occurrence: string, isCorrection: boolean): string =>
  `${subscriptionId}~${occurrence}${isCorrection ? "~correction" : ""}`;

export const runDocumentId = (runId: string): string => `reportRun~${runId}`;
