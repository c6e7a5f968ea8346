/** Support contacts that are switched on and off by many at the same time, with what must hold at every moment of it. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ConflictError, UnavailableError } from "../../src/platform/errors.ts";
import { agreementEvent } from "../fakes/events.ts";
import { interleavedStores } from "../fakes/interleaved-stores.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import { seededRandom } from "../fakes/random.ts";
import { checkDirectory, documentsOf } from "./checks.ts";
import { CUSTOMER_ID, T0 } from "./given.ts";
import { operate } from "./operations.ts";
import { contactsPackage } from "./random-operations.ts";
import { type Adapt, unchanged } from "./run.ts";
import { accessTo, recordEvents } from "./world.ts";

const MEMBERS = Array.from({ length: 8 }, (_, index) => `m${index}@cust-t.example`);

export const switches = fc.record({
  allowed: fc.integer({ min: 0, max: 6 }),
  shares: fc.array(
    fc.array(fc.record({ email: fc.constantFrom(...MEMBERS), isOn: fc.constantFrom(true, true, false) }), {
      minLength: 1,
      maxLength: 8,
    }),
    { minLength: 2, maxLength: 6 },
  ),
  seed: fc.integer(),
});
type Switches = typeof switches extends fc.Arbitrary<infer Value> ? Value : never;

/**
 * @returns how many were switched on.
 * @throws AssertionError when there are ever more than allowed, or the list and the members' roles ever differ.
 */
export async function checkSwitches(
  { allowed, shares, seed }: Switches,
  adapt: Adapt = unchanged,
): Promise<number> {
  const stores = memoryStores();
  const named = { supportContacts: MEMBERS.map((email) => ({ email })) };
  const amended = { id: "amended", time: "2026-02-01T00:00:00Z" };
  await recordEvents(stores, [agreementEvent({ ...named, packages: [contactsPackage(0)] })]);
  await recordEvents(stores, [agreementEvent({ ...named, packages: [contactsPackage(allowed)] }, amended)]);
  const watched = {
    ...stores,
    directory: {
      ...stores.directory,
      commit: async (...args: Parameters<typeof stores.directory.commit>) => {
        const result = await stores.directory.commit(...args);
        const holders = documentsOf(stores, "member").filter(({ roles }) => roles.includes("supportContact"));
        assert.ok(
          holders.length <= allowed,
          `${holders.length} support contacts where ${allowed} are allowed`,
        );
        return result;
      },
    },
  };
  const access = accessTo(adapt(interleavedStores(watched, seededRandom(seed))));
  const counts = await Promise.all(shares.map((share, index) => switchAll(access, share, index)));
  checkDirectory(stores);
  return counts.reduce((sum, count) => sum + count, 0);
}

async function switchAll(
  access: Parameters<typeof operate>[0],
  share: Switches["shares"][number],
  index: number,
): Promise<number> {
  let switchedOn = 0;
  for (const [turn, { email, isOn }] of share.entries()) {
    const place = { customerId: CUSTOMER_ID, workspace: "default", email };
    try {
      await operate(
        access,
        { do: isOn ? "switchOn" : "switchOff", ...place },
        { at: T0, key: `${index} ${turn}` },
      );
      switchedOn += isOn ? 1 : 0;
    } catch (error) {
      if (!(error instanceof ConflictError || error instanceof UnavailableError)) throw error;
    }
  }
  return switchedOn;
}
