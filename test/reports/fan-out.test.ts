import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fanOut, ReaderStoppedError } from "../../src/reports/fan-out.ts";

async function* counted(items: readonly number[], seen: number[] = []): AsyncGenerator<number> {
  for (const item of items) {
    seen.push(item);
    yield item;
  }
}

async function drain(stream: AsyncIterable<number>, pauses: readonly boolean[] = []): Promise<number[]> {
  const got: number[] = [];
  for await (const item of stream) {
    if (pauses[got.length] === true) await new Promise((resolve) => setImmediate(resolve));
    got.push(item);
  }
  return got;
}

describe("a stream for several readers", () => {
  test("gives each of them everything in order, however they pause, and reads it once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer(), { maxLength: 20 }),
        fc.array(fc.array(fc.boolean(), { maxLength: 20 }), { minLength: 1, maxLength: 4 }),
        async (items, pauses) => {
          const seen: number[] = [];
          const { streams } = fanOut(counted(items, seen), pauses.length);
          const got = await Promise.all(streams.map((stream, index) => drain(stream, pauses[index])));
          expect(got).toEqual(pauses.map(() => items));
          expect(seen).toEqual(items);
        },
      ),
    );
  });

  test("is never read further than one batch ahead of its slowest reader", async () => {
    const seen: number[] = [];
    const [fast, slow] = fanOut(counted([1, 2, 3, 4], seen), 2).streams.map((each) =>
      each[Symbol.asyncIterator](),
    );
    await fast?.next();
    const second = fast?.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual([1]);
    await slow?.next();
    await second;
    expect(seen).toEqual([1, 2]);
    await slow?.return?.();
  });

  test("ends with an error for all when one reader stops early, and when the source fails", async () => {
    const [first, second] = fanOut(counted([1, 2, 3]), 2).streams;
    if (first === undefined || second === undefined) throw new Error("two readers were asked for");
    const all = drain(second);
    for await (const item of first) if (item === 1) break;
    await expect(all).rejects.toThrow(ReaderStoppedError);

    const unread = fanOut(counted([1, 2]), 2);
    const waiting = drain(unread.streams[0] ?? counted([]));
    await unread.stop();
    await expect(waiting).rejects.toThrow(ReaderStoppedError);

    async function* failing(): AsyncGenerator<number> {
      yield 1;
      throw new Error("the store is away");
    }
    const ends = await Promise.allSettled(fanOut(failing(), 3).streams.map((stream) => drain(stream)));
    expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  });
});
