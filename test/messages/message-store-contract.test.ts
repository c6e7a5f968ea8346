import { randomUUID } from "node:crypto";
import { CosmosClient } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCosmos } from "../../local/cosmos/server.ts";
import { createCosmosResources, readResources } from "../../local/resources.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { afterAttempt, type Message, taken } from "../../src/messages/message.ts";
import { cosmosMessageStore, type MessageStore } from "../../src/messages/message-store.ts";
import { memoryMessageStore } from "../fakes/memory-messages.ts";
import { later, START, someMessage } from "./some-messages.ts";

type Opened = {
  readonly store: MessageStore;
  readonly put: (message: Message) => Promise<void>;
  /** What a store of another kind keeps in the same place. */
  readonly putOther: (document: { readonly id: string; readonly customerId: string }) => Promise<void>;
};

const RESOURCES = new URL("../../infra/resources.json", import.meta.url);
const running = new AsyncDisposableStack();
let connection: { readonly endpoint: string; readonly key: string };

beforeAll(async () => {
  const server = await startCosmos({ port: 0, ranges: 3 });
  running.defer(() => server.close());
  connection = server;
});
afterAll(() => running.disposeAsync());

async function openStandIn(): Promise<Opened> {
  const { cosmos } = await readResources(RESOURCES.pathname);
  const database = `messages-${randomUUID()}`;
  await createCosmosResources(connection, { ...cosmos, database });
  const client = new CosmosClient(connection);
  running.defer(() => client.dispose());
  const container = client.database(database).container("customers");
  const create = async (document: { readonly id: string }): Promise<void> => {
    await container.items.create(document);
  };
  return { store: cosmosMessageStore(container), put: create, putOther: create };
}

async function openMemory(): Promise<Opened> {
  const store = memoryMessageStore();
  return { store, put: store.put, putOther: async () => undefined };
}

const targets = [
  { name: "memory", open: openMemory },
  { name: "the Cosmos DB stand-in, 3 physical partitions", open: openStandIn },
];

describe.each(targets)("the promises of the message store, kept by $name", ({ open }) => {
  const messageOf = (customer: string, id: string, createdAt = START): Message =>
    someMessage({ customerId: customerIdSchema.parse(customer), id }, createdAt);

  it("gives back what was written, and nothing of what was not", async () => {
    const { store, put } = await open();
    const message = messageOf("cust ñ%20'\"+&地", "message~inv ñ%20'\"+&地");
    expect(await store.read(message.customerId, message.id)).toBeUndefined();
    await put(message);
    expect((await store.read(message.customerId, message.id))?.value).toEqual(message);
    expect(await store.read(customerIdSchema.parse("cust-other"), message.id)).toBeUndefined();
  });

  it("saves a message only over the version that was read", async () => {
    const { store, put } = await open();
    const message = someMessage();
    await put(message);
    const read = await store.read(message.customerId, message.id);
    expect(await store.save(taken(message, START), read?.etag ?? "")).toBe(true);
    expect(await store.save(afterAttempt(message, { outcome: "sent" }, START), read?.etag ?? "")).toBe(false);
    const second = await store.read(message.customerId, message.id);
    expect(second?.value).toEqual(taken(message, START));
    expect(second?.etag).not.toBe(read?.etag);
    const sent = afterAttempt(message, { outcome: "sent" }, START);
    expect(await store.save(sent, second?.etag ?? "")).toBe(true);
    expect((await store.read(message.customerId, message.id))?.value).toEqual(sent);
  });

  it("finds what is due, of all customers, longest waiting first, at most as many as asked for", async () => {
    const { store, put, putOther } = await open();
    const seconds = [5, 3, 8, 1, 9, 2, 7, 0, 6, 4];
    for (const second of seconds)
      await put(messageOf(`cust-${second % 4}`, `m${second}`, later(START, second * 1_000)));
    await put(taken(someMessage({ id: "taken" }), START));
    await put(afterAttempt(someMessage({ id: "sent" }), { outcome: "sent" }, START));
    await put(afterAttempt(someMessage({ id: "failed" }), { outcome: "refused", reason: "550" }, START));
    await putOther({ id: "customer", customerId: "cust-1" });
    const due = async (second: number, limit: number) =>
      (await store.due(later(START, second * 1_000), limit)).map(({ messageId }) => messageId);
    expect(await due(6, 100)).toEqual(["m0", "m1", "m2", "m3", "m4", "m5", "m6"]);
    expect(await due(6, 3)).toEqual(["m0", "m1", "m2"]);
    expect(await due(-1, 100)).toEqual([]);
    expect(await store.due(START, 100)).toEqual([{ customerId: "cust-0", messageId: "m0" }]);
  });
});
