/**
 * The way in for producers. Promise: an event that is answered `accepted` is in the queue, one that is answered `rejected`
 * is kept with its reason; each has its own answer and its neighbours none of it.
 */
import { DEFAULT_WORKSPACE_ID } from "../agreements/ids.ts";
import { contentHashOf, entryIdOf, ledgerIdOf } from "./entry.ts";
import { type AcceptedEvent, isRequestEvent, parseEventText, type Rejection } from "./event.ts";
import type { EventQueue, QueuedEvent } from "./event-queue.ts";
import type { KnownFact, LedgerStore } from "./ledger-store.ts";
import {
  customerOfReceipt,
  openReceipt,
  type Receipt,
  type ReceiptOutcome,
  sealReceipt,
  statusByFact,
  statusByRejections,
} from "./receipt.ts";
import { keptBody, newRejectedEvent, rejectionIdOf } from "./rejected-event.ts";
import type { RejectedEventStore } from "./rejected-event-store.ts";
import type { KnownRequestFact, RequestFacts } from "./request-recorder.ts";

/** Events of one request, and receipts of one question. */
export const EVENTS_MAX = 1_000;
export const RECEIPTS_MAX = 100;
/** Levels of an event that are kept: far above what is accepted, far below what runs out of stack. */
const LEVELS_MAX = 256;

export type IngestDeps = {
  readonly queue: EventQueue;
  readonly rejectedEvents: RejectedEventStore;
  readonly store: LedgerStore;
  readonly requestFacts: RequestFacts;
  readonly signingKey: Uint8Array;
};

export type IngestOutcome =
  | { readonly status: "accepted"; readonly receipt: string }
  | { readonly status: "rejected"; readonly rejection: Rejection };

export async function ingest(
  deps: IngestDeps,
  events: readonly unknown[],
  now: string,
  traceparent: string | undefined,
): Promise<readonly IngestOutcome[]> {
  const queued: QueuedEvent[] = [];
  const outcomes: IngestOutcome[] = [];
  for (const event of events) {
    const body = JSON.stringify(cutBelow(event, LEVELS_MAX)) ?? "null";
    const parsed = parseEventText(body);
    if (parsed.outcome === "rejected") {
      await deps.rejectedEvents.put(newRejectedEvent(body, parsed.rejection, now));
      outcomes.push({ status: "rejected", rejection: parsed.rejection });
      continue;
    }
    const receipt = receiptOf(parsed.event, body, now);
    queued.push({ body, messageId: receipt.e });
    outcomes.push({ status: "accepted", receipt: sealReceipt(receipt, deps.signingKey) });
  }
  await deps.queue.send(queued, traceparent);
  return outcomes;
}

/** The value without what lies deeper: writing that could run out of stack, and an event that has it is rejected anyway. */
function cutBelow(value: unknown, levels: number): unknown {
  if (value === null || typeof value !== "object") return value;
  if (levels === 0) return null;
  if (Array.isArray(value)) return value.map((member) => cutBelow(member, levels - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, cutBelow(member, levels - 1)]),
  );
}

export type ReceiptStatus = ReceiptOutcome | { readonly status: "pending" | "unknown" };

/** What became of accepted events; `unknown` is a receipt that was not made here. */
export async function outcomesOf(
  deps: IngestDeps,
  receipts: readonly string[],
  now: Date,
): Promise<readonly ReceiptStatus[]> {
  const opened = receipts.map((text) => openReceipt(text, deps.signingKey, now));
  const valid = opened.filter((receipt) => receipt !== undefined);
  const facts = await findFacts(deps, valid);
  const undecided = valid.filter((receipt) => !facts.has(keyOf(receipt)));
  const rejections = await findRejections(deps.rejectedEvents, undecided, now.toISOString());
  return opened.map((receipt): ReceiptStatus => {
    if (receipt === undefined) return { status: "unknown" };
    return facts.get(keyOf(receipt)) ?? rejections.get(keyOf(receipt)) ?? { status: "pending" };
  });
}

async function findFacts(
  { store, requestFacts }: IngestDeps,
  receipts: readonly Receipt[],
): Promise<Map<string, ReceiptStatus>> {
  const found = new Map<string, ReceiptStatus>();
  const settle = (group: readonly Receipt[], facts: readonly (KnownFact | KnownRequestFact)[]): void => {
    const known = new Map(facts.map((fact) => [fact.id, fact]));
    for (const receipt of group) {
      const status = statusByFact(receipt, known.get(receipt.e));
      if (status !== undefined) found.set(keyOf(receipt), status);
    }
  };
  const idsOf = (group: readonly Receipt[]): string[] => group.map(({ e }) => e);
  const [ofLedgers, ofRequests] = [
    receipts.filter(({ n }) => n === undefined),
    receipts.filter(({ n }) => n !== undefined),
  ];
  for (const [ledgerId, group] of Map.groupBy(ofLedgers, ({ l }) => l))
    settle(group, await store.identify(ledgerId, idsOf(group)));
  for (const [customerId, group] of Map.groupBy(ofRequests, customerOfReceipt))
    settle(group, await requestFacts.find(customerId, idsOf(group)));
  return found;
}

async function findRejections(
  store: RejectedEventStore,
  receipts: readonly Receipt[],
  now: string,
): Promise<Map<string, ReceiptStatus>> {
  const found = new Map<string, ReceiptStatus>();
  const months = new Set([...receipts.map(({ t }) => t.slice(0, 7)), now.slice(0, 7)]);
  for (const month of receipts.length === 0 ? [] : months) {
    const events = await store.findMany(
      month,
      receipts.map(({ r }) => r),
    );
    for (const receipt of receipts) {
      const status = statusByRejections(receipt, events);
      if (status !== undefined) found.set(keyOf(receipt), status);
    }
  }
  return found;
}

const keyOf = ({ l, e, h }: Receipt): string => `${l}\n${e}\n${h}`;

function receiptOf(event: AcceptedEvent, body: string, now: string): Receipt {
  const named = {
    e: entryIdOf(event),
    h: contentHashOf(event),
    r: rejectionIdOf(keptBody(event, body)),
    t: now,
  };
  if (isRequestEvent(event)) {
    const { customerId, number } = event.data;
    return { ...named, l: ledgerIdOf(customerId, undefined), n: number };
  }
  const { customerId, agreementId } = event.data;
  return {
    ...named,
    l: ledgerIdOf(customerId, agreementId),
    ...(event.kind === "delivery" ? { w: event.data.workspaceId ?? DEFAULT_WORKSPACE_ID } : {}),
  };
}
