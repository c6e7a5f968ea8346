import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { agreementEvent, CUSTOMER } from "../fakes/events.ts";
import { noise } from "../fakes/random.ts";
import { eventually } from "../local/service-bus-fixture.ts";
import {
  attachmentSchema,
  attachmentsPath,
  blocksOf,
  putBlock,
  putBlockList,
  sha256Of,
  uploadSchema,
} from "./support/attachment-client.ts";
import { type FaultyApi, startFaultyApi } from "./support/faulty-api.ts";
import type { Ask } from "./support/running-api.ts";
import { PEOPLE, SOME_REQUEST } from "./support/support-world.ts";

const FILES = 6;
const BLOCK_BYTES = 50_000;
const TRIES_MAX = 60;
const LIMIT_MS = 180_000;
const A_FEW_PER_CENT = {
  cosmos: "429=0.02,503=0.01,lost=0.02,refused=0.01",
  serviceBus: "503=0.01,lost=0.01,refused=0.01",
};

let api: FaultyApi;
beforeAll(async () => {
  api = await startFaultyApi({ blob: "503=0.05,lost=0.05,refused=0.05", tokens: "" });
  const contact = { name: "Zoe", email: PEOPLE.contact.email };
  await api.send([agreementEvent({ supportContacts: [contact] })]);
  await api.drained();
}, LIMIT_MS);
afterAll(() => api.stop());

/** As a client that does not give up, with the same request each time. */
async function persistently<Value>(attempt: () => Promise<Value | undefined>): Promise<Value> {
  for (let tries = 1; tries < TRIES_MAX; tries++) {
    const value = await attempt().catch(() => undefined);
    if (value !== undefined) return value;
  }
  throw new Error(`not in ${TRIES_MAX} tries`);
}

const asked = <Schema extends z.ZodType>(request: Ask, status: number, schema: Schema) =>
  persistently(async () => {
    const answer = await api.ask(PEOPLE.contact, request);
    return answer.status === status ? answer.read(schema) : undefined;
  });
const stored = (put: () => Promise<number>) =>
  persistently(async () => ((await put()) === 201 ? true : undefined));

async function attach(requestId: string, index: number) {
  const content = Buffer.from(noise(200_000, `log-${index}`).toString("hex"));
  const headers = { "repeatability-request-id": `8d0e1a0c-93d2-4a0c-a5bb-5a3a0b2f01${10 + index}` };
  const json = { name: `log-${index}.txt`, size: content.byteLength, sha256: sha256Of(content) };
  const announce = { method: "POST", path: attachmentsPath(requestId), json, headers };
  const added = await asked(announce, 201, attachmentSchema.extend({ upload: uploadSchema }));
  const blocks = blocksOf(content, BLOCK_BYTES);
  for (const [each, block] of blocks.entries()) await stored(() => putBlock(added.upload.link, each, block));
  await stored(() => putBlockList(added.upload.link, [...blocks.keys()]));
  const path = attachmentsPath(requestId, added.attachmentId, "complete");
  await asked({ method: "POST", path, json: {} }, 202, attachmentSchema);
  return { attachmentId: added.attachmentId, sha256: sha256Of(content) };
}

test("with faults in every part, what is uploaded with repeats is found clean, each once", {
  timeout: LIMIT_MS,
}, async () => {
  const open = { method: "POST", path: "supportRequests", json: { ...SOME_REQUEST, groupId: null } };
  const { requestId } = await asked(open, 201, z.looseObject({ requestId: z.string() }));
  api.setFaults(A_FEW_PER_CENT);
  const attached = [];
  for (let index = 0; index < FILES; index++) attached.push(await attach(requestId, index));
  for (const { attachmentId, sha256 } of attached) {
    const found = await eventually(async () => {
      const path = attachmentsPath(requestId, attachmentId);
      const attachment = await asked({ path }, 200, attachmentSchema);
      return attachment.state === "scanning" ? undefined : attachment;
    }, LIMIT_MS);
    expect(found).toMatchObject({ state: "clean", sha256 });
  }
  api.setFaults({});
  const listed = await api.ask(PEOPLE.contact, { path: attachmentsPath(requestId) });
  expect(listed.read(z.object({ value: z.array(z.unknown()) })).value).toHaveLength(FILES);
  const path = `supportRequests/${encodeURIComponent(requestId)}`;
  const details = await api.ask(PEOPLE.contact, { path });
  expect(details.read(z.looseObject({ attachments: z.int() })).attachments).toBe(FILES);
  expect(details.text).toContain(CUSTOMER);
  expect(api.serviceBus.counts("attachment-scans").deadLettered).toBe(0);
});
