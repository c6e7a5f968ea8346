/**
 * Agreement events: the fact and the terms it leads to are one commit; then everything that follows from them is brought
 * up to date. Each step may be repeated, and a repeated event repeats them all, so a crash between two is mended by the
 * redelivery.
 */
import { recordAgreementPeople } from "../access/agreement-people.ts";
import type { DirectoryAccess } from "../access/apply-change.ts";
import { agreementEventDataSchema } from "../agreements/agreement-event.ts";
import {
  AGREEMENTS_MAX,
  CUSTOMER_BYTES_MAX,
  type Customer,
  entitlementInUse,
  withAgreement,
} from "../agreements/customer.ts";
import type { AgreementId, CustomerId } from "../agreements/ids.ts";
import { type AgreementFact, disputedEntitlement, foldTerms } from "../agreements/terms.ts";
import {
  type AgreementEntry,
  canonicalJson,
  contentHashOf,
  entryIdOf,
  type Head,
  type LedgerId,
  ledgerIdOf,
  newHead,
} from "./entry.ts";
import type { AgreementEvent, Rejection } from "./event.ts";
import type { LedgerOperation } from "./ledger-store.ts";
import {
  ATTEMPTS_MAX,
  ContentionError,
  conflictingContent,
  type Incoming,
  type Outcome,
  recorded,
  rejectedOutcome,
  repeated,
} from "./outcome.ts";
import { refusal } from "./posting.ts";
import type { LedgerAccess } from "./record-deliveries.ts";
import { refuseReversal } from "./record-reversals.ts";

/** Terms keep what ended, and a document of the store has at most 2 MB. */
const HEAD_BYTES_MAX = 1_000_000;

export type AgreementAccess = LedgerAccess & DirectoryAccess;

export async function recordAgreement(
  access: AgreementAccess,
  { event }: Incoming<AgreementEvent>,
): Promise<Outcome> {
  const { customerId, agreementId } = event.data;
  const before = (await access.customers.read(customerId))?.value;
  const taken = entitlementInUse(before, event.data);
  if (taken !== undefined) {
    return rejectedOutcome(
      refusal(
        "entitlementInUse",
        `entitlement ${taken} belongs to another agreement of the customer`,
        "data.packages",
      ),
    );
  }
  if (isFull(before, agreementId)) {
    return rejectedOutcome(
      refusal("tooManyAgreements", `a customer has at most ${AGREEMENTS_MAX} agreements`, "data.agreementId"),
    );
  }
  if (Buffer.byteLength(JSON.stringify(withAgreement(before, event))) > CUSTOMER_BYTES_MAX) {
    const message = "with this agreement the customer is too large; leave out what is no longer needed";
    return rejectedOutcome(refusal("customerTooLarge", message, "data.packages"));
  }
  const ledgerId = ledgerIdOf(customerId, agreementId);
  await ensureLedger(access, customerId, undefined);
  await ensureLedger(access, customerId, agreementId);
  const outcome = await recordFact(access, ledgerId, event);
  if (outcome.status === "rejected") return outcome;
  await recordAgreementPeople(access, event, access.now());
  return outcome;
}

/** Only agreements count that an agreement event named: what deliveries name may be mistyped and takes no room of theirs. */
const isFull = (customer: Customer | undefined, agreementId: AgreementId): boolean =>
  customer !== undefined &&
  Object.keys(customer.agreements).length >= AGREEMENTS_MAX &&
  !Object.hasOwn(customer.agreements, agreementId);

/** Opens the ledger of an agreement, or of what belongs to none; once is enough and again is harmless. */
export async function ensureLedger(
  { store, cache }: LedgerAccess,
  customerId: CustomerId,
  agreementId: AgreementId | undefined,
): Promise<void> {
  const ledgerId = ledgerIdOf(customerId, agreementId);
  if ((await cache.head(ledgerId)) !== undefined) return;
  const created = await store.commit(ledgerId, [
    { type: "create", document: newHead(customerId, agreementId) },
  ]);
  if (created.outcome === "committed" || (await cache.head(ledgerId)) !== undefined) return;
  throw new ContentionError(ledgerId);
}

async function recordFact(
  access: AgreementAccess,
  ledgerId: LedgerId,
  event: AgreementEvent,
): Promise<Outcome> {
  const { store, cache, now } = access;
  const id = entryIdOf(event);
  const hash = contentHashOf(event);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const known = await store.readFact(ledgerId, id);
    if (known !== undefined && known.value.kind !== "awaited") {
      return known.value.hash === hash ? repeated : rejectedOutcome(conflictingContent);
    }
    const head = await store.readHead(ledgerId);
    if (head === undefined) throw new Error(`ledger ${ledgerId} has no head`);
    const { source, id: eventId, type, time, data } = event;
    const document: AgreementEntry = {
      id,
      ledgerId,
      kind: "agreementEntry",
      event: { source, id: eventId, type, time, data },
      hash,
      recordedAt: now(),
    };
    const entry: LedgerOperation =
      known === undefined ? { type: "create", document } : { type: "replace", document, etag: known.etag };
    const behind = known === undefined ? [] : (await store.reversalsOf(ledgerId, [id])).map(refuseReversal);
    const entries = [...(await store.agreementEntries(ledgerId)), document];
    const disputed = disputedEntitlement(entries.map(toFact));
    if (disputed !== undefined) return rejectedOutcome(changedMeaning(disputed));
    if (Buffer.byteLength(JSON.stringify(withTerms(head.value, entries))) > HEAD_BYTES_MAX) {
      return rejectedOutcome(tooLarge);
    }
    const next: Head = { ...withTerms(head.value, entries), mending: { entryId: id, afterId: "" } };
    const result = await cache.commit(ledgerId, [
      entry,
      ...behind,
      { type: "replace", document: next, etag: head.etag },
    ]);
    if (result.outcome === "committed") return recorded;
  }
  throw new ContentionError(ledgerId);
}

const tooLarge = refusal(
  "agreementTooLarge",
  "with all that its events ever named the agreement is too large; end it and go on with a new one",
  "data.packages",
);

const changedMeaning = (entitlementId: string): Rejection =>
  refusal(
    "entitlementChanged",
    `entitlement ${entitlementId} was recorded with another service, class or unit: give the new right an id of its own`,
    "data.packages",
  );

/** The head with the terms of all agreement events; a new revision only where they differ. */
function withTerms(head: Head, entries: readonly AgreementEntry[]): Head {
  const terms = foldTerms(entries.map(toFact));
  if (terms === undefined || canonicalJson(terms) === canonicalJson(head.terms)) return head;
  return { ...head, terms, revision: head.revision + 1 };
}

function toFact({ event }: AgreementEntry): AgreementFact {
  const { time, source, id, data } = event;
  return { time, source, id, data: agreementEventDataSchema.parse(data) };
}
