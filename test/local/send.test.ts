import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type EventLine, toBatches } from "../../local/send/batches.ts";
import { createEventsClient } from "../../local/send/client.ts";
import { readLines } from "../../local/send/lines.ts";
import { sendEvents } from "../../local/send/send-events.ts";
import { CannotSendError } from "../../local/send/sender.ts";
import { newTally, summarize } from "../../local/send/tally.ts";
import { type FakeIngest, startFakeIngest } from "./support/fake-ingest.ts";

const fakes: FakeIngest[] = [];

afterEach(async () => {
  await Promise.all(fakes.splice(0).map((fake) => fake.close()));
});

async function fake(behaviour?: Parameters<typeof startFakeIngest>[0]): Promise<FakeIngest> {
  const started = await startFakeIngest(behaviour);
  fakes.push(started);
  return started;
}

function delivery(id: string, more: object = {}): string {
  const type = "support.delivery.recorded.v1";
  return JSON.stringify({
    specversion: "1.0",
    id,
    source: "/desk",
    type,
    data: { customerId: "c" },
    ...more,
  });
}

function agreement(id: string, customerId = "c"): string {
  return delivery(id, { type: "support.agreement.activated.v1", data: { customerId } });
}

function deliveries(count: number, prefix = "d"): string[] {
  return Array.from({ length: count }, (_, index) => delivery(`${prefix}${index}`));
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function sending(
  to: FakeIngest,
  lines: readonly string[],
  options: { signal?: AbortSignal; patienceMs?: number } = {},
) {
  const { signal = new AbortController().signal, patienceMs } = options;
  const tally = newTally();
  let tokens = 0;
  const token = async (fresh: boolean) => {
    if (fresh || tokens === 0) tokens += 1;
    return `token-${tokens}`;
  };
  const client = createEventsClient({ apiUrl: to.url, token, signal, firstWaitMs: 1 });
  const done = sendEvents({ chunks: bytesOf(lines.join("\n")), client, tally, signal, patienceMs });
  return { tally, done };
}

async function send(to: FakeIngest, lines: readonly string[]) {
  const { tally, done } = sending(to, lines);
  await done;
  return tally;
}

describe("sending events", () => {
  test("posts every event once, in batches of at most 99, and counts what was recorded", async () => {
    const service = await fake({ pendingPolls: 1 });
    const tally = await send(service, deliveries(250));
    expect(service.batches.map(({ length }) => length)).toEqual([99, 99, 52]);
    expect(new Set(service.batches.flat()).size).toBe(250);
    expect(tally).toMatchObject({ posted: 250, recorded: 250, repeated: 0, rejected: 0, pending: 0 });
  });

  test("has at most two requests in flight", async () => {
    const service = await fake();
    await send(service, deliveries(1_000));
    expect(service.maxInFlight()).toBeLessThanOrEqual(2);
  });

  test("counts as repeated what was recorded before, so that a run can be repeated as a whole", async () => {
    const service = await fake();
    const lines = [agreement("a"), ...deliveries(120)];
    await send(service, lines);
    expect(await send(service, lines)).toMatchObject({ recorded: 0, repeated: 121, rejected: 0 });
  });

  test("settles an agreement before anything that follows it is sent", async () => {
    const service = await fake({ pendingPolls: 3 });
    const lines = [
      ...deliveries(3, "x"),
      agreement("a1"),
      agreement("a2"),
      agreement("b", "other"),
      ...deliveries(3),
    ];
    await send(service, lines);
    const agreements = service.batches.filter((batch) => batch.some((id) => /^[ab]/.test(id)));
    expect(agreements).toEqual([["a1"], ["a2", "b"]]);
    const order = service.batches.map((batch) => batch[0]);
    expect(order.indexOf("a2")).toBeGreaterThan(order.indexOf("a1"));
    expect(order.indexOf("d0")).toBeGreaterThan(order.indexOf("a2"));
  });

  test("sends nothing after an agreement while that one is pending", async () => {
    const service = await fake({ pendingPolls: 2 });
    await send(service, [agreement("a"), ...deliveries(5)]);
    expect(service.settledBefore).toEqual([true, true]);
  });

  test("stops when an agreement stays pending, and says that a new run goes on", async () => {
    const service = await fake({ pendingPolls: Number.POSITIVE_INFINITY });
    const { tally, done } = sending(service, [agreement("a"), ...deliveries(5)], { patienceMs: 30 });
    await expect(done).rejects.toThrow(/Run again/);
    expect(service.batches).toEqual([["a"]]);
    expect(tally).toMatchObject({ posted: 1, pending: 1 });
  });

  test("gets through busy answers and cut connections without losing or doubling an event", async () => {
    const service = await fake({
      instead: (index) => {
        if (index % 5 === 0) return { status: 503 };
        if (index % 5 === 1) return { status: 429, headers: { "retry-after": "0" } };
        return index % 5 === 3 ? "cut" : undefined;
      },
    });
    const tally = await send(service, [agreement("a"), ...deliveries(300)]);
    expect(tally).toMatchObject({ posted: 301, recorded: 301, pending: 0 });
  });

  test("waits as long as Retry-After says", async () => {
    const service = await fake({
      instead: (index) => (index === 0 ? { status: 503, headers: { "retry-after": "1" } } : undefined),
    });
    const startedAt = performance.now();
    await send(service, deliveries(1));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990);
  });

  test("asks for another token once when the service refuses the first", async () => {
    const service = await fake({
      instead: (_, { headers }) => (headers.authorization === "Bearer token-1" ? { status: 401 } : undefined),
    });
    expect(await send(service, deliveries(2))).toMatchObject({ recorded: 2 });
    expect([...service.tokens]).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  test("stops when the service keeps refusing the token", async () => {
    const service = await fake({ instead: () => ({ status: 401 }) });
    const sent = send(service, deliveries(2));
    await expect(sent).rejects.toThrow(CannotSendError);
    await expect(sent).rejects.toThrow(/needs the role Events.Send/);
  });

  test("says that nothing answers, at once, when nothing ever did", async () => {
    const service = await fake();
    await service.close();
    fakes.pop();
    await expect(send(service, deliveries(2))).rejects.toThrow(/Nothing answers at/);
  });

  test("reports lines that are no event by number and sends the others", async () => {
    const service = await fake();
    const tally = await send(service, [delivery("a"), "{ not json", "", "42", delivery("b")]);
    expect(tally).toMatchObject({ posted: 2, recorded: 2, rejected: 2 });
    expect(tally.reasons.get("LineNotJson")?.examples).toMatchObject([{ line: 2 }]);
    expect(tally.reasons.get("LineNotAnEvent")?.examples).toMatchObject([{ line: 4 }]);
  });

  test("groups what was rejected, at once or later, by reason with three examples of line and id", async () => {
    const service = await fake({
      rejects: ({ id }) => (id.startsWith("now") ? "now" : id.startsWith("later") ? "later" : undefined),
    });
    const tally = await send(service, [...deliveries(5, "now"), delivery("good"), ...deliveries(1, "later")]);
    expect(tally).toMatchObject({ posted: 7, recorded: 1, rejected: 6, pending: 0 });
    const summary = summarize(tally, 1.23);
    expect(summary).toContain("accepted 1, repeated 0, rejected 6 in 1.2 s");
    expect(summary).toContain("BadEvent: 5");
    expect(summary).toContain("line 3, id now2: no now2");
    expect(summary).not.toContain("now3");
    expect(summary).toContain("line 7, id later0: no such customer");
  });

  test("rejects the one event that spoils its request, with the reason, and not its neighbours", async () => {
    const service = await fake({ pendingPolls: 1, spoils: ({ id }) => id === "a2" || id === "d120" });
    const lines = [agreement("a1"), agreement("a2", "other"), ...deliveries(150)];
    const tally = await send(service, lines);
    expect(tally).toMatchObject({ posted: 152, recorded: 150, rejected: 2, pending: 0 });
    expect(tally.reasons.get("InvalidRequestBody")?.examples).toEqual([
      { line: 2, id: "a2", message: "not readable: a2" },
      { line: 123, id: "d120", message: "not readable: d120" },
    ]);
    expect(new Set(service.batches.flat()).size).toBe(150);
  });

  test("takes a refused batch as rejected and goes on with the next", async () => {
    const service = await fake({ instead: (index) => (index === 0 ? { status: 413 } : undefined) });
    const tally = await send(service, [agreement("a"), ...deliveries(3)]);
    expect(tally).toMatchObject({ posted: 4, recorded: 3, rejected: 1 });
    expect([...tally.reasons.keys()]).toEqual(["Status413"]);
  });

  test("ends when it is told to, and what was counted until then is right", async () => {
    const interrupt = new AbortController();
    const service = await fake({
      instead: (index) => {
        if (index === 5) interrupt.abort();
        return undefined;
      },
    });
    const { tally, done } = sending(service, deliveries(2_000), { signal: interrupt.signal });
    await expect(done).rejects.toThrow();
    expect(tally.posted).toBeGreaterThan(0);
    expect(tally.posted).toBeLessThan(2_000);
    expect(tally.posted).toBe(tally.pending + tally.recorded + tally.repeated + tally.rejected);
  });

  test("posts the text of a line as it is, numbers beyond the exact ones included", async () => {
    const bodies: string[] = [];
    const line = '{"id":"a","source":"/s","type":"t","data":{"quantity":12345678901234567890}}';
    const [batch] = await collect(toBatches(eventsOf([line]), { events: 9, bytes: 900 }));
    for (const { text } of batch?.events ?? []) bodies.push(text);
    expect(bodies).toEqual([line]);
  });
});

async function* eventsOf(texts: readonly string[]): AsyncGenerator<EventLine> {
  for (const [index, text] of texts.entries()) {
    yield {
      line: index + 1,
      id: String(index),
      text,
      bytes: Buffer.byteLength(text),
      agreementOf: undefined,
    };
  }
}

describe("reading lines", () => {
  const content = fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\r\n]/g, "").trim()));

  test("gives the same lines however the bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 7 }), async (lines, size) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        async function* chunks() {
          for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
        }
        const read = await collect(readLines(chunks(), 10_000));
        const texts = read.map((line) => (line.kind === "text" ? line.text : line.code));
        expect(texts).toEqual(lines.map((line) => line.replace("\uFEFF", "").trim()));
        expect(read.map(({ number }) => number)).toEqual(lines.map((_, index) => index + 1));
      }),
    );
  });

  test("gives a line that is too long, or is not UTF-8, as such and the next one whole", async () => {
    async function* chunks() {
      yield Buffer.from("12345");
      yield Buffer.from("678901\nok\n");
      yield Buffer.from([0xff, 0x0a]);
      yield Buffer.from("end");
    }
    expect(await collect(readLines(chunks(), 10))).toEqual([
      { kind: "bad", number: 1, code: "LineTooLong" },
      { kind: "text", number: 2, text: "ok" },
      { kind: "bad", number: 3, code: "LineNotUtf8" },
      { kind: "text", number: 4, text: "end" },
    ]);
  });
});

describe("making batches", () => {
  const event = fc.record({
    bytes: fc.integer({ min: 1, max: 60 }),
    agreementOf: fc.option(fc.constantFrom("a", "b", "c"), { nil: undefined }),
  });

  test("keeps the order and the limits, and agreements apart from the rest and from their like", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event), async (shapes) => {
        async function* events(): AsyncGenerator<EventLine> {
          for (const [line, shape] of shapes.entries()) yield { line, id: "", text: "", ...shape };
        }
        const batches = await collect(toBatches(events(), { events: 5, bytes: 100 }));
        expect(batches.flatMap((batch) => batch.events.map(({ line }) => line))).toEqual([...shapes.keys()]);
        for (const { kind, events: members } of batches) {
          expect(members.length).toBeLessThanOrEqual(5);
          expect(members.reduce((sum, { bytes }) => sum + bytes + 1, 0)).toBeLessThanOrEqual(100);
          const customers = members.map(({ agreementOf }) => agreementOf);
          if (kind === "agreements") expect(new Set(customers).size).toBe(customers.length);
          expect(customers.every((customer) => (customer !== undefined) === (kind === "agreements"))).toBe(
            true,
          );
        }
      }),
    );
  });
});
