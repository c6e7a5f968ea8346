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
const grantExpiring = z.object({
  type: z.literal("grantExpiring"),
  ...common,
  entitlementId: entitlementIdSchema,
  entitlementName: z.string(),
  grantId: z.string(),
  /** The last day, in the customer's time zone. */
  endDate: z.iso.date(),
  daysLeft: z.int(),
  /** In `unit`: what would be lost, more than 0. */
  unused: z.int(),
  unit: unitSchema,
  /** Time of the last delivery that is included. */
  dataAsOf: z.string().nullable(),
});
export type NoticeFacts = z.infer<typeof allowanceUsed | typeof packageExpiring | typeof grantExpiring>;

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
  grantExpiring.extend(document),
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
    kind: z.enum(["allowanceUsed", "packageExpiring", "grantExpiring"]),
    createdAt: z.iso.datetime(),
    agreementId: z.string(),
    agreementNumber: z.string(),
    packageId: z.string(),
    packageName: z.string(),
    crossing: z.int().meta({ description: "The how many-th time the threshold was crossed, from 1." }),
    entitlementId: z.string().nullable(),
    entitlementName: z.string().nullable(),
    thresholdPercent: z.int().nullable().meta({ description: "Share of the allowance that was crossed." }),
    consumed: z.int().nullable().meta({
      description:
        "In `unit`, over all workspaces. Where there are grants, what is used of those that were active when the notice was made.",
    }),
    purchased: z.int().nullable().meta({
      description:
        "Allowance in `unit`, of which the share is. Where there are grants, what those that were active when the notice was made grant together: neither what has expired nor what had yet to begin. 0 where none was.",
    }),
    grantId: z.string().nullable(),
    unused: z.int().nullable().meta({
      description: "In `unit`, of everybody: what is lost of the grant unless it is used before its end.",
    }),
    unit: unitSchema.nullable(),
    dataAsOf: z.iso
      .datetime()
      .nullable()
      .meta({ description: "Time of the last delivery that is included." }),
    thresholdDays: z.int().nullable().meta({ description: "Days before the last day." }),
    endDate: z.iso
      .date()
      .nullable()
      .meta({ description: "Last day of the package or grant, in the customer's time zone." }),
    daysLeft: z.int().nullable(),
  })
  .meta({ id: "Notice" });

const nothing = {
  entitlementId: null,
  entitlementName: null,
  thresholdPercent: null,
  consumed: null,
  purchased: null,
  grantId: null,
  unused: null,
  unit: null,
  dataAsOf: null,
  thresholdDays: null,
  endDate: null,
  daysLeft: null,
};

export function noticeView(notice: Notice): z.infer<typeof noticeViewSchema> {
  const { noticeId, type, at, agreementId, agreementNumber, packageId, packageName, crossing } = notice;
  const what = { noticeId, kind: type, createdAt: at, agreementId, agreementNumber, packageId, packageName };
  const head = { ...nothing, ...what, crossing };
  switch (notice.type) {
    case "allowanceUsed": {
      const { entitlementId, entitlementName, threshold, consumed, purchased, unit, dataAsOf } = notice;
      const share = { thresholdPercent: threshold, consumed, purchased, unit, dataAsOf };
      return { ...head, entitlementId, entitlementName, ...share };
    }
    case "packageExpiring": {
      const { threshold, endDate, daysLeft } = notice;
      return { ...head, thresholdDays: threshold, endDate, daysLeft };
    }
    case "grantExpiring": {
      const { entitlementId, entitlementName, grantId, threshold, endDate, daysLeft } = notice;
      const { unused, unit, dataAsOf } = notice;
      const end = { thresholdDays: threshold, endDate, daysLeft, unused, unit, dataAsOf };
      return { ...head, entitlementId, entitlementName, grantId, ...end };
    }
  }
}
