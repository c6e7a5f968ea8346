/** What the templates about a support request say; see `letters.ts`. */
import type { Letter, Line, Links } from "./letters.ts";
import { within } from "./link.ts";
import type { RequestContentOf } from "./request-contents.ts";

type Facts = Pick<RequestContentOf<"supportRequestShared">, "number" | "title" | "severity" | "status">;

export function supportRequestShared(
  content: RequestContentOf<"supportRequestShared">,
  links: Links,
): Letter {
  const { sharedBy, requestId } = content;
  return {
    subject: subjectOf(content),
    paragraphs: [
      { key: "requestSharedIntroduction", values: { sharedBy } },
      ...factsOf(content),
      { key: "requestSharedMeaning" },
    ],
    action: actionTo(requestId, links),
  };
}

/** No link: whoever gets it cannot open the request. */
export function supportRequestSent(content: RequestContentOf<"supportRequestSent">): Letter {
  const { sentBy, senderEmail } = content;
  return {
    subject: subjectOf(content),
    paragraphs: [
      { key: "requestSentIntroduction", values: { sentBy, senderEmail } },
      ...factsOf(content),
      { key: "requestSentMeaning", values: { senderEmail } },
    ],
  };
}

/** No link: being a contact gives no access. */
export function supportRequestContact(content: RequestContentOf<"supportRequestContact">): Letter {
  const { addedBy } = content;
  return {
    subject: subjectOf(content),
    paragraphs: [
      { key: "requestContactIntroduction", values: { addedBy } },
      ...factsOf(content),
      { key: "requestContactMeaning" },
    ],
  };
}

export function supportRequestPrimaryContact(
  content: RequestContentOf<"supportRequestPrimaryContact">,
  links: Links,
): Letter {
  const { openedBy, requestId } = content;
  return {
    subject: subjectOf(content),
    paragraphs: [
      { key: "requestPrimaryContactIntroduction", values: { openedBy } },
      ...factsOf(content),
      { key: "requestSharedMeaning" },
    ],
    action: actionTo(requestId, links),
  };
}

export function supportRequestStatus(
  content: RequestContentOf<"supportRequestStatus">,
  links: Links,
): Letter {
  const { number, title, status, changedBy, requestId } = content;
  const isClosed = status === "closed";
  return {
    subject: { key: "requestStatusSubject", values: { number, title, isClosed } },
    paragraphs: [
      {
        key: isClosed ? "requestClosedIntroduction" : "requestWaitsIntroduction",
        values: { isPerson: changedBy !== null, changedBy: changedBy ?? "" },
      },
      ...factsOf(content),
      { key: isClosed ? "requestClosedMeaning" : "requestWaitsMeaning" },
    ],
    action: actionTo(requestId, links),
  };
}

export function supportRequestTargetMissed(
  content: RequestContentOf<"supportRequestTargetMissed">,
  links: Links,
): Letter {
  const { number, title, requestId, customerName, target, missedAt, timeZone } = content;
  return {
    subject: { key: "requestTargetMissedSubject", values: { number, title, target } },
    paragraphs: [
      {
        key: "requestTargetMissedIntroduction",
        values: { customerName, target, missedAt: new Date(missedAt) },
      },
      ...factsOf(content),
      { key: "requestTargetMissedMeaning" },
    ],
    action: actionTo(requestId, links),
    timeZone,
  };
}

const subjectOf = ({ number, title }: Facts): Line => ({ key: "requestSubject", values: { number, title } });

const factsOf = ({ number, title, severity, status }: Facts): readonly Line[] => [
  { key: "requestNumber", values: { number } },
  { key: "requestTitle", values: { title } },
  { key: "requestSeverity", values: { severity } },
  { key: "requestStatus", values: { status } },
];

const actionTo = (requestId: string, { webClientUrl }: Links): Letter["action"] =>
  webClientUrl && {
    label: { key: "requestAction" },
    url: within(webClientUrl, "supportRequests", requestId),
  };
