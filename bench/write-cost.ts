/** What an event costs the store: round trips and request units by the stand-in's formula, through the real SDK. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { wire } from "../src/platform/wiring.ts";
import {
  BATCH,
  type BenchApp,
  type Cost,
  recordAgreement,
  recordAll,
  recordDeliveries,
  startApp,
} from "./app.ts";
import { deliveryEvent, reversalEvent, type Target, targetOf, targets } from "./events.ts";
import type { Bench, BenchOptions, Figure } from "./figure.ts";
import { mean } from "./statistics.ts";

type Limits = { readonly roundTrips: number; readonly requestUnits: number };

const PER_TARGET = 15;
const SINGLES = 56;
const BATCHES = 5;
const BATCH_LIMITS = { roundTrips: 0.03, requestUnits: 6 };

export const writeCost: Bench = {
  name: "write-cost",
  summary: "round trips and request units (by formula) of recording an event",
  run: async function* (options) {
    options.progress(`a ledger of a year with ${targets.length * PER_TARGET} deliveries`);
    await using bench = await startApp();
    await recordAgreement(bench);
    for (const target of targets) await recordDeliveries(bench, target, 0, PER_TARGET);
    yield* singles(bench);
    yield* inBatches(bench);
    yield* seldom(bench);
    yield {
      name: "document of a generated delivery",
      value: await entryBytes(bench),
      unit: "bytes",
      digits: 0,
    };
    if (options.eventsFile !== undefined) yield* given(options.eventsFile, options);
  },
};

const advisory = targetOf("advisory", 6);

async function* singles(bench: BenchApp): AsyncGenerator<Figure> {
  const { app, costOf } = bench;
  const costs: Cost[] = [];
  const repeats: Cost[] = [];
  for (let index = 0; index < SINGLES; index++) {
    const body = deliveryEvent(advisory, PER_TARGET + index);
    costs.push(await costOf(() => recordAll(app, [body])));
    repeats.push(await costOf(() => app.recorder.record([body])));
  }
  yield* perEvent("one event, warm instance", costs, 1, { roundTrips: 2, requestUnits: 17.5 });
  yield* perEvent("one event that was there already", repeats, 1, { roundTrips: 1, requestUnits: 1.5 });
  const cold = await coldCost(bench, PER_TARGET + SINGLES, 1);
  yield* perEvent("one event, first of a new process", [cold], 1);
}

async function* inBatches(bench: BenchApp): AsyncGenerator<Figure> {
  const { app, costOf } = bench;
  const start = PER_TARGET + SINGLES + 3;
  const oneLine: Cost[] = [];
  const repeats: Cost[] = [];
  const batches = range(BATCHES, (batch) =>
    range(BATCH, (index) => deliveryEvent(advisory, start + batch * BATCH + index)),
  );
  for (const bodies of batches) oneLine.push(await costOf(() => recordAll(app, bodies)));
  for (const bodies of batches) repeats.push(await costOf(() => app.recorder.record(bodies)));
  // A refused transaction makes the instance read again.
  await recordAll(app, [deliveryEvent(advisory, start - 1)]);
  const month = targets.filter((target) => target.month === 6);
  const severalLines = await costOf(() => recordAll(app, spread(month, start + BATCHES * BATCH)));
  const wholeYear = await costOf(() => recordAll(app, spread(targets, start + (BATCHES + 1) * BATCH)));
  const both = deliveryEvent(advisory, start + (BATCHES + 2) * BATCH);
  const known = range(BATCH - 1, (index) => deliveryEvent(advisory, start + index));
  const oneNew = await costOf(() => app.recorder.record([...known, both]));
  const cold = await coldCost(bench, start + (BATCHES + 3) * BATCH, BATCH);
  yield* perEvent(`${BATCH} events of an entitlement and month`, oneLine, BATCH, BATCH_LIMITS);
  yield* perEvent(`${BATCH} events, first of a new process`, [cold], BATCH);
  yield* perEvent(`${BATCH} events of ${month.length} entitlements in a month`, [severalLines], BATCH);
  yield* perEvent(`${BATCH} events of ${targets.length} entitlements and months`, [wholeYear], BATCH);
  yield* perEvent(`${BATCH} events that were there already`, repeats, BATCH);
  yield* perEvent(`${BATCH} events, all but one there already`, [oneNew], BATCH);
}

/** A first delivery of a month also changes the head, which has the terms in it. */
async function* seldom({ app, costOf }: BenchApp): AsyncGenerator<Figure> {
  await using fresh = await startApp();
  yield* perEvent("the first agreement of a customer", [await fresh.costOf(() => recordAgreement(fresh))], 1);
  await recordDeliveries(fresh, targetOf("advisory", 5), 0, 1);
  const first = await fresh.costOf(() => recordAll(fresh.app, [deliveryEvent(advisory, 0)]));
  yield* perEvent("the first of an entitlement and month", [first], 1);
  const reversals: Cost[] = [];
  for (let index = 0; index < PER_TARGET; index++)
    reversals.push(await costOf(() => recordAll(app, [reversalEvent(advisory, index)])));
  yield* perEvent("a reversal, warm instance", reversals, 1);
}

/** As the consumer takes a file of events: in its order, in batches over whatever customers and agreements it names. */
async function* given(file: string, { progress }: BenchOptions): AsyncGenerator<Figure> {
  progress(`the events of ${file}`);
  await using bench = await startApp();
  const bodies: string[] = [];
  for await (const line of createInterface({ input: createReadStream(file) }))
    if (line !== "") bodies.push(line);
  const isAgreement = (body: string): boolean => body.includes('"support.agreement.');
  for (const body of bodies.filter(isAgreement)) await bench.app.recorder.record([body]);
  const deliveries = bodies.filter((body) => !isAgreement(body));
  const cost = await bench.costOf(async () => {
    for (let start = 0; start < deliveries.length; start += BATCH)
      await bench.app.recorder.record(deliveries.slice(start, start + BATCH));
  });
  yield* perEvent(`given events, ${BATCH} at a time`, [cost], deliveries.length);
  yield { name: "document of a given delivery", value: await entryBytes(bench), unit: "bytes", digits: 0 };
}

/** Mean size of an entry as the store counts it, without the store's own properties. */
async function entryBytes({ app }: BenchApp): Promise<number> {
  const sizes: number[] = [];
  for await (const ledgerIds of app.ledgers.allLedgers()) {
    for (const ledgerId of ledgerIds) {
      for await (const page of app.ledgers.entries(ledgerId))
        sizes.push(...page.map(({ value }) => Buffer.byteLength(JSON.stringify(value))));
    }
  }
  return mean(sizes);
}

/** Means over the costs; both figures are for one event. */
function* perEvent(name: string, costs: readonly Cost[], events: number, limits?: Limits): Generator<Figure> {
  const roundTrips = mean(costs.map((cost) => cost.roundTrips)) / events;
  const requestUnits = mean(costs.map((cost) => cost.requestUnits)) / events;
  const limitOf = (atMost: number | undefined) => (atMost === undefined ? {} : { limit: { atMost } });
  yield { name: `${name}: round trips`, value: roundTrips, digits: 3, ...limitOf(limits?.roundTrips) };
  yield { name: `${name}: formula`, value: requestUnits, unit: "RU", ...limitOf(limits?.requestUnits) };
}

/** An instance that has seen nothing yet, what its client asks about the account and the container included. */
async function coldCost({ app, costOf }: BenchApp, first: number, count: number): Promise<Cost> {
  const bodies = range(count, (index) => deliveryEvent(advisory, first + index));
  const cost = await costOf(() => recordAll(wire(app.config), bodies));
  // What the warm instance holds is older now: one event more makes it warm again.
  await recordAll(app, [deliveryEvent(advisory, first + count)]);
  return cost;
}

const spread = (over: readonly Target[], start: number): string[] =>
  range(BATCH, (index) => over[index % over.length]).flatMap((target, index) =>
    target === undefined ? [] : [deliveryEvent(target, start + index)],
  );

const range = <Value>(length: number, make: (index: number) => Value): Value[] =>
  Array.from({ length }, (_, index) => make(index));
