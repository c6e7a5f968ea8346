/**
 * What messages about reports and their subscriptions say. Pure. Invariant: they hold the delivery that a link is to, and
 * never the link: that is made when the message is worded, so no copy of the outbox opens a report.
 */
import * as z from "zod";

const name = z.string().min(1).max(256);
/**
 * Why a report was not made, as far as it can be told in every language: codes of runs, of reports that failed and of
 * refusals. Whatever else it was is `Other`: the history of the subscription has it.
 */
export const failureSchema = z
  .enum([
    "ReportCanceled",
    "NotReady",
    "FiguresDiffer",
    "PreviousVersionUnreadable",
    "Interrupted",
    "Unavailable",
    "InternalError",
    "TooManyVersions",
    "ResourceNotFound",
    "Other",
  ])
  .catch("Other");

const reportKind = z.enum(["cpod", "education"]);
/** Half-open, from midnight to midnight in UTC. */
const period = z.object({ from: z.iso.datetime(), to: z.iso.datetime() });

export const reportContents = [
  /** To a recipient of a subscription. */
  z.object({
    template: z.literal("reportReady"),
    customerName: name,
    subscriptionName: name,
    reportKind,
    /** Null: it is of no agreement. */
    agreementNumber: name.nullable(),
    period,
    version: z.int().min(1),
    /** It takes the place of a version that was sent before; not always of the version before. */
    isCorrection: z.boolean(),
    deliveryId: z.string().min(1).max(255),
    expiresAt: z.iso.datetime(),
    /** The customer's. */
    timeZone: z.string(),
  }),
  /** To the owner of a subscription. */
  z.object({
    template: z.literal("reportRunFailed"),
    customerName: name,
    subscriptionName: name,
    period,
    reason: failureSchema,
  }),
  z.object({
    template: z.literal("subscriptionPaused"),
    customerName: name,
    subscriptionName: name,
    reason: z.enum(["OwnerLostAccess", "NothingToReport"]),
  }),
] as const;

type ReportMessageContent = z.infer<(typeof reportContents)[number]>;

export type ReportContentOf<Template extends ReportMessageContent["template"]> = Extract<
  ReportMessageContent,
  { readonly template: Template }
>;
