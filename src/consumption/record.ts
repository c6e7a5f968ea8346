/**
 * The consumer of delivery events: what the queue function, a replay and the tests call.
 * Promise: when `record` returns, every event has its final outcome and every rejection is kept (LE-09). When it throws,
 * some may be recorded and some not; recording all of them again counts none twice (LE-03, LE-04).
 */
import { type DirectoryAccess, type FollowThrough, nobodyToTell } from "../access/apply-change.ts";
import type { AgreementId, CustomerId } from "../agreements/ids.ts";
import { boundedCache } from "../platform/bounded-cache.ts";
import { entryIdOf, type LedgerId, ledgerIdOf } from "./entry.ts";
import {
  type AcceptedEvent,
  type AgreementEvent,
  type DeliveryEvent,
  isRequestEvent,
  parseEventText,
  type RequestEvent,
  type ReversalEvent,
} from "./event.ts";
import { type HomeAccess, homeOfDelivery, homeOfRequest, homeOfReversal } from "./event-home.ts";
import { createLedgerCache } from "./ledger-cache.ts";
import { mend } from "./mending.ts";
import { type Incoming, type Outcome, rejectedOutcome } from "./outcome.ts";
import { refusal } from "./posting.ts";
import { type AgreementAccess, recordAgreement } from "./record-agreements.ts";
import { type Delivery, recordDeliveries } from "./record-deliveries.ts";
import { relink } from "./record-links.ts";
import { keep, type RejectionAccess, reportReversals, resolveAccepted } from "./record-rejections.ts";
import { recordAwaitedDelivery, recordReversal } from "./record-reversals.ts";
import { keptBody } from "./rejected-event.ts";
import { noRequestRecorder, type RequestRecorder } from "./request-recorder.ts";
import { settleLedger } from "./settle.ts";

export type RecorderStores = Pick<AgreementAccess, "store"> &
  Pick<HomeAccess, "customers"> &
  Pick<DirectoryAccess, "directory" | "people"> &
  Pick<RejectionAccess, "rejectedEvents">;

export type Recorder = {
  /** @param bodies events as JSON text. @returns an outcome for each, in the same order. */
  readonly record: (bodies: readonly string[]) => Promise<readonly Outcome[]>;
  /**
   * After agreement events of this ledger: what waited for them counts, and what counts elsewhere now moves (CA-16),
   * until done or until the instant `deadline`.
   * @returns whether it is done; if not, calling it again goes on where it stopped.
   */
  readonly catchUp: (ledgerId: LedgerId, deadline: string) => Promise<boolean>;
  /**
   * After the customer's links of this agreement to workspaces changed: cases count where they now belong (CA-16).
   * @returns whether they all do by the instant `deadline`; if not, a timer goes on.
   * @throws ContentionError when the ledger may not have learnt of the links: to be called again.
   */
  readonly relink: (customerId: CustomerId, agreementId: AgreementId, deadline: string) => Promise<boolean>;
};

/** Customers change seldom; what is missing in an old copy is looked up again before anything is rejected for it. */
const CUSTOMERS_MAX = 1_000;
/** What one batch spends on catching up: its messages are locked for 60 s. A timer goes on with the rest. */
const CATCH_UP_BUDGET_MS = 15_000;
/** Rows of a ledger that one batch settles: a month has to be read as a whole. Larger ones are the timer's. */
const SETTLE_ROWS_MAX = 5_000;

type Context = HomeAccess & RejectionAccess & { readonly requests: RequestRecorder };

type Numbered<Event extends AcceptedEvent> = Incoming<Event> & { readonly index: number };

/**
 * @param followThrough of what agreements change in the customers' directory.
 * @param requests who records what is told of support requests.
 */
export function createRecorder(
  stores: RecorderStores,
  now: () => string,
  followThrough: FollowThrough = nobodyToTell,
  requests: RequestRecorder = noRequestRecorder,
): Recorder {
  const context: Context = {
    ...stores,
    ...followThrough,
    now,
    requests,
    cache: createLedgerCache(stores.store),
    customersSeen: boundedCache(CUSTOMERS_MAX),
  };
  return {
    record: (bodies) => record(context, bodies),
    catchUp: async (ledgerId, deadline) => {
      const head = await stores.store.readHead(ledgerId);
      if (head === undefined) return true;
      const { customerId, agreementId } = head.value;
      return catchUp(context, customerId, [agreementId], deadline);
    },
    relink: (customerId, agreementId, deadline) => catchUp(context, customerId, [agreementId], deadline),
  };
}

async function record(context: Context, bodies: readonly string[]): Promise<readonly Outcome[]> {
  const deadline = new Date(Date.parse(context.now()) + CATCH_UP_BUDGET_MS).toISOString();
  const { outcomes, agreements, kept } = await tryAll(context, bodies);
  const mendable = new Map<number, string>();
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status !== "rejected") continue;
    const rejected = await keep(context, kept[index] ?? "", outcome.rejection);
    if (rejected.mendedByAgreement) mendable.set(index, rejected.body);
  }
  const mended = await tryOnceMore(context, mendable);
  for (const [customerId, items] of Map.groupBy(agreements, ({ event }) => event.data.customerId)) {
    const agreementIds = new Set(items.map(({ event }) => event.data.agreementId));
    await catchUp(context, customerId, [...agreementIds], deadline, SETTLE_ROWS_MAX);
  }
  return outcomes.map((outcome, index) => mended.get(index) ?? outcome);
}

/**
 * An agreement event that came meanwhile either found the rejections in the list, or is found here: what rejected them
 * was read before they were listed, perhaps long before.
 */
async function tryOnceMore(
  context: Context,
  bodies: ReadonlyMap<number, string>,
): Promise<ReadonlyMap<number, Outcome>> {
  if (bodies.size === 0) return new Map();
  const texts = [...bodies.values()];
  for (const body of texts) forgetHome(context, body);
  const { outcomes } = await tryAll(context, texts);
  await resolveAccepted(context, texts, outcomes);
  return new Map(
    [...bodies.keys()].flatMap((index, position) => {
      const outcome = outcomes[position];
      return outcome === undefined ? [] : [[index, outcome] as const];
    }),
  );
}

/** What is known of the event's customer and ledger is read again. */
function forgetHome({ cache, customersSeen }: Context, body: string): void {
  const parsed = parseEventText(body);
  if (parsed.outcome === "rejected") return;
  const { event } = parsed;
  customersSeen.delete(event.data.customerId);
  if (!isRequestEvent(event)) cache.forget(ledgerIdOf(event.data.customerId, event.data.agreementId));
}

/** Each event once, in the order that spares detours, with the text it would be kept as. */
async function tryAll(context: Context, bodies: readonly string[]) {
  const outcomes = new Map<number, Outcome>();
  const agreements: Numbered<AgreementEvent>[] = [];
  const deliveries: Numbered<DeliveryEvent>[] = [];
  const reversals: Numbered<ReversalEvent>[] = [];
  const requests: Numbered<RequestEvent>[] = [];
  for (const [index, body] of bodies.entries()) {
    const parsed = parseEventText(body);
    if (parsed.outcome === "rejected") {
      outcomes.set(index, rejectedOutcome(parsed.rejection));
      continue;
    }
    const { event } = parsed;
    if (isRequestEvent(event)) requests.push({ index, body, event });
    else if (event.kind === "agreement") agreements.push({ index, body, event });
    else if (event.kind === "delivery") deliveries.push({ index, body, event });
    else reversals.push({ index, body: keptBody(event, body), event });
  }
  // The order is free (LE-05): agreements first spare the deliveries behind them a detour.
  for (const each of agreements) {
    const { customerId, agreementId } = each.event.data;
    outcomes.set(each.index, await recordAgreement(context, each));
    await reportReversals(context, ledgerIdOf(customerId, agreementId), [entryIdOf(each.event)]);
  }
  for (const [ledgerId, items] of byLedger(deliveries))
    await recordLedger(context, ledgerId, items, outcomes);
  for (const each of reversals) outcomes.set(each.index, await recordOneReversal(context, each));
  for (const { index, event } of requests) outcomes.set(index, await recordRequest(context, event));

  const kept = new Map(reversals.map(({ index, body }) => [index, body]));
  return {
    outcomes: bodies.map((_, index) => outcomes.get(index) ?? rejectedOutcome(notProcessed)),
    agreements,
    kept: bodies.map((body, index) => kept.get(index) ?? body),
  };
}

const notProcessed = refusal("notProcessed", "the event was not processed; send it again", "id");

/**
 * Links first: without them the ledger would be settled to what does not hold, and its mark would go with it.
 * @param agreementIds of the customer. What is not done here, somebody else has to go on with.
 */
async function catchUp(
  context: Context,
  customerId: CustomerId,
  agreementIds: readonly (AgreementId | undefined)[],
  deadline: string,
  rowsMax?: number,
): Promise<boolean> {
  for (const agreementId of agreementIds)
    if (agreementId !== undefined) await relink(context, customerId, agreementId);
  const ledgerIds = agreementIds.map((agreementId) => ledgerIdOf(customerId, agreementId));
  const tryAgain = async (bodies: readonly string[]): Promise<readonly Outcome[]> => {
    for (const body of bodies) forgetHome(context, body);
    return (await tryAll(context, bodies)).outcomes;
  };
  let isDone = await mend(context, customerId, ledgerIds, deadline, tryAgain);
  for (const ledgerId of ledgerIds)
    isDone = (await settleLedger(context, ledgerId, deadline, rowsMax)) && isDone;
  return isDone;
}

async function recordLedger(
  context: Context,
  ledgerId: LedgerId,
  items: readonly Numbered<DeliveryEvent>[],
  outcomes: Map<number, Outcome>,
): Promise<void> {
  const indexes = new Map<Delivery, number>();
  for (const { event, body, index } of items) {
    const home = await homeOfDelivery(context, event);
    if ("rejection" in home) outcomes.set(index, rejectedOutcome(home.rejection));
    else indexes.set({ event, body, workspaceId: home.workspaceId }, index);
  }
  const recordedOutcomes = await recordDeliveries(context, ledgerId, [...indexes.keys()]);
  for (const [delivery, outcome] of recordedOutcomes) {
    const index = indexes.get(delivery);
    if (index === undefined) continue;
    outcomes.set(
      index,
      outcome === "awaited" ? await recordAwaitedDelivery(context, ledgerId, delivery) : outcome,
    );
  }
  const reversible = [...recordedOutcomes].filter(
    ([, outcome]) => outcome === "awaited" || (outcome.status === "repeated" && outcome.wasAwaited === true),
  );
  // A repeat may be the redelivery of one that was recorded with its reversals and then not reported.
  await reportReversals(
    context,
    ledgerId,
    reversible.map(([{ event }]) => entryIdOf(event)),
  );
}

async function recordOneReversal(context: Context, item: Numbered<ReversalEvent>): Promise<Outcome> {
  const { customerId, agreementId, reverses } = item.event.data;
  const homeless = await homeOfReversal(context, item.event);
  if (homeless !== undefined) return rejectedOutcome(homeless);
  const ledgerId = ledgerIdOf(customerId, agreementId);
  const outcome = await recordReversal(context, ledgerId, item);
  const own = entryIdOf(item.event);
  await reportReversals(context, ledgerId, [entryIdOf(reverses), own], own);
  return outcome;
}

async function recordRequest(context: Context, event: RequestEvent): Promise<Outcome> {
  const home = await homeOfRequest(context, event);
  return "rejection" in home
    ? rejectedOutcome(home.rejection)
    : context.requests.record(event, home.customer);
}

function byLedger(items: readonly Numbered<DeliveryEvent>[]): Map<LedgerId, Numbered<DeliveryEvent>[]> {
  return Map.groupBy(items, ({ event }) => ledgerIdOf(event.data.customerId, event.data.agreementId));
}
