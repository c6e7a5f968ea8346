import { CosmosClient } from "@azure/cosmos";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCosmos } from "../../local/cosmos/server.ts";
import { createCosmosResources, readResources } from "../../local/resources.ts";
import { addAttachment, newAttachmentId, removed } from "../../src/support/attachment.ts";
import { present, readAttachment } from "../../src/support/attachment-change.ts";
import { type AttachmentStore, cosmosAttachmentStore } from "../../src/support/attachment-store.ts";
import { cosmosPartStore, type PartStore } from "../../src/support/part-store.ts";
import { cosmosRequestStore, type RequestStore } from "../../src/support/request-store.ts";
import { CREATOR, CUSTOMER_ID, doingAt, someRequest } from "./some-requests.ts";

const ANNOUNCED = ["2026-03-01T10:00:00.000Z", "2026-03-01T12:00:00.000Z", "2026-03-01T11:00:00.000Z"];

let requests: RequestStore;
let parts: PartStore;
let attachments: AttachmentStore;
let close: () => Promise<void>;

beforeAll(async () => {
  const server = await startCosmos({ port: 0, ranges: 3 });
  const { cosmos } = await readResources(new URL("../../infra/resources.json", import.meta.url).pathname);
  await createCosmosResources(server, cosmos);
  const client = new CosmosClient({ endpoint: server.endpoint, key: server.key });
  const container = client.database(cosmos.database).container("customers");
  requests = cosmosRequestStore(container);
  parts = cosmosPartStore(container);
  attachments = cosmosAttachmentStore(container);
  close = async () => {
    client.dispose();
    await server.close();
  };
});
afterAll(() => close());

test("what is due is found, oldest first, whether it was removed or not, and what is settled is not", async () => {
  const request = someRequest();
  await requests.commit({
    customerId: CUSTOMER_ID,
    writes: [{ document: request, etag: undefined }],
    audit: [],
  });
  const known = { value: request, etag: "" };
  const ids: string[] = [];
  for (const at of ANNOUNCED) {
    const doing = doingAt(at, at);
    const announced = { name: "a.log", size: 5, sha256: undefined };
    const { writes = [] } = addAttachment(doing, { email: CREATOR, name: "Zoe" }, known, announced, at);
    await requests.commit({ customerId: CUSTOMER_ID, writes, audit: [] });
    ids.push(newAttachmentId(request, doing));
  }
  const [first = "", second = "", third = ""] = ids;
  const due = async (now: string, limit = 10) =>
    (await attachments.due(now, limit)).map(({ attachmentId }) => attachmentId);
  expect(await due("2026-03-02T09:59:59.999Z")).toEqual([]);
  expect(await due("2026-03-02T10:00:00.000Z")).toEqual([first]);
  expect(await due("2026-03-03T00:00:00.000Z")).toEqual([first, third, second]);
  expect(await due("2026-03-03T00:00:00.000Z", 2)).toEqual([first, third]);

  const removing = doingAt("2026-03-01T13:00:00.000Z", "removing");
  const found = present(await readAttachment({ parts }, request, second));
  const { writes: removal = [] } = removed(removing, known, found);
  await requests.commit({ customerId: CUSTOMER_ID, writes: removal, audit: [] });
  expect(await due("2026-03-01T14:00:00.000Z")).toEqual([second]);
  const left = await readAttachment({ parts }, request, second);
  if (left === undefined) throw new Error("nothing is left of it");
  const settled = [{ document: { ...left.value, lookAt: null }, etag: left.etag }];
  await requests.commit({ customerId: CUSTOMER_ID, writes: settled, audit: [] });
  expect(await due("2026-03-03T00:00:00.000Z")).toEqual([first, third]);
  expect((await attachments.due("2026-03-03T00:00:00.000Z", 1))[0]).toEqual({
    customerId: CUSTOMER_ID,
    number: request.number,
    attachmentId: first,
  });
});
