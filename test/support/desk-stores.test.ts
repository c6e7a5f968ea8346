import { randomUUID } from "node:crypto";
import { CosmosClient } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCosmos } from "../../local/cosmos/server.ts";
import { createCosmosResources, readResources } from "../../local/resources.ts";
import { canonicalJson } from "../../src/consumption/entry.ts";
import { COMMUNICATION_KIND, communicationSchema } from "../../src/support/communication.ts";
import { cosmosPartStore } from "../../src/support/part-store.ts";
import { cosmosRequestEventStore } from "../../src/support/request-event-store.ts";
import { cosmosRequestStore } from "../../src/support/request-store.ts";
import { communicatedEvent, upsertedEvent } from "../fakes/events.ts";
import type { RequestStores } from "../fakes/memory-requests.ts";
import { seededRandom } from "../fakes/random.ts";
import { type DeskWorld, deliver, KEY, openHere, recorderOf, startDesk } from "./desk-world.ts";

type Target = { readonly stores: RequestStores; readonly communications: () => Promise<readonly unknown[]> };

let server: Awaited<ReturnType<typeof startCosmos>>;
let client: CosmosClient;
beforeAll(async () => {
  server = await startCosmos({ port: 0, ranges: 1 });
  client = new CosmosClient(server);
});
afterAll(async () => {
  client.dispose();
  await server.close();
});

/** A database of its own with the containers of production. */
async function openTarget(): Promise<Target> {
  const { cosmos } = await readResources(new URL("../../infra/resources.json", import.meta.url).pathname);
  const database = `desk-${randomUUID()}`;
  await createCosmosResources(server, { ...cosmos, database });
  const container = client.database(database).container("customers");
  const parts = cosmosPartStore(container);
  return {
    stores: { requests: cosmosRequestStore(container), events: cosmosRequestEventStore(container) },
    communications: async () => {
      const page = { kinds: [COMMUNICATION_KIND], after: undefined, limit: 100 };
      return (await parts.page(KEY, page, communicationSchema)).map(({ value }) => value);
    },
  };
}

const events = [
  ...[1, 2, 3].map((day) =>
    upsertedEvent(`u${day}`, { title: `Day ${day}` }, { time: `2026-03-0${day}T10:00:00Z` }),
  ),
  ...[1, 2, 3].map((day) => communicatedEvent(`c${day}`, { sentAt: `2026-03-0${day}T11:00:00Z` })),
  communicatedEvent("c4", { direction: "inbound", sentAt: "2026-03-04T11:00:00Z" }),
];

const stateOf = async ({ stores, communications }: Target): Promise<string> =>
  canonicalJson([(await stores.requests.readPlace(KEY))?.value, await communications()]);

/** What the stores in memory, which the other tests run on, have of the same events. */
async function expectedState(isOpenedHere: boolean): Promise<string> {
  const world = await startDesk();
  if (isOpenedHere) await openHere(world);
  await recorderOf(world).record(events);
  const newestFirst = world.kept.communications().toSorted((left, right) => (left.at < right.at ? 1 : -1));
  return canonicalJson([world.kept.request(KEY), newestFirst]);
}

/** The customer is known in memory, its requests are in the store. */
const worldOn = ({ stores }: Target, { stores: base }: DeskWorld) => ({ stores: base, kept: stores });

describe("the Cosmos DB stand-in", () => {
  it("ends in the same request as memory, whatever the order", async () => {
    for (const isOpenedHere of [false, true]) {
      const expected = await expectedState(isOpenedHere);
      for (let seed = 1; seed <= 10; seed++) {
        const target = await openTarget();
        const world = worldOn(target, await startDesk());
        if (isOpenedHere) await openHere(world);
        for (const body of seededRandom(seed).shuffled([...events, ...events.slice(0, 3)]))
          await recorderOf(world).record([body]);
        expect(await stateOf(target), `seed ${seed}`).toBe(expected);
      }
    }
  });

  it("and of four recorders at the same time, each with all of the events", async () => {
    const expected = await expectedState(false);
    for (let seed = 1; seed <= 10; seed++) {
      const target = await openTarget();
      const world = worldOn(target, await startDesk());
      const random = seededRandom(seed);
      const shares = [1, 2, 3, 4].map(() => random.shuffled(events).map((body) => [body]));
      await Promise.all(shares.map((share) => deliver(share, () => recorderOf(world))));
      expect(await stateOf(target), `seed ${seed}`).toBe(expected);
    }
  });

  it("finds recorded events by one read or one query, and none that were not", async () => {
    const target = await openTarget();
    const world = worldOn(target, await startDesk());
    await recorderOf(world).record(events);
    const memory = await startDesk();
    await recorderOf(memory).record(events);
    const ids = memory.kept.facts().map(({ id }) => id.slice("requestEvent~".length));
    const byId = (left: { id: string }, right: { id: string }): number => (left.id < right.id ? -1 : 1);
    const find = async ({ events: store }: RequestStores, wanted: readonly string[]) =>
      (await store.find(KEY.customerId, wanted)).toSorted(byId);
    for (const wanted of [[], ids.slice(0, 1), [...ids, "A".repeat(22)], ["A".repeat(22)]])
      expect(await find(target.stores, wanted)).toEqual(await find(memory.kept, wanted));
  });
});
