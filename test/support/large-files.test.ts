import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { ByteSource } from "../../src/support/byte-source.ts";
import { ATTACHMENT_BYTES_MAX, inspectContent } from "../../src/support/file-content.ts";
import { zipOf } from "./zip-writer.ts";

const MEGABYTE = 1_048_576;

/** A file that is never there as a whole: its first bytes, and then others again and again. It counts how it is read. */
function largeFile(head: Buffer, filling: Buffer, size: number) {
  const before = process.memoryUsage().arrayBuffers;
  const use = { bytes: 0, longest: 0, memory: 0 };
  const source: ByteSource = {
    size,
    read: async (offset, length) => {
      // As a blob does, it takes a while.
      await new Promise(setImmediate);
      use.bytes += length;
      use.longest = Math.max(use.longest, length);
      use.memory = Math.max(use.memory, process.memoryUsage().arrayBuffers - before);
      const bytes = Buffer.alloc(length);
      const copied = offset < head.byteLength ? head.copy(bytes, 0, offset) : 0;
      const start = Math.max(0, offset + copied - head.byteLength) % filling.byteLength;
      const first = filling.copy(bytes, copied, start);
      bytes.fill(filling, Math.min(length, copied + first));
      return bytes;
    },
  };
  return { source, use };
}

/** Cut to whole fillings, so that the last one is not broken. */
const whole = (filling: Buffer): number =>
  Math.floor(ATTACHMENT_BYTES_MAX / filling.byteLength) * filling.byteLength;

const line = Buffer.from("2026-11-21 \u017c\u00f3\u0142w: something happened\n".repeat(1_000));
const member = gzipSync(randomBytes(64_000).toString("base64"));
const picture = Buffer.from(
  "89504e470d0a1a0a0000000d49484452000000010000000108020000000000000005f5e1004944415400",
  "hex",
);

test.each<[string, Buffer, Buffer, number]>([
  ["a.log", line, line, whole(line)],
  ["a.png", picture, randomBytes(50_000), ATTACHMENT_BYTES_MAX],
  ["a.gz", member, member, whole(member)],
])(
  "a file of 100 MB is read once, in pieces of at most 1 MiB, and never held: %s",
  async (name, head, filling, size) => {
    const { source, use } = largeFile(head, filling, size);
    expect(await inspectContent(source, name)).toMatchObject({ outcome: "allowed" });
    expect(use.longest).toBeLessThanOrEqual(MEGABYTE);
    expect(use.bytes).toBeLessThan(size + 4 * MEGABYTE);
    expect(use.memory).toBeLessThan(size - 16 * MEGABYTE);
  },
);

test("a zip file of 95 MB is read at most twice, in pieces of at most 1 MiB, and never held", async () => {
  const noise = randomBytes(19 * MEGABYTE);
  const bytes = zipOf(
    Array.from({ length: 5 }, (_, n) => ({
      name: `${n}.etl`,
      content: Buffer.concat([Buffer.of(n), noise]),
      stored: n > 2,
    })),
  );
  const { source, use } = largeFile(bytes, bytes, bytes.byteLength);
  expect(await inspectContent(source, "traces.zip")).toMatchObject({ outcome: "allowed" });
  expect(use.longest).toBeLessThanOrEqual(MEGABYTE);
  expect(use.bytes).toBeLessThan(2 * bytes.byteLength);
  expect(use.memory).toBeLessThan(bytes.byteLength - 16 * MEGABYTE);
});
