/** The checks of the ledger as functions, so that each can also be shown to fail where a defect was planted. */
import assert from "node:assert/strict";
import { verifyLedger } from "../../src/consumption/verify.ts";
import {
  type CallFault,
  callFaults,
  type FaultPlan,
  faultyStores,
  writeFaults,
} from "../fakes/faulty-stores.ts";
import { interleavedStores } from "../fakes/interleaved-stores.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import type { Random } from "../fakes/random.ts";
import { type Expected, expectedOf } from "./naive-model.ts";
import { type Adapt, createQueue, openRejections, settleAll, stateOf, unchanged } from "./state.ts";

export type Batches = readonly (readonly string[])[];

/** @throws AssertionError unless the batches come to what the naive model makes of the set of their events. */
export async function checkAgainstModel(batches: Batches, adapt: Adapt = unchanged): Promise<MemoryStores> {
  const stores = memoryStores();
  await createQueue(() => adapt(stores)).deliver(batches);
  await checkFigures(stores, batches);
  return stores;
}

async function checkFigures(stores: MemoryStores, batches: Batches): Promise<void> {
  await settleAll(stores);
  assert.deepEqual(figuresOf(stores), expectedOf(batches.flat()));
  await checkRebuild(stores);
}

/** @throws AssertionError unless recorders that run at the same time, one for each of `shares`, come to the same figures. */
export async function checkConcurrent(
  setup: Batches,
  shares: readonly Batches[],
  random: Random,
  adapt: Adapt = unchanged,
): Promise<MemoryStores> {
  const stores = memoryStores();
  await createQueue(() => adapt(stores)).deliver(setup);
  const interleaved = adapt(interleavedStores(stores, random));
  await Promise.all(shares.map((batches) => createQueue(() => interleaved).deliver(batches)));
  await checkFigures(stores, [...setup, ...shares.flat()]);
  return stores;
}

/** One call in so many fails, until a batch was delivered so often that it must get through. */
const CALLS_PER_FAULT = 12;
const FAULTY_DELIVERIES = 15;

/** @throws AssertionError unless recorders that keep failing, anywhere, come to the same figures in the end. */
export async function checkCrashes(
  batches: Batches,
  random: Random,
  adapt: Adapt = unchanged,
): Promise<number> {
  const stores = memoryStores();
  let faults = 0;
  const plan: FaultPlan = ({ canBeRefused }) => {
    if (random.below(CALLS_PER_FAULT) > 0) return undefined;
    faults += 1;
    return random.pick(canBeRefused ? [...callFaults, ...writeFaults] : callFaults);
  };
  for (const batch of batches) {
    const queue = createQueue((crashes) => {
      const faulty = faultyStores(stores, crashes < FAULTY_DELIVERIES ? plan : () => undefined);
      faulty.arm();
      return adapt(faulty.stores);
    });
    await queue.deliver([batch]);
  }
  await checkFigures(stores, batches);
  return faults;
}

/** @throws AssertionError unless every ledger's roll-ups are what its facts make them (LE-06). */
export async function checkRebuild(stores: MemoryStores): Promise<void> {
  for (const ledgerId of stores.ledgerIds()) {
    assert.deepEqual((await verifyLedger(stores.store, ledgerId))?.differences, []);
  }
}

/** What the ledgers say, in the words of the model. */
export function figuresOf(stores: MemoryStores): Expected {
  const counts: Record<string, readonly [number, number]> = {};
  const reasons: Record<string, readonly string[]> = {};
  for (const document of stores.ledgerIds().flatMap((ledgerId) => stores.documents(ledgerId))) {
    if (document.kind === "rollup") {
      for (const [workspaceId, days] of Object.entries(document.days)) {
        for (const [day, count] of Object.entries(days)) {
          counts[`${document.ledgerId} | ${document.account} | ${workspaceId} | ${document.month}-${day}`] = [
            ...count,
          ];
        }
      }
    } else if (document.kind === "entry" && document.reasons !== undefined && document.quantity > 0) {
      const { source, id } = document.event;
      reasons[`${document.ledgerId} | ${source} ${id}`] = document.reasons;
    }
  }
  const refused = openRejections(stores).map((text) => text.slice(0, text.indexOf(":")));
  return { counts, reasons, refused: refused.toSorted() };
}

export type Scenario = {
  readonly name: string;
  /** Recorded before any fault. */
  readonly setup: Batches;
  readonly batches: Batches;
  /** Warm: by the recorder that recorded the setup, so that it remembers what it saw. */
  readonly warm: boolean;
};

/** @returns the state after the scenario with these faults and the redelivery of whatever failed. */
async function endOf({ setup, batches, warm }: Scenario, plan: FaultPlan, adapt: Adapt) {
  const stores = memoryStores();
  const faulty = faultyStores(stores, plan);
  const queue = createQueue((crashes) => adapt(crashes === 0 ? faulty.stores : stores));
  await (warm ? queue : createQueue(() => adapt(stores))).deliver(setup);
  faulty.arm();
  await queue.deliver(batches);
  await settleAll(stores);
  return { state: stateOf(stores), calls: faulty.calls(), stores };
}

/**
 * Every call of the recorder, with every fault that can befall it.
 * @throws AssertionError unless each ends, after redelivery, in the state of the run without faults.
 * @returns how many pairs of call and fault there were.
 */
export async function checkEveryFault(scenario: Scenario, adapt: Adapt = unchanged): Promise<number> {
  const clean = await endOf(scenario, () => undefined, adapt);
  assert.deepEqual(figuresOf(clean.stores), expectedOf([...scenario.setup, ...scenario.batches].flat()));
  let pairs = 0;
  for (const [index, { method, canBeRefused }] of clean.calls.entries()) {
    const faults: readonly CallFault[] = canBeRefused ? [...callFaults, ...writeFaults] : callFaults;
    for (const fault of faults) {
      const plan: FaultPlan = (call) => (call.index === index ? fault : undefined);
      const { state } = await endOf(scenario, plan, adapt);
      assert.deepEqual(
        JSON.parse(state),
        JSON.parse(clean.state),
        `${scenario.name}: ${fault} at call ${index} (${method})`,
      );
      pairs += 1;
    }
  }
  return pairs;
}
