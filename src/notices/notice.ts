/**
 * A notice: what was told of one crossing (CA-20). Pure.
 * Invariants: its id follows from whose threshold was crossed and the how many-th time, so that the same crossing has one
 * notice, whoever finds it; it is never changed.
 */
import * as z from "zod";
import { unitSchema } from "../agreements/agreement-event.ts";
import {
  agreementIdSchema,
  type CustomerId,
  customerIdSchema,
  entitlementIdSchema,
  packageIdSchema,
} from "../agreements/ids.ts";
import { digest } from "../consumption/entry.ts";
import type { Crossing, Subject } from "./crossing.ts";

const common = {
  agreementId: agreementIdSchema,
  agreementNumber: z.string(),
  packageId: packageIdSchema,
  packageName: z.string(),
};
const allowanceUsed = z.object({
  type: z.literal("allowanceUsed"),
  ...common,
  entitlementId: entitlementIdSchema,
  entitlementName: z.string(),
  /** In `unit`, over all workspaces. */
  consumed: z.int(),
  purchased: z.int(),
  unit: unitSchema,
  /** Time of the last delivery that is included. */
  dataAsOf: z.string().nullable(),
});
const packageExpiring = z.object({
  type: z.literal("packageExpiring"),
  ...common,
  /** The last day, in the customer's time zone. */
  endDate: z.iso.date(),
  daysLeft: z.int(),
});
export type NoticeFacts = z.infer<typeof allowanceUsed> | z.infer<typeof packageExpiring>;

const document = {
  id: z.string(),
  customerId: customerIdSchema,
  kind: z.literal("notice"),
  noticeId: z.string(),
  /** Instant. */
  at: z.string(),
  /** Percent of the allowance, or days before the last day. */
  threshold: z.int(),
  /** From 1: the how many-th time it was crossed. */
  crossing: z.int(),
};
export const noticeSchema = z.discriminatedUnion("type", [
  allowanceUsed.extend(document),
  packageExpiring.extend(document),
]);
export type Notice = z.infer<typeof noticeSchema>;

export function newNotice(
  customerId: CustomerId,
  { type, agreementId, subjectId }: Subject,
  facts: NoticeFacts,
  { threshold, crossing }: Crossing,
  at: string,
): Notice {
  const noticeId = digest([customerId, type, agreementId, subjectId, threshold, crossing].join("\n"));
  return {
    ...facts,
    id: `notice~${noticeId}`,
    customerId,
    kind: "notice",
    noticeId,
    at,
    threshold,
    crossing,
  };
}

/** As clients and webhooks see it. */
export const noticeViewSchema = z
  .object({
    noticeId: z.string(),
    kind: z.enum(["allowanceUsed", "packageExpiring"]),
    createdAt: z.iso.datetime(),
    agreementId: z.string(),
    agreementNumber: z.string(),
    packageId: z.string(),
    packageName: z.string(),
    crossing: z.int().meta({ description: "The how many-th time the threshold was crossed, from 1." }),
    entitlementId: z.string().nullable(),
    entitlementName: z.string().nullable(),
    thresholdPercent: z.int().nullable().meta({ description: "Share of the allowance that was crossed." }),
    consumed: z.int().nullable().meta({ description: "In `unit`, over all workspaces." }),
    purchased: z.int().nullable().meta({ description: "Allowance in `unit`." }),
    unit: unitSchema.nullable(),
    dataAsOf: z.iso
      .datetime()
      .nullable()
      .meta({ description: "Time of the last delivery that is included." }),
    thresholdDays: z.int().nullable().meta({ description: "Days before the last day." }),
    endDate: z.iso
      .date()
      .nullable()
      .meta({ description: "The package's last day, in the customer's time zone." }),
    daysLeft: z.int().nullable(),
  })
  .meta({ id: "Notice" });

const nothing = {
  entitlementId: null,
  entitlementName: null,
  thresholdPercent: null,
  consumed: null,
  purchased: null,
  unit: null,
  dataAsOf: null,
  thresholdDays: null,
  endDate: null,
  daysLeft: null,
};

export function noticeView(notice: Notice): z.infer<typeof noticeViewSchema> {
  const { noticeId, type, at, agreementId, agreementNumber, packageId, packageName, crossing } = notice;
  const head = { noticeId, kind: type, createdAt: at, agreementId, agreementNumber, packageId, packageName };
  if (notice.type === "packageExpiring") {
    const { threshold, endDate, daysLeft } = notice;
    return { ...nothing, ...head, crossing, thresholdDays: threshold, endDate, daysLeft };
  }
  const { entitlementId, entitlementName, threshold, consumed, purchased, unit, dataAsOf } = notice;
  return {
    ...nothing,
    ...head,
    crossing,
    entitlementId,
    entitlementName,
    thresholdPercent: threshold,
    consumed,
    purchased,
    unit,
    dataAsOf,
  };
}
