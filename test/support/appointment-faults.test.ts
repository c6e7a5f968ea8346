import { describe, expect, test } from "vitest";
import {
  aroundBooking,
  type BookingStores,
  type MemoryBooking,
  memoryBooking,
} from "../fakes/memory-booking.ts";
import { seededRandom } from "../fakes/random.ts";
import {
  ADVOCATE,
  bookedSlots,
  checkAlways,
  checkAtLast,
  emptyCalendar,
  keyOf,
  later,
  type Operation,
  outcomeOf,
  perform,
  REQUESTS,
  requests,
  SLOTS,
  START_AT,
} from "./booking-world.ts";

const MINUTE_MS = 60_000;
const MINUTES_MAX = 12;

function world() {
  const stores = memoryBooking();
  for (const request of requests) stores.put(request.customerId, request);
  stores.put(ADVOCATE, emptyCalendar());
  return stores;
}

const book = (request: number, slot: number, key = `book ${request} ${slot}`): Operation => ({
  type: "book",
  request,
  slot,
  key,
});
const move = (request: number, slot: number): Operation => ({
  type: "move",
  request,
  slot,
  key: `move ${request} ${slot}`,
});
const cancel = (request: number): Operation => ({ type: "cancel", request, key: `cancel ${request}` });

/** The last operation is the one that something befalls. */
const stories: readonly { readonly name: string; readonly operations: readonly Operation[] }[] = [
  { name: "booking", operations: [book(0, 0)] },
  { name: "booking beside another one's", operations: [book(1, 1), book(0, 0)] },
  { name: "booking what is taken", operations: [book(1, 0), book(0, 0)] },
  { name: "moving", operations: [book(0, 0), move(0, 1)] },
  { name: "moving to what is taken", operations: [book(1, 1), book(0, 0), move(0, 1)] },
  { name: "moving there and back", operations: [book(0, 0), move(0, 1), move(0, 0)] },
  { name: "cancelling", operations: [book(0, 0), cancel(0)] },
  { name: "cancelling what was moved", operations: [book(0, 0), move(0, 2), cancel(0)] },
  { name: "booking again what was cancelled", operations: [book(0, 0), cancel(0), book(0, 0, "again")] },
];

/** `crash…`: the process ends there. `lost`: done, and the answer never comes. `refused`: as if others were faster. */
const faults = ["crashBefore", "crashAfter", "lost", "status503", "refused"] as const;
type Fault = (typeof faults)[number];

class Befallen extends Error {}

/** Stores whose call number `at` goes wrong; `calls` counts. */
function befallen(inner: BookingStores, at: number, fault: Fault | undefined) {
  let calls = 0;
  let isOver = false;
  const stores = aroundBooking(inner, async (method, run, refusal) => {
    if (isOver) throw new Befallen(method);
    const isHere = calls++ === at;
    if (!isHere || fault === undefined) return run();
    if (fault === "refused") return refusal ?? run();
    isOver = fault === "crashBefore" || fault === "crashAfter";
    if (fault === "crashAfter" || fault === "lost") await run();
    throw new Befallen(`${fault} at ${method}`);
  });
  return { stores, calls: () => calls };
}

async function upToLast(operations: readonly Operation[]) {
  const stores = world();
  let at = START_AT;
  for (const operation of operations.slice(0, -1)) {
    at = later(at, 1_000);
    await perform(stores, operation, at);
  }
  const last = operations.at(-1);
  if (last === undefined) throw new Error("a story without an end");
  return { stores, last, at: later(at, 1_000) };
}

const tried = async (work: Promise<void>): Promise<string | undefined> => {
  try {
    return await outcomeOf(work);
  } catch (error) {
    if (error instanceof Befallen) return "befallen";
    throw error;
  }
};

describe("whatever befalls one call of a store", () => {
  test.each(stories)("$name ends as it should once it is asked for again", async ({ operations }) => {
    const usual = await upToLast(operations);
    const counted = befallen(usual.stores, -1, undefined);
    const outcome = await tried(perform(counted.stores, usual.last, usual.at));
    const expected = await bookedSlots(usual.stores);
    await checkAtLast(usual.stores, usual.at, { operations });
    for (const fault of faults) {
      for (let call = 0; call < counted.calls(); call++) {
        const story = { operations, fault, call };
        const { stores, last, at } = await upToLast(operations);
        await tried(perform(befallen(stores, call, fault).stores, last, at));
        await checkAlways(stores, story);
        const again = await tried(perform(stores, last, later(at, 1_000)));
        expect(again, JSON.stringify(story)).toBe(outcome);
        expect(await bookedSlots(stores), JSON.stringify(story)).toEqual(expected);
        await checkAtLast(stores, later(at, 1_000), story);
      }
    }
    expect(counted.calls()).toBeGreaterThan(4);
  });

  test.each(stories)(
    "$name leaves no slot lost and none booked twice when nobody asks again",
    async ({ operations }) => {
      const usual = await upToLast(operations);
      const counted = befallen(usual.stores, -1, undefined);
      await tried(perform(counted.stores, usual.last, usual.at));
      for (const fault of faults) {
        for (let call = 0; call < counted.calls(); call++) {
          const story = { operations, fault, call };
          const { stores, last, at } = await upToLast(operations);
          await tried(perform(befallen(stores, call, fault).stores, last, at));
          for (let slot = 0; slot < SLOTS; slot++) {
            await tried(perform(stores, book(2, slot), later(at, 1_000)));
            await checkAlways(stores, story);
          }
          await checkAtLast(stores, later(at, 2_000), story);
        }
      }
    },
  );
});

async function handOver(stores: MemoryBooking, request: number, email: string): Promise<void> {
  const { customerId, number } = keyOf(request);
  const known = (await stores.requests.read({ customerId, number }))?.value;
  if (known !== undefined) stores.put(customerId, { ...known, advocate: { name: null, email } });
}

/** Lets one call of all that wait go on at a time, in an order that follows from the seed. */
function scheduler(seed: number) {
  const random = seededRandom(seed);
  const waiting: (() => void)[] = [];
  const turn = (): Promise<void> => new Promise((resolve) => void waiting.push(resolve));
  return {
    turn,
    random,
    run: async (work: readonly Promise<unknown>[]): Promise<void> => {
      let isOver = false;
      const all = Promise.allSettled(work).then((results) => {
        isOver = true;
        return results;
      });
      while (!isOver) {
        await new Promise(setImmediate);
        waiting.splice(random.below(Math.max(waiting.length, 1)), 1)[0]?.();
      }
      for (const each of await all) if (each.status === "rejected") throw each.reason;
    },
  };
}

/** People whose clocks are up to some minutes apart, so that one takes for over what another is in the midst of. */
async function crowd(stores: BookingStores, seed: number, mayFail: boolean) {
  const { turn, random, run } = scheduler(seed);
  const told: string[] = [];
  const people = Array.from({ length: 3 + random.below(4) }, (_, person) => {
    const own = aroundBooking(stores, async (method, call) => {
      await turn();
      told.push(`${person} ${method}`);
      const isLost = mayFail && random.below(25) === 0;
      if (isLost && random.below(2) === 0) throw new Befallen(method);
      const value = await call();
      await turn();
      if (isLost) throw new Befallen(method);
      return value;
    });
    return async () => {
      for (let step = 0; step < 1 + random.below(3); step++) {
        const request = random.below(REQUESTS);
        const slot = random.below(SLOTS);
        const key = `${person} ${step}`;
        const operation = random.pick<Operation>([
          book(request, slot, key),
          book(request, slot, key),
          { ...move(request, slot), key },
          { ...cancel(request), key },
        ]);
        const at = later(START_AT, random.below(MINUTES_MAX) * MINUTE_MS + step);
        told.push(`${person} ${JSON.stringify(operation)} ${at}`);
        await tried(perform(own, operation, at));
      }
    };
  });
  await run(people.map((person) => person()));
  return told;
}

describe("another advocate who takes over in the midst of a booking", () => {
  test("has the appointment, and the one so far has the time again", async () => {
    const other = "other@provider.example";
    for (const overtaken of [1, 2]) {
      const stores = world();
      stores.put(other, { ...emptyCalendar(), email: other });
      let saves = 0;
      const interrupted = aroundBooking(stores, async (method, run) => {
        const value = await run();
        if (method === "calendars.save" && ++saves === overtaken) await handOver(stores, 0, other);
        return value;
      });
      await perform(interrupted, book(0, 1), START_AT);
      const at = later(START_AT, 1_000);
      const advocate = overtaken === 1 ? other : ADVOCATE;
      for (const each of [ADVOCATE, other]) {
        const bookings = (await stores.advocateCalendars.read(each))?.value.bookings ?? [];
        expect(bookings.length, `${each} ${overtaken}`).toBe(each === advocate ? 1 : 0);
      }
      expect(await tried(perform(stores, book(1, 1), at))).toBe(overtaken === 1 ? undefined : "SlotTaken");
    }
  });
});

describe("people at the same time", () => {
  test.each([
    ["", false],
    [", some of whose calls fail", true],
  ])("whose clocks differ%s book no slot twice and lose none", async (_, mayFail) => {
    let booked = 0;
    for (let seed = 1; seed <= 1_500; seed++) {
      const stores = world();
      const told = await crowd(stores, seed, mayFail);
      await checkAtLast(stores, later(START_AT, (MINUTES_MAX + 1) * MINUTE_MS), { seed, told });
      booked += (await bookedSlots(stores)).filter((slot) => slot !== undefined).length;
    }
    expect(booked).toBeGreaterThan(1_000);
  });

  test("who want one slot: one has it, the others are told what is free", async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const stores = world();
      const { turn, run } = scheduler(seed);
      const slow = aroundBooking(stores, async (_, call) => {
        await turn();
        return call();
      });
      const outcomes: string[] = [];
      const wanting = requests.map(async (_, request) => {
        outcomes.push((await outcomeOf(perform(slow, book(request, 1), START_AT))) ?? "booked");
      });
      await run(wanting);
      expect(outcomes.toSorted(), `seed ${seed}`).toEqual(["SlotTaken", "SlotTaken", "booked"]);
      await checkAtLast(stores, START_AT, { seed });
    }
  });
});
