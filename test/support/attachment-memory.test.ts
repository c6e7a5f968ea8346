import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningBlob, startBlob } from "../../local/blob/server.ts";
import { type AttachmentFiles, blobAttachmentFiles } from "../../src/support/attachment-files.ts";
import { workOnAttachment } from "../../src/support/attachment-scan.ts";
import { ATTACHMENT_BYTES_MAX } from "../../src/support/file-content.ts";
import { BLOCK_BYTES, blockIdOf } from "../../src/support/upload-block.ts";
import { aroundFiles } from "../fakes/memory-attachments.ts";
import { startAttachments } from "./attachment-world.ts";
import { CUSTOMER_ID } from "./some-requests.ts";

const MEGABYTE = 1_048_576;
const LIMIT_MS = 120_000;
const LINE = "2026-11-21 10:00:00 something happened, and it is written down here\n";

let blob: RunningBlob;
let files: AttachmentFiles;
beforeAll(async () => {
  blob = await startBlob({ port: 0 });
  const service = BlobServiceClient.fromConnectionString(blob.connectionString);
  await Promise.all(["uploads", "files"].map((name) => service.createContainer(name)));
  files = blobAttachmentFiles(service, { uploads: "uploads", files: "files" });
});
afterAll(() => blob.close());

test("a file of 100 MiB is looked into and kept without ever being held", { timeout: LIMIT_MS }, async () => {
  const world = startAttachments(async (content) => {
    let bytes = 0;
    for await (const piece of content) bytes += piece.byteLength;
    return bytes === ATTACHMENT_BYTES_MAX
      ? { verdict: "clean" }
      : { verdict: "notScanned", reason: "failed" };
  });
  const size = { byteLength: ATTACHMENT_BYTES_MAX };
  const id = await world.announce(world.access, "announcing", "large.log", size);
  const link = await files.writeLink(id, new Date(Date.now() + LIMIT_MS));
  const block = Buffer.alloc(BLOCK_BYTES, LINE);
  const blockIds = Array.from({ length: ATTACHMENT_BYTES_MAX / BLOCK_BYTES }, (_, index) => blockIdOf(index));
  const put = async (query: string, body: Buffer | string): Promise<void> => {
    const { status } = await fetch(`${link}${query}`, { method: "PUT", body });
    expect(status).toBe(201);
  };
  for (const each of blockIds) await put(`&comp=block&blockid=${encodeURIComponent(each)}`, block);
  const list = blockIds.map((each) => `<Latest>${each}</Latest>`).join("");
  await put("&comp=blocklist", `<BlockList>${list}</BlockList>`);

  const before = process.memoryUsage().arrayBuffers;
  const use = { peak: 0, longest: 0 };
  const measured = aroundFiles(files, async (_method, run) => {
    const value = await run();
    if (value instanceof Uint8Array) use.longest = Math.max(use.longest, value.byteLength);
    use.peak = Math.max(use.peak, process.memoryUsage().arrayBuffers - before);
    return value;
  });
  const access = { ...world.access, attachmentFiles: measured };
  await world.complete(access, id);
  const job = { customerId: CUSTOMER_ID, number: world.request.number, attachmentId: id };
  const startedMs = performance.now();
  expect(await workOnAttachment(access, job)).toEqual({ outcome: "clean" });
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  console.log(`100 MiB in ${seconds} s, ${(use.peak / MEGABYTE).toFixed(0)} MiB at most, garbage included`);
  expect(use.longest).toBeLessThanOrEqual(BLOCK_BYTES);
  // Most of it is garbage that was not collected yet.
  expect(use.peak).toBeLessThan(ATTACHMENT_BYTES_MAX - 16 * MEGABYTE);
  expect(await files.arrived(id)).toBeUndefined();
});
