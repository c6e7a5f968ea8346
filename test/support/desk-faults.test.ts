import assert from "node:assert/strict";
import { describe, expect, it } from "vitest";
import { type Around, aroundStores } from "../fakes/around-stores.ts";
import { communicatedEvent, upsertedEvent } from "../fakes/events.ts";
import {
  type CallFault,
  callFaults,
  type FaultPlan,
  faultyCalls,
  writeFaults,
} from "../fakes/faulty-stores.ts";
import { interleavedCalls } from "../fakes/interleaved-stores.ts";
import { aroundRequests } from "../fakes/memory-requests.ts";
import { seededRandom } from "../fakes/random.ts";
import {
  type DeskWorld,
  deliver,
  KEY,
  openHere,
  recorderOf,
  rolesOf,
  startDesk,
  stateOf,
} from "./desk-world.ts";

const advocate = { name: "Nora", email: "nora@provider.example" };
const later = { time: "2026-03-02T10:00:00Z" };

const scenarios = [
  { name: "a request comes about", batches: [[upsertedEvent("u1", { advocate })]] },
  {
    name: "e-mail comes before its request",
    batches: [
      [communicatedEvent("c1"), communicatedEvent("c2", { direction: "inbound" })],
      [communicatedEvent("c3", { sentAt: "2026-03-01T12:00:00Z" }), upsertedEvent("u1")],
    ],
  },
  {
    name: "a request changes, is answered, and all is repeated",
    batches: [
      [upsertedEvent("u1"), communicatedEvent("c1")],
      [
        upsertedEvent("u2", { status: "closed", advocate }, later),
        communicatedEvent("c1"),
        upsertedEvent("u1"),
      ],
    ],
  },
  {
    name: "an event has the id of another one",
    batches: [[upsertedEvent("u1"), communicatedEvent("c1"), upsertedEvent("c1"), communicatedEvent("u1")]],
  },
] as const;

/** The same world behind stores with `around` about each call. */
const recorderBehind = ({ stores, kept }: DeskWorld, around: Around) =>
  recorderOf({ stores: aroundStores(stores, around), kept: aroundRequests(kept, around) });

async function endOf(batches: readonly (readonly string[])[], plan: FaultPlan, isOpenedHere: boolean) {
  const world = await startDesk();
  if (isOpenedHere) await openHere(world);
  const faulty = faultyCalls(plan);
  faulty.arm();
  await deliver(batches, (crashes) =>
    crashes === 0 ? recorderBehind(world, faulty.around) : recorderOf(world),
  );
  const state = JSON.stringify([JSON.parse(stateOf(world)), rolesOf(world.stores)]);
  return { state, calls: faulty.calls() };
}

describe("faults at every call", () => {
  it.each(scenarios)("record each event exactly once: $name", async ({ name, batches }) => {
    let pairs = 0;
    for (const isOpenedHere of [false, true]) {
      const clean = await endOf(batches, () => undefined, isOpenedHere);
      for (const [index, { method, canBeRefused }] of clean.calls.entries()) {
        const faults: readonly CallFault[] = canBeRefused ? [...callFaults, ...writeFaults] : callFaults;
        for (const fault of faults) {
          const { state } = await endOf(
            batches,
            (call) => (call.index === index ? fault : undefined),
            isOpenedHere,
          );
          assert.deepEqual(
            JSON.parse(state),
            JSON.parse(clean.state),
            `${name}: ${fault} at ${index} (${method})`,
          );
          pairs += 1;
        }
      }
    }
    console.log(`${name}: ${pairs} pairs of call and fault`);
    expect(pairs).toBeGreaterThan(50);
  });

  it("record an event once that the store wrote and then took for a repeat of itself", async () => {
    const world = await startDesk();
    const { requests } = world.kept;
    let commits = 0;
    const recorder = recorderOf(world, {
      ...world.kept,
      requests: {
        ...requests,
        commit: async (change) => {
          commits += 1;
          const result = await requests.commit(change);
          return commits === 1 ? { outcome: "repeated" } : result;
        },
      },
    });
    expect(await recorder.record([upsertedEvent("u1")])).toEqual([{ status: "recorded" }]);
    expect(world.kept.request(KEY)?.revision).toBe(1);
  });
});

describe("recorders at the same time", () => {
  const events = [
    ...[1, 2, 3, 4, 5].map((day) =>
      upsertedEvent(`u${day}`, { title: `Day ${day}`, advocate }, { time: `2026-03-0${day}T10:00:00Z` }),
    ),
    ...[1, 2, 3, 4, 5].map((day) => communicatedEvent(`c${day}`, { sentAt: `2026-03-0${day}T11:00:00Z` })),
    communicatedEvent("c6", { direction: "inbound" }),
  ];

  it("leave what one after another would, of overlapping batches, e-mail before its request among them", async () => {
    const alone = await startDesk();
    await recorderOf(alone).record(events);
    for (let seed = 1; seed <= 150; seed++) {
      const world = await startDesk();
      const random = seededRandom(seed);
      const recorders = [1, 2, 3].map(async () => {
        const mine = random.shuffled(events).map((body) => [body]);
        await deliver(mine, () => recorderBehind(world, interleavedCalls(random)));
      });
      await Promise.all(recorders);
      assert.deepEqual(JSON.parse(stateOf(world)), JSON.parse(stateOf(alone)), `seed ${seed}`);
      expect(rolesOf(world.stores)).toEqual(["nora@provider.example: advocate active 1"]);
    }
    expect(alone.kept.request(KEY)).toMatchObject({ title: "Day 5", revision: 10 });
  });

  it("record one of two events with one id, and refuse the other, whichever is first", async () => {
    const pairs = [
      [upsertedEvent("x", { title: "One" }), upsertedEvent("x", { title: "Two" })],
      [upsertedEvent("x"), communicatedEvent("x")],
      [upsertedEvent("x"), upsertedEvent("x", { number: "INC0000002" })],
      [communicatedEvent("x"), communicatedEvent("x", { number: "INC0000002" })],
    ] as const;
    for (const pair of pairs) {
      for (let seed = 1; seed <= 40; seed++) {
        const world = await startDesk();
        const random = seededRandom(seed);
        const outcomes = await Promise.all(
          pair.map((body) => recorderBehind(world, interleavedCalls(random)).record([body])),
        );
        const statuses = outcomes.flat().map(({ status }) => status);
        expect(statuses.toSorted(), `seed ${seed}`).toEqual(["recorded", "rejected"]);
        expect(world.kept.facts()).toHaveLength(1);
        expect(world.stores.rejected()).toMatchObject([{ reason: { code: "conflictingContent" } }]);
      }
    }
  });
});
