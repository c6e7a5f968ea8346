import {
  type AgreementId,
  type CustomerId,
  entitlementIdSchema,
  packageIdSchema,
} from "../../src/agreements/ids.ts";
import { type Notice, newNotice } from "../../src/notices/notice.ts";

/** That 75 percent of an allowance is used, for the how many-th time. */
export function someNotice(
  { customerId, agreementId }: { readonly customerId: CustomerId; readonly agreementId: AgreementId },
  crossing: number,
  at: string,
): Notice {
  const facts = {
    type: "allowanceUsed" as const,
    agreementId,
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
  const subject = { type: facts.type, agreementId, subjectId: "ent-adv" };
  return newNotice(customerId, subject, facts, { threshold: 75, crossing }, at);
}
