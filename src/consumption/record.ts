/**
 * The consumer of delivery events: what the queue function, a replay and the tests call.
 * Promise: when `record` returns, every event has its final outcome and every rejection is kept (LE-09). When it throws,
 * some may be recorded and some not; recording all of them again counts none twice (LE-03, LE-04).
 */
import { LRUCache } from "lru-cache";
import { type Customer, withLedger } from "../agreements/customer.ts";
import {
  type AgreementId,
  type CustomerId,
  DEFAULT_WORKSPACE_ID,
  type WorkspaceId,
} from "../agreements/ids.ts";
import { entryIdOf, type LedgerId, ledgerIdOf } from "./entry.ts";
import {
  type AcceptedEvent,
  type AgreementEvent,
  type DeliveryEvent,
  parseEventText,
  type Rejection,
  type ReversalEvent,
} from "./event.ts";
import { createLedgerCache } from "./ledger-cache.ts";
import { ATTEMPTS_MAX, ContentionError, type Incoming, type Outcome, rejectedOutcome } from "./outcome.ts";
import { refusal } from "./posting.ts";
import { type AgreementAccess, ensureLedger, isFull, recordAgreement } from "./record-agreements.ts";
import { type Delivery, recordDeliveries } from "./record-deliveries.ts";
import { keep, type RejectionAccess, reportReversals, resolveAccepted } from "./record-rejections.ts";
import { recordAwaitedDelivery, recordReversal } from "./record-reversals.ts";
import { keptBody } from "./rejected-event.ts";
import { settleLedger } from "./settle.ts";

export type RecorderStores = Pick<AgreementAccess, "store" | "customers" | "people"> &
  Pick<RejectionAccess, "rejectedEvents">;

export type Recorder = {
  /** @param bodies events as JSON text. @returns an outcome for each, in the same order. */
  readonly record: (bodies: readonly string[]) => Promise<readonly Outcome[]>;
};

/** Customers change seldom; what is missing in an old copy is looked up again before anything is rejected for it. */
const CUSTOMERS_MAX = 1_000;
/** What one batch spends on settling: its messages are locked for 60 s. A timer goes on with the rest. */
const SETTLE_BUDGET_MS = 15_000;

type Context = AgreementAccess &
  RejectionAccess & {
    readonly customersSeen: LRUCache<CustomerId, Customer>;
  };

type Numbered<Event extends AcceptedEvent> = Incoming<Event> & { readonly index: number };

export function createRecorder(stores: RecorderStores, now: () => string): Recorder {
  const context: Context = {
    ...stores,
    now,
    cache: createLedgerCache(stores.store),
    customersSeen: new LRUCache({ max: CUSTOMERS_MAX }),
  };
  return { record: (bodies) => record(context, bodies) };
}

async function record(context: Context, bodies: readonly string[]): Promise<readonly Outcome[]> {
  const deadline = Date.now() + SETTLE_BUDGET_MS;
  const { outcomes, agreements, kept } = await tryAll(context, bodies);
  const mendable: string[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status !== "rejected") continue;
    const rejected = await keep(context, kept[index] ?? "", outcome.rejection);
    if (rejected.mendedByAgreement) mendable.push(rejected.body);
  }
  await tryOnceMore(context, mendable);
  for (const customerId of new Set(agreements.map(({ event }) => event.data.customerId))) {
    await catchUp(context, customerId, agreements, deadline);
  }
  return outcomes;
}

/**
 * An agreement event that came meanwhile either found the rejections in the list, or is found here: what rejected them
 * was read before they were listed, perhaps long before.
 */
async function tryOnceMore(context: Context, bodies: readonly string[]): Promise<void> {
  if (bodies.length === 0) return;
  context.customersSeen.clear();
  context.cache.clear();
  const { outcomes } = await tryAll(context, bodies);
  await resolveAccepted(context, bodies, outcomes);
}

/** Each event once, in the order that spares detours, with the text it would be kept as. */
async function tryAll(context: Context, bodies: readonly string[]) {
  const outcomes = new Map<number, Outcome>();
  const agreements: Numbered<AgreementEvent>[] = [];
  const deliveries: Numbered<DeliveryEvent>[] = [];
  const reversals: Numbered<ReversalEvent>[] = [];
  for (const [index, body] of bodies.entries()) {
    const parsed = parseEventText(body);
    if (parsed.outcome === "rejected") outcomes.set(index, rejectedOutcome(parsed.rejection));
    else if (parsed.event.kind === "agreement") agreements.push({ index, body, event: parsed.event });
    else if (parsed.event.kind === "delivery") deliveries.push({ index, body, event: parsed.event });
    else reversals.push({ index, body: keptBody(parsed.event, body), event: parsed.event });
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

  const kept = new Map(reversals.map(({ index, body }) => [index, body]));
  return {
    outcomes: bodies.map((_, index) => outcomes.get(index) ?? rejectedOutcome(notProcessed)),
    agreements,
    kept: bodies.map((body, index) => kept.get(index) ?? body),
  };
}

const notProcessed = refusal("notProcessed", "the event was not processed; send it again", "id");

/** After an agreement event: what waited for it counts, and what counts elsewhere now moves (CA-16). */
async function catchUp(
  context: Context,
  customerId: CustomerId,
  agreements: readonly Numbered<AgreementEvent>[],
  deadline: number,
): Promise<void> {
  context.customersSeen.delete(customerId);
  const waiting = (await context.rejectedEvents.mendable(customerId)).map(({ body }) => body);
  if (waiting.length > 0) await resolveAccepted(context, waiting, await record(context, waiting));
  for (const { event } of agreements) {
    if (event.data.customerId !== customerId) continue;
    await settleLedger(context, ledgerIdOf(customerId, event.data.agreementId), deadline);
  }
}

async function recordLedger(
  context: Context,
  ledgerId: LedgerId,
  items: readonly Numbered<DeliveryEvent>[],
  outcomes: Map<number, Outcome>,
): Promise<void> {
  const indexes = new Map<Delivery, number>();
  for (const { event, body, index } of items) {
    const workspace = await findWorkspace(context, event);
    if ("rejection" in workspace) outcomes.set(index, rejectedOutcome(workspace.rejection));
    else indexes.set({ event, body, workspaceId: workspace.workspaceId }, index);
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
  const customer = await findCustomer(context, customerId, () => true);
  if (customer === undefined) return rejectedOutcome(unknownCustomer(customerId));
  if (agreementId !== undefined) {
    const opened = await openLedger(context, customer, agreementId);
    if (opened !== undefined) return rejectedOutcome(opened);
  }
  const ledgerId = ledgerIdOf(customerId, agreementId);
  const outcome = await recordReversal(context, ledgerId, item);
  const own = entryIdOf(item.event);
  await reportReversals(context, ledgerId, [entryIdOf(reverses), own], own);
  return outcome;
}

type Workspace = { readonly workspaceId: WorkspaceId } | { readonly rejection: Rejection };

async function findWorkspace(context: Context, { data }: DeliveryEvent): Promise<Workspace> {
  const workspaceId = data.workspaceId ?? DEFAULT_WORKSPACE_ID;
  const has = (customer: Customer): boolean =>
    customer.workspaces.some((each) => each.workspaceId === workspaceId);
  const customer = await findCustomer(context, data.customerId, has);
  if (customer === undefined) return { rejection: unknownCustomer(data.customerId) };
  if (!has(customer)) {
    return {
      rejection: refusal(
        "unknownWorkspace",
        `workspace ${workspaceId} is not one of the customer's`,
        "data.workspaceId",
      ),
    };
  }
  if (data.agreementId === undefined || customer.ledgers.includes(data.agreementId)) return { workspaceId };
  // Only a case can belong to an agreement that nobody knows: it is an additional case (CA-14).
  if (data.service !== "problemResolution" && data.service !== "advisory") {
    return {
      rejection: refusal(
        "unknownAgreement",
        `agreement ${data.agreementId} is not known for this customer`,
        "data.agreementId",
      ),
    };
  }
  const rejection = await openLedger(context, customer, data.agreementId);
  return rejection === undefined ? { workspaceId } : { rejection };
}

/** Reads the customer again when the copy at hand lacks what is asked for. */
async function findCustomer(
  context: Context,
  customerId: CustomerId,
  hasWhatIsNeeded: (customer: Customer) => boolean,
): Promise<Customer | undefined> {
  const seen = context.customersSeen.get(customerId);
  if (seen !== undefined && hasWhatIsNeeded(seen)) return seen;
  const current = (await context.customers.read(customerId))?.value;
  if (current !== undefined) context.customersSeen.set(customerId, current);
  return current;
}

/** Lists the ledger with the customer before anything is in it, so that nothing is ever out of sight. */
async function openLedger(
  context: Context,
  seen: Customer,
  agreementId: AgreementId,
): Promise<Rejection | undefined> {
  if (seen.ledgers.includes(agreementId)) return undefined;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const customer = await context.customers.read(seen.customerId);
    if (customer === undefined) return unknownCustomer(seen.customerId);
    if (isFull(customer.value, agreementId)) {
      return refusal(
        "unknownAgreement",
        `agreement ${agreementId} is not known for this customer`,
        "data.agreementId",
      );
    }
    await ensureLedger(context, seen.customerId, agreementId);
    const ledgers = withLedger(customer.value.ledgers, agreementId);
    const next = { ...customer.value, ledgers };
    if (
      ledgers.length === customer.value.ledgers.length ||
      (await context.customers.save(next, customer.etag))
    ) {
      context.customersSeen.set(seen.customerId, next);
      return undefined;
    }
  }
  throw new ContentionError(`customer ${seen.customerId}`);
}

const unknownCustomer = (customerId: CustomerId): Rejection =>
  refusal("unknownCustomer", `customer ${customerId} is not known`, "data.customerId");

function byLedger(items: readonly Numbered<DeliveryEvent>[]): Map<LedgerId, Numbered<DeliveryEvent>[]> {
  return Map.groupBy(items, ({ event }) => ledgerIdOf(event.data.customerId, event.data.agreementId));
}
