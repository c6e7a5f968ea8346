/** What the templates about reports and their subscriptions say; see `letters.ts`. */
import type { CustomerId } from "../agreements/ids.ts";
import type { Letter, Line, Links } from "./letters.ts";
import type { ReportContentOf } from "./report-contents.ts";

type Period = ReportContentOf<"reportReady">["period"];

export function reportReady(
  content: ReportContentOf<"reportReady">,
  customerId: CustomerId,
  links: Links,
): Letter {
  const { customerName, subscriptionName, reportKind, agreementNumber, period, version } = content;
  const { isCorrection, deliveryId, timeZone } = content;
  const expiresAt = new Date(content.expiresAt);
  const url = links.reportDelivery(customerId, deliveryId, expiresAt);
  const about = { reportKind, customerName, isCorrection };
  return {
    subject: { key: "reportReadySubject", values: { ...about, ...daysOf(period) } },
    paragraphs: [
      { key: "reportReadyIntroduction", values: about },
      ...(agreementNumber === null
        ? []
        : [{ key: "reportAgreement", values: { agreementNumber } } satisfies Line]),
      { key: "reportPeriod", values: daysOf(period) },
      { key: "reportVersion", values: { version } },
      ...(isCorrection ? [{ key: "reportChanges" } as const] : []),
      ...(url === undefined
        ? [{ key: "reportWithoutLink" } satisfies Line]
        : [
            { key: "reportLinkUntil", values: { expiresAt } } satisfies Line,
            { key: "reportLinkOwn" } as const,
          ]),
      { key: "reportWhomToAsk", values: { subscriptionName, customerName } },
    ],
    action: url && { label: { key: "reportAction" }, url },
    timeZone,
  };
}

export function reportRunFailed(
  content: ReportContentOf<"reportRunFailed">,
  { webClientUrl }: Links,
): Letter {
  const { customerName, subscriptionName, period, reason } = content;
  const names = { customerName, subscriptionName };
  return {
    subject: { key: "reportRunFailedSubject", values: names },
    paragraphs: [
      { key: "reportRunFailedIntroduction", values: names },
      { key: "reportPeriod", values: daysOf(period) },
      { key: "reportRunFailedReason", values: { reason } },
      { key: "reportRunFailedMeaning" },
    ],
    action: webClientUrl && { label: { key: "welcomeAction" }, url: webClientUrl },
  };
}

export function subscriptionPaused(
  content: ReportContentOf<"subscriptionPaused">,
  { webClientUrl }: Links,
): Letter {
  const { customerName, subscriptionName, reason } = content;
  const names = { customerName, subscriptionName };
  return {
    subject: { key: "subscriptionPausedSubject", values: names },
    paragraphs: [
      { key: "subscriptionPausedIntroduction", values: names },
      { key: "subscriptionPausedReason", values: { reason } },
      { key: "subscriptionPausedMeaning", values: { reason } },
    ],
    action: webClientUrl && { label: { key: "welcomeAction" }, url: webClientUrl },
  };
}

/** As people say a period: its first and last day, both in it. */
const daysOf = ({ from, to }: Period) => ({
  firstDay: new Date(from),
  lastDay: new Date(Date.parse(to) - 1),
});
