/**
 * Rejections that an agreement event may have mended are tried again (LE-09).
 * Invariants: the event leaves a mark on the head of its ledger, in its own commit, and the mark goes only when the list of
 * mendable rejections has run out since; so whatever stops on the way is gone on with. A rejection that is listed later
 * was tried again by whoever listed it.
 */
import type { AgreementId, CustomerId } from "../agreements/ids.ts";
import type { Head, LedgerId } from "./entry.ts";
import { ATTEMPTS_MAX, type Outcome } from "./outcome.ts";
import type { AgreementAccess } from "./record-agreements.ts";
import { noteAttempts, type RejectionAccess } from "./record-rejections.ts";
import { MENDABLE_PAGE } from "./rejected-event-store.ts";

type MendingAccess = AgreementAccess & RejectionAccess;

type Mark = NonNullable<Head["mending"]> & {
  readonly ledgerId: LedgerId;
  readonly agreementId: AgreementId;
};

/**
 * Tries the customer's mendable rejections again, until none is left or until the instant `deadline`.
 * @param ledgerIds of the customer; nothing is tried unless one of them is marked.
 * @param tryAgain from what is stored now, whatever was remembered.
 * @returns whether none of these ledgers is marked any more; if not, calling it again goes on where it stopped.
 */
export async function mend(
  access: MendingAccess,
  customerId: CustomerId,
  ledgerIds: readonly LedgerId[],
  deadline: string,
  tryAgain: (bodies: readonly string[]) => Promise<readonly Outcome[]>,
): Promise<boolean> {
  const found = await readMarks(access, ledgerIds);
  if (found.length === 0) return true;
  // Between the commit of an agreement event and that of its customer nothing can be mended yet.
  const agreements = (await access.customers.read(customerId))?.value.agreements ?? {};
  const marks = found.filter(({ agreementId }) => Object.hasOwn(agreements, agreementId));
  if (marks.length === 0) return false;
  let afterId = marks.map((mark) => mark.afterId).reduce((least, each) => (each < least ? each : least));
  for (let isLast = false; !isLast; ) {
    if (access.now() > deadline) {
      await saveMarks(access, marks, afterId);
      return false;
    }
    const page = await access.rejectedEvents.mendable(customerId, afterId);
    isLast = page.length < MENDABLE_PAGE;
    // The same text rejected in two months is twice in the list, and the end of a page may come between.
    const waiting = isLast ? page : page.filter(({ id }) => id !== page.at(-1)?.id);
    await noteAttempts(access, waiting, await tryAgain(waiting.map(({ body }) => body)));
    afterId = waiting.at(-1)?.id ?? afterId;
  }
  return (await saveMarks(access, marks, undefined)) && marks.length === found.length;
}

async function readMarks({ store }: MendingAccess, ledgerIds: readonly LedgerId[]): Promise<readonly Mark[]> {
  const marks: Mark[] = [];
  for (const ledgerId of ledgerIds) {
    const { mending, agreementId } = (await store.readHead(ledgerId))?.value ?? {};
    if (mending !== undefined && agreementId !== undefined) marks.push({ ...mending, ledgerId, agreementId });
  }
  return marks;
}

/** @param afterId up to where it is done, undefined: all of it. */
async function saveMarks(
  access: MendingAccess,
  marks: readonly Mark[],
  afterId: string | undefined,
): Promise<boolean> {
  let areSaved = true;
  for (const mark of marks) {
    if (afterId === undefined || afterId > mark.afterId)
      areSaved = (await saveMark(access, mark, afterId)) && areSaved;
  }
  return areSaved;
}

/** @returns false where the mark of a newer event is, or others are always faster. */
async function saveMark(
  { store, cache }: MendingAccess,
  { ledgerId, entryId }: Mark,
  afterId: string | undefined,
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const head = await store.readHead(ledgerId);
    if (head?.value.mending === undefined) return true;
    if (head.value.mending.entryId !== entryId) return false;
    const { mending: _, ...rest } = head.value;
    const document: Head = afterId === undefined ? rest : { ...rest, mending: { entryId, afterId } };
    const result = await cache.commit(ledgerId, [{ type: "replace", document, etag: head.etag }]);
    if (result.outcome === "committed") return true;
  }
  return false;
}
