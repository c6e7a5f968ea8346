import assert from "node:assert/strict";
import { callFaults, type FaultPlan, faultyStores, writeFaults } from "../fakes/faulty-stores.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { checkDirectory } from "./checks.ts";
import { type Adapt, unchanged } from "./run.ts";
import { accessTo, recordEvents, runTimer } from "./world.ts";

/** Everything that must not depend on what failed. */
const stateOf = (stores: MemoryStores) => ({
  documents: byId(stores.directoryDocuments()),
  people: byId(stores.peopleKept().map((person) => ({ ...person, id: person.email, customerId: "" }))),
});

function byId<Item extends { readonly customerId: string; readonly id: string }>(items: readonly Item[]) {
  return Object.fromEntries(items.map((item) => [`${item.customerId}/${item.id}`, item]));
}

/**
 * The last of the events suffers each fault at each of its calls to the stores; what throws is delivered again, to a
 * consumer that remembers nothing; then the timer runs.
 * @returns how many runs that was.
 * @throws AssertionError unless each ends as the run without faults.
 */
export async function checkEveryFault(bodies: readonly string[], adapt: Adapt = unchanged): Promise<number> {
  let pairs = 0;
  for (const [index, body] of bodies.entries()) {
    const before = bodies.slice(0, index);
    const calm = await faultyRun(before, body, () => undefined, adapt);
    checkDirectory(calm.stores);
    for (const [at, { canBeRefused }] of calm.calls.entries()) {
      for (const fault of canBeRefused ? [...callFaults, ...writeFaults] : callFaults) {
        const { stores } = await faultyRun(
          before,
          body,
          (call) => (call.index === at ? fault : undefined),
          adapt,
        );
        assert.deepEqual(stateOf(stores), stateOf(calm.stores), `${fault} at call ${at}`);
        pairs += 1;
      }
    }
  }
  return pairs;
}

async function faultyRun(before: readonly string[], body: string, plan: FaultPlan, adapt: Adapt) {
  const stores = memoryStores();
  for (const each of before) await recordEvents(adapt(stores), [each]);
  const faulty = faultyStores(stores, plan);
  faulty.arm();
  try {
    await recordEvents(adapt(faulty.stores), [body]);
  } catch {
    await recordEvents(adapt(stores), [body]);
  }
  await runTimer(accessTo(adapt(stores)));
  return { stores, calls: faulty.calls() };
}
