import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import * as z from "zod";
import type { ByteSource } from "../../src/support/byte-source.ts";
import { ATTACHMENT_BYTES_MAX, inspectContent } from "../../src/support/file-content.ts";
import { noise } from "../fakes/random.ts";
import { zipOf } from "./zip-writer.ts";

const MEGABYTE = 1_048_576;
/** What is held is what a collection leaves: without one, what was read and forgotten counts too. */
const MEASURED_EACH = 16 * MEGABYTE;
/** Pieces on their way, and what a collection does not reach at once. */
const HELD_MAX = 24 * MEGABYTE;

setFlagsFromString("--expose-gc");
const gc = z.function().parse(runInNewContext("gc"));

function bytesHeld(): number {
  gc();
  // Memory of buffers is given back beside the program after a collection; the next one waits for that.
  gc();
  return process.memoryUsage().arrayBuffers;
}

/** A file that is never there as a whole: its first bytes, and then others again and again. It counts how it is read. */
function largeFile(head: Buffer, filling: Buffer, size: number) {
  const before = bytesHeld();
  const use = { bytes: 0, longest: 0, held: 0, measurements: 0 };
  let measuredAt = 0;
  const source: ByteSource = {
    size,
    read: async (offset, length) => {
      // As a blob does, it takes a while.
      await new Promise(setImmediate);
      use.bytes += length;
      use.longest = Math.max(use.longest, length);
      if (use.bytes - measuredAt >= MEASURED_EACH) {
        measuredAt = use.bytes;
        use.measurements++;
        use.held = Math.max(use.held, bytesHeld() - before);
      }
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
const member = gzipSync(noise(64_000).toString("base64"));
const picture = Buffer.from(
  "89504e470d0a1a0a0000000d49484452000000010000000108020000000000000005f5e1004944415400",
  "hex",
);

// An archive is read for what is in it, and once more for what its own fields say.
test.each<[string, number, Buffer, Buffer, number]>([
  ["a.log", 1, line, line, whole(line)],
  ["a.png", 1, picture, noise(50_000), ATTACHMENT_BYTES_MAX],
  ["a.gz", 2, member, member, whole(member)],
])(
  "a file of 100 MB, %s, is read %i times at most, in pieces of at most 1 MiB, and never held",
  async (name, times, head, filling, size) => {
    const { source, use } = largeFile(head, filling, size);
    expect(await inspectContent(source, name)).toMatchObject({ outcome: "allowed" });
    expect(use.longest).toBeLessThanOrEqual(MEGABYTE);
    expect(use.bytes).toBeLessThan(times * size + 4 * MEGABYTE);
    expect(use.measurements).toBeGreaterThan(4);
    expect(use.held).toBeLessThan(HELD_MAX);
  },
);

test("a zip file of 95 MB is read at most three times, in pieces of at most 1 MiB, and never held", async () => {
  const trace = noise(19 * MEGABYTE);
  const bytes = zipOf(
    Array.from({ length: 5 }, (_, n) => ({
      name: `${n}.etl`,
      content: Buffer.concat([Buffer.of(n), trace]),
      stored: n > 2,
    })),
  );
  const { source, use } = largeFile(bytes, bytes, bytes.byteLength);
  expect(await inspectContent(source, "traces.zip")).toMatchObject({ outcome: "allowed" });
  expect(use.longest).toBeLessThanOrEqual(MEGABYTE);
  expect(use.bytes).toBeLessThan(3 * bytes.byteLength);
  expect(use.held).toBeLessThan(HELD_MAX);
});
