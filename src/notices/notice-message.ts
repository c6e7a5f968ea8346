/** What a notice says to a person: the facts of its letter. Pure. */
import type { Customer } from "../agreements/customer.ts";
import { type Content, newMessage, type QueuedMessage } from "../messages/message.ts";
import type { Notice } from "./notice.ts";
import type { Recipient } from "./recipients.ts";

/** Shares beyond are told as this one: of a very small allowance they say nothing. */
const PERCENT_MAX = 9_999;

/** Its id follows from the notice and the person, so that the same notice is written to nobody twice. */
export function noticeMessage(
  notice: Notice,
  customer: Customer,
  { email, name, language }: Recipient,
  personId: string,
): QueuedMessage {
  const { customerId, noticeId, at } = notice;
  const facts = {
    id: `message~${noticeId}~${personId}`,
    customerId,
    to: { email, ...(name === undefined ? {} : { name }) },
    language,
    content: contentOf(notice, customer.name),
  };
  return newMessage(facts, at);
}

function contentOf(notice: Notice, customerName: string): Content {
  const { agreementNumber, packageName } = notice;
  const names = { customerName, agreementNumber, packageName };
  switch (notice.type) {
    case "packageExpiring": {
      const { endDate, daysLeft } = notice;
      return { template: notice.type, ...names, endDate, daysLeft };
    }
    case "grantExpiring": {
      const { entitlementName, endDate, daysLeft, unused, unit } = notice;
      return { template: notice.type, ...names, entitlementName, endDate, daysLeft, unused, unit };
    }
    case "allowanceUsed": {
      const { entitlementName, consumed, purchased, unit, threshold } = notice;
      // Whole percent, rounded down: 100 are told only when all is used.
      const share = purchased === 0 ? threshold : Math.floor((consumed * 100) / purchased);
      const percent = Math.min(share, PERCENT_MAX);
      return { template: notice.type, ...names, entitlementName, percent, consumed, purchased, unit };
    }
  }
}
