/** What is said and shown of subscriptions to reports. */
import * as z from "zod";
import { languageSchema } from "../../src/agreements/agreement-event.ts";
import { agreementIdSchema } from "../../src/agreements/ids.ts";
import { parseBody } from "../../src/platform/parts.ts";
import { formatsOfKind, reportFormatSchema } from "../../src/reports/report.ts";
import type { ReportScope } from "../../src/reports/report-scope.ts";
import { type Run, runStatusSchema } from "../../src/subscriptions/run.ts";
import {
  type Due,
  periodOf,
  rescheduled,
  type Schedule,
  scheduleSchema,
} from "../../src/subscriptions/schedule.ts";
import {
  NAME_LENGTH_MAX,
  pauseSchema,
  RECIPIENTS_MAX,
  recipientSchema,
  type Subscription,
  type SubscriptionFacts,
} from "../../src/subscriptions/subscription.ts";
import { plainLine } from "../../src/support/plain-text.ts";
import { periodSchema, scopeView, scopeViewShape, workspacesChoice } from "./report-view.ts";

/** Due times that are told of a schedule. */
const NEXT_DUE_TIMES = 5;

export const namedScheduleSchema = scheduleSchema.meta({ id: "ReportSchedule" });

const factShape = {
  name: plainLine(NAME_LENGTH_MAX).meta({ description: "For people: recipients read it in their message." }),
  schedule: namedScheduleSchema,
  recipients: z
    .array(recipientSchema.extend({ name: plainLine(NAME_LENGTH_MAX).optional() }))
    .min(1)
    .max(RECIPIENTS_MAX)
    .meta({
      description:
        "Each address once. Everybody gets a message with a link of their own; its language is the one named, else that of the account at the customer, else the customer's.",
    }),
  formats: z.array(reportFormatSchema).min(1).max(reportFormatSchema.options.length).meta({
    description: "An education report is made as XLSX and CSV, and not as PDF (`PdfOfEducation`).",
  }),
  skipsWhenEmpty: z
    .boolean()
    .meta({ description: "Whether nothing is sent of a period in which nothing was delivered." }),
  sendsCorrections: z.boolean().meta({
    description:
      "Whether each of the three newest periods that were sent is sent anew, with what changed, when its figures differ by the next due time.",
  }),
};

const created = {
  name: factShape.name,
  schedule: factShape.schedule,
  recipients: factShape.recipients,
  formats: factShape.formats.optional().meta({ description: "All of the kind, unless some are named." }),
  skipsWhenEmpty: factShape.skipsWhenEmpty.default(false),
  sendsCorrections: factShape.sendsCorrections.default(true),
};

export const newSubscriptionSchema = z.discriminatedUnion("reportKind", [
  z.strictObject({ reportKind: z.literal("cpod"), agreementId: agreementIdSchema, ...created }),
  z.strictObject({
    reportKind: z.literal("education"),
    workspaceIds: workspacesChoice,
    ...created,
  }),
]);

export function factsOf(body: z.infer<typeof newSubscriptionSchema>): SubscriptionFacts {
  const { name, schedule, recipients, skipsWhenEmpty, sendsCorrections } = body;
  const scope: ReportScope =
    body.reportKind === "cpod"
      ? { reportKind: "cpod", agreementId: body.agreementId }
      : { reportKind: "education", workspaceIds: body.workspaceIds ?? null };
  const formats = body.formats ?? [...formatsOfKind[body.reportKind]];
  return { name, scope, schedule, formats, recipients, skipsWhenEmpty, sendsCorrections };
}

const [ofWeek, ofMonth, ofQuarter] = scheduleSchema.options;
const schedulePatchSchema = z
  .strictObject({
    every: z.enum([ofWeek.shape.every.value, ofMonth.shape.every.value, ofQuarter.shape.every.value]),
    // What one kind alone has can be taken away by name, with or without being there.
    weekday: ofWeek.shape.weekday.nullable(),
    dayOfMonth: ofMonth.shape.dayOfMonth.nullable(),
    monthOfQuarter: ofQuarter.shape.monthOfQuarter.nullable(),
    hour: ofMonth.shape.hour,
    minute: ofMonth.shape.minute.unwrap().nullable(),
    timeZone: ofMonth.shape.timeZone,
  })
  .partial()
  .meta({
    id: "ReportSchedulePatch",
    description:
      "Members that are not named stay as they are. A schedule that gets another `every` keeps those that both kinds have.",
  });

/** All but what it is of: of another agreement or other workspaces there is another subscription. */
export const subscriptionPatchSchema = z
  .strictObject({ ...factShape, schedule: schedulePatchSchema })
  .partial();

/**
 * As JSON Merge Patch says (RFC 7396): what is not named stays. A schedule of another kind keeps what both have.
 * @throws InvalidRequestError when no schedule comes of it.
 */
export function mergedSchedule(stored: Schedule, patch: z.infer<typeof schedulePatchSchema>): Schedule {
  const every = patch.every ?? stored.every;
  const shape = scheduleSchema.options.find((option) => option.shape.every.value === every)?.shape ?? {};
  const kept = Object.entries(stored).filter(([member]) => Object.hasOwn(shape, member));
  const members = Object.entries({ ...Object.fromEntries(kept), ...patch });
  const schedule = Object.fromEntries(members.filter(([, value]) => value !== null));
  const body = { kind: "json", schema: mergedSchema } as const;
  return mergedSchema.parse(parseBody(body, { schedule })).schedule;
}
const mergedSchema = z.strictObject({ schedule: scheduleSchema });

export const dueTimeSchema = z
  .object({
    dueAt: z.iso.datetime(),
    occurrence: z.string().meta({
      description: "`2026-11`, `2026-W47` or `2026-Q4`: the month, ISO week or quarter that it is due in.",
    }),
    period: periodSchema,
  })
  .meta({ id: "ReportDueTime" });

export const subscriptionViewSchema = z
  .object({
    subscriptionId: z.string(),
    name: z.string(),
    ...scopeViewShape,
    schedule: namedScheduleSchema,
    formats: z.array(reportFormatSchema),
    recipients: z.array(
      z.object({
        email: z.string(),
        name: z.string().nullable(),
        language: languageSchema
          .nullable()
          .meta({ description: "null: that of the account, or the customer." }),
      }),
    ),
    skipsWhenEmpty: z.boolean(),
    sendsCorrections: z.boolean(),
    owner: z
      .object({ email: z.string(), name: z.string().nullable() })
      .meta({ description: "Whose rights it has: what the owner may not see any more is not sent." }),
    status: z.enum(["active", "paused"]),
    pause: pauseSchema.nullable(),
    nextDueTimes: z.array(dueTimeSchema).meta({ description: "None while it is paused." }),
    lastRun: z
      .object({ runId: z.string(), occurrence: z.string(), status: runStatusSchema, at: z.iso.datetime() })
      .nullable()
      .meta({ description: "The newest; null: it was not due yet." }),
    createdAt: z.iso.datetime(),
    changedAt: z.iso.datetime(),
  })
  .meta({ id: "ReportSubscription" });

/** @param lastRun undefined: none yet. */
export function subscriptionView(subscription: Subscription, lastRun: Run | undefined) {
  const { subscriptionId, name, scope, schedule, formats, recipients, owner, pause } = subscription;
  const { skipsWhenEmpty, sendsCorrections, createdAt, changedAt } = subscription;
  return {
    subscriptionId,
    name,
    ...scopeView(scope),
    schedule,
    formats,
    recipients: recipients.map((recipient) => ({
      email: recipient.email,
      name: recipient.name ?? null,
      language: recipient.language ?? null,
    })),
    skipsWhenEmpty,
    sendsCorrections,
    owner: { email: owner.email, name: owner.name ?? null },
    status: pause === undefined ? ("active" as const) : ("paused" as const),
    pause: pause ?? null,
    nextDueTimes: nextDueTimes(subscription),
    lastRun: lastRun === undefined ? null : lastRunView(lastRun),
    createdAt,
    changedAt,
  };
}

/** From the one that the timer waits for on: it may be due by now. */
function nextDueTimes({ schedule, nextDueAt, lastOccurrences }: Subscription) {
  if (nextDueAt === null) return [];
  const before = new Date(Date.parse(nextDueAt) - 1).toISOString();
  return dueTimes(schedule, before, lastOccurrences[schedule.every]);
}

/** The next of a schedule, each with what its report is of. */
export const dueTimes = (schedule: Schedule, after: string, lastOccurrence?: string) =>
  rescheduled(schedule, after, lastOccurrence, NEXT_DUE_TIMES).map(({ dueAt, occurrence }: Due) => ({
    dueAt,
    occurrence,
    period: periodOf(schedule, { occurrence }),
  }));

const lastRunView = ({ runId, occurrence, status, createdAt, startedAt, endedAt }: Run) => ({
  runId,
  occurrence,
  status,
  at: endedAt ?? startedAt ?? createdAt,
});
