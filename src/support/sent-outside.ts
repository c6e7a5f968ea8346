/**
 * Sending a request to somebody who is no member of its workspace: by e-mail only (SR-04). Pure.
 * Invariants: nobody sees more for it; nothing that was sent is forgotten, so that the limits hold whatever is taken off
 * the list; what one request of a client did, sharing or sending, its repeat does not do in the other way, whoever has
 * become a member or is none any more.
 */
import { auditEntryId, type Doing } from "../access/audit-entry.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError } from "../platform/errors.ts";
import type { Decided } from "./change-request.ts";
import { requestAudit } from "./open-request.ts";
import { OUTSIDE_SENDS_MAX, type OutsideSend, requestIdOf, type SupportRequest } from "./request.ts";
import { type Recipient, type Sender, sentMessage } from "./request-messages.ts";
import { outsideShareId, userShareId } from "./sharing.ts";
import { stableId } from "./stable-id.ts";

/** Of one request. */
export const OUTSIDE_SENDS_PER_HOUR_MAX = 20;
/** Of one request, to the same address. */
export const OUTSIDE_SENDS_TO_ONE_MAX = 10;
const HOUR_MS = 3_600_000;

/**
 * @returns undefined for the repeat of what was sent.
 * @throws ConflictError where that would be too many.
 */
export function sendOutside(
  doing: Doing,
  sender: Sender,
  { value: known }: Versioned<SupportRequest>,
  recipient: Recipient,
): Decided {
  const { email } = recipient;
  if (wasSentOutside(doing, known, email)) return undefined;
  requireFewEnough(known.outsideSends, email, doing.at);
  const send: OutsideSend = {
    sendId: sendIdOf(doing, known, email),
    email,
    at: doing.at,
    by: sender.email,
    isListed: true,
  };
  const after: SupportRequest = {
    ...known,
    outsideSends: [...known.outsideSends, send],
    changedAt: doing.at,
    revision: known.revision + 1,
  };
  const entry = requestAudit(doing, "supportRequestSentOutside", known, after, {
    target: `/shares/${outsideShareId(known, email)}`,
    before: { sends: sendsTo(known.outsideSends, email).length },
    after: { email, sends: sendsTo(after.outsideSends, email).length },
  });
  // That of the entry which `shareWithMember` would write: a second entry for the same doing is refused.
  const shareTarget = `/supportRequests/${requestIdOf(known)}/shares/${userShareId(known, email)}`;
  const id = auditEntryId(doing.key, "supportRequestShared", shareTarget);
  return { after, audit: [{ ...entry, id }], messages: sentMessage(doing, sender, after, recipient) };
}

/** Whether this request of a client, or the one that it repeats, sent it there. */
export function wasSentOutside(doing: Doing, request: SupportRequest, email: string): boolean {
  const sendId = sendIdOf(doing, request, email);
  return request.outsideSends.some((each) => each.sendId === sendId);
}

const sendIdOf = ({ key }: Doing, request: SupportRequest, email: string): string =>
  stableId(request, "send", key, email);

const sendsTo = (sends: readonly OutsideSend[], email: string): readonly OutsideSend[] =>
  sends.filter((each) => each.email === email);

function requireFewEnough(sends: readonly OutsideSend[], email: string, now: string): void {
  if (sends.length >= OUTSIDE_SENDS_MAX) {
    throw new ConflictError(
      "TooManySends",
      `A request is sent outside at most ${OUTSIDE_SENDS_MAX} times in all.`,
    );
  }
  if (sendsTo(sends, email).length >= OUTSIDE_SENDS_TO_ONE_MAX) {
    throw new ConflictError(
      "TooManySends",
      `A request is sent to the same address outside at most ${OUTSIDE_SENDS_TO_ONE_MAX} times.`,
      { target: "email" },
    );
  }
  const since = new Date(Date.parse(now) - HOUR_MS).toISOString();
  const lately = sends.filter(({ at }) => at > since);
  const [first] = lately;
  if (first === undefined || lately.length < OUTSIDE_SENDS_PER_HOUR_MAX) return;
  const againAt = new Date(Date.parse(first.at) + HOUR_MS).toISOString();
  throw new ConflictError(
    "TooManySends",
    `A request is sent outside at most ${OUTSIDE_SENDS_PER_HOUR_MAX} times an hour: the next can go at ${againAt}.`,
    { innererror: { code: "HourlyLimit", againAt } },
  );
}
