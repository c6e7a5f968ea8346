import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../local/service-bus-fixture.ts";
import { type FakeClamd, startFakeClamd } from "../platform/fake-clamd.ts";
import { type AttachmentClient, attachmentClient } from "./support/attachment-client.ts";
import { PEOPLE, type SupportWorld, startSupportWorld } from "./support/support-world.ts";

const LOG = Buffer.from("2026-03-02 error 0x80070020\n");

let clamd: FakeClamd;
let world: SupportWorld;
let client: AttachmentClient;
beforeAll(async () => {
  clamd = await startFakeClamd();
  world = await startSupportWorld({ given: { SCANNER: clamd.setting } });
  const { requestId } = await world.open();
  client = attachmentClient(world.api, PEOPLE.contact, requestId);
});
afterAll(async () => {
  await world.api.stack.stop();
  await clamd[Symbol.asyncDispose]();
});

test("the scanner that the settings name is given every byte, and asked before a file can be downloaded", async () => {
  clamd.behave({ answer: () => "stream: OK\0" });
  const attached = await client.attachSmall("backup.log", LOG);
  expect(attached).toMatchObject({ state: "clean", scan: "clean" });
  expect(clamd.received.map((content) => content.toString())).toEqual([LOG.toString()]);
});

test("what it finds is refused", async () => {
  clamd.behave({ answer: () => "stream: Some.Virus FOUND\0" });
  const { refusal, attachmentId } = await client.attachSmall("backup.log", LOG);
  expect(refusal?.code).toBe("malware");
  expect((await client.download(attachmentId)).status).toBe(409);
});

test("while it is out of reach a file waits, and cannot be downloaded", async () => {
  clamd.behave({ cutsAfterBytes: 0 });
  const { attachmentId } = await client.announce("backup.log", LOG);
  expect((await client.putContent(attachmentId, LOG)).status).toBe(202);
  await eventually(() =>
    world.api.logs.some(({ message }) => message.includes(attachmentId) && message.includes("scanAgain"))
      ? true
      : undefined,
  );
  expect(await client.get(attachmentId)).toMatchObject({ state: "scanning", contentLink: null });
  expect((await client.download(attachmentId)).status).toBe(409);
  clamd.behave({ answer: () => "stream: OK\0" });
  // Completed again, as by a client that has no answer, it is looked at again at once.
  expect((await client.complete(attachmentId)).status).toBe(202);
  expect(await client.decided(attachmentId)).toMatchObject({ state: "clean", scan: "clean" });
});
