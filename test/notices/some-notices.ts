import {
  type AgreementId,
  type CustomerId,
  entitlementIdSchema,
  packageIdSchema,
} from "../../src/agreements/ids.ts";
import { type Notice, newNotice } from "../../src/notices/notice.ts";
import { customerId, type NoticeWorld } from "./notice-world.ts";

/** That 75 percent of an allowance is used, for the how many-th time. */
export function someNotice(
  of: { readonly customerId: CustomerId; readonly agreementId: AgreementId },
  crossing: number,
  at: string,
): Notice {
  const facts = {
    type: "allowanceUsed" as const,
    agreementId: of.agreementId,
    agreementNumber: "A-1",
    packageId: packageIdSchema.parse("pkg-base"),
    packageName: "Package",
    entitlementId: entitlementIdSchema.parse("ent-adv"),
    entitlementName: "Advisory",
    consumed: 450,
    purchased: 600,
    unit: "minutes" as const,
    dataAsOf: null,
  };
  const subject = { type: facts.type, agreementId: of.agreementId, subjectId: "ent-adv" };
  return newNotice(of.customerId, subject, facts, { threshold: 75, crossing }, at);
}

/** Writes an active webhook. @param index from 0, different for each. */
export async function addWebhook({ notices }: Pick<NoticeWorld, "notices">, index = 0): Promise<void> {
  const webhookId = `wh-${String(index).padStart(22, "0")}`;
  const document = {
    id: `webhook~${webhookId}`,
    customerId,
    kind: "webhook" as const,
    webhookId,
    url: "https://customer.example/notices",
    events: ["notice.created" as const],
    status: "active" as const,
    secret: 1,
    createdAt: "2026-05-01T00:00:00.000Z",
    revision: 1,
  };
  const change = { customerId, writes: [{ document, etag: undefined }], created: [] };
  const { outcome } = await notices.commit(change);
  if (outcome !== "committed") throw new Error(outcome);
}
