/** What must hold of that which follows from a change, as functions, so that each can be shown to fail. */
import assert from "node:assert/strict";
import type { DirectoryStore } from "../../src/access/directory-store.ts";
import { agreementEvent } from "../fakes/events.ts";
import { faultyStores } from "../fakes/faulty-stores.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import type { Random } from "../fakes/random.ts";
import { checkDirectory, documentsOf } from "./checks.ts";
import { CUSTOMER_ID, T0 } from "./given.ts";
import { type Operation, operate } from "./operations.ts";
import { contactsPackage, type Happening } from "./random-operations.ts";
import { type Adapt, liveAlone, unchanged, watchVersions } from "./run.ts";
import { accessTo, recordEvents, runTimer } from "./world.ts";

/**
 * While the follow-up of one change is under way, another process makes a change of the same person and ends.
 * @throws AssertionError unless the timer finds what the second one left.
 */
export async function checkAskedAgain(adapt: Adapt = unchanged): Promise<void> {
  const ana = { customerId: CUSTOMER_ID, workspace: "default", email: "ana@cust-t.example" };
  const stores = memoryStores();
  await recordEvents(stores, [agreementEvent({ packages: [contactsPackage(2)] })]);
  const done = (operation: Operation, through = stores, key = operation.do) =>
    operate(accessTo(adapt(through)), operation, { at: T0, key });
  await done({ do: "invite", ...ana, roles: [] });
  await done({ do: "accept", ...ana });
  let isFirst = true;
  const people = {
    ...stores.people,
    save: async (...args: Parameters<typeof stores.people.save>) => {
      if (isFirst) {
        isFirst = false;
        const faulty = faultyStores(stores, ({ method }) =>
          method === "people.read" ? "crashBefore" : undefined,
        );
        faulty.arm();
        await operate(accessTo(faulty.stores), { do: "switchOn", ...ana }, { at: T0, key: "second" });
      }
      return stores.people.save(...args);
    },
  };
  await done({ do: "change", ...ana, patch: { roles: ["learningManager"] } }, { ...stores, people });
  assert.equal(documentsOf(stores, "followUp").length, 1);
  await runTimer(accessTo(adapt(stores)));
  checkDirectory(stores);
}

/** One answer in so many is one that the same question had before. */
const CALLS_PER_LAG = 3;

/** @throws AssertionError when stores that answer with what was take somebody's document back to an older state. */
export async function checkLagging(
  life: readonly Happening[],
  random: Random,
  adapt: Adapt = unchanged,
): Promise<void> {
  const watch = watchVersions();
  const before = new Map<string, Awaited<ReturnType<DirectoryStore["ofPerson"]>>[]>();
  await liveAlone(life, (stores) => {
    const watched = watch.adapt(stores);
    return adapt({
      ...watched,
      directory: {
        ...watched.directory,
        ofPerson: async (customerId, personId) => {
          const key = `${customerId}/${personId}`;
          const older = before.get(key) ?? [];
          const lagging = random.below(CALLS_PER_LAG) === 0 ? older[random.below(older.length)] : undefined;
          if (lagging !== undefined) return lagging;
          const facts = await stores.directory.ofPerson(customerId, personId);
          before.set(key, [...older, facts]);
          return facts;
        },
      },
    });
  });
  watch.check();
}
