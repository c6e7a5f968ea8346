import fc from "fast-check";
import rhea from "rhea";
import { describe, expect, test } from "vitest";
import { splitSections } from "../../local/service-bus/amqp-codec.ts";
import { encodeContent, encodeDelivery, parseContent } from "../../local/service-bus/message.ts";
import { forgetfulStore, type MessageStore } from "../../local/service-bus/message-store.ts";
import { Queue } from "../../local/service-bus/queue.ts";
import { deadLetterSettings, parseQueueProperties } from "../../local/service-bus/queue-properties.ts";
import { acceptTransfer } from "../../local/service-bus/senders.ts";

const MESSAGE_FORMAT = 0;
const BATCH_FORMAT = 0x80013700;

function createQueue(store: MessageStore = forgetfulStore): Queue {
  const settings = parseQueueProperties({ MaxDeliveryCount: 3 });
  return new Queue("q", settings, store, new Queue("dead", deadLetterSettings(settings), store));
}

function wire(body: unknown): Buffer {
  return rhea.message.encode({ message_id: "id", body });
}

describe("a message", () => {
  const { types } = rhea;
  const original = rhea.message.encode({
    message_id: 42,
    content_type: "application/cloudevents+json",
    ttl: 1_000,
    message_annotations: { "x-opt-partition-key": "p", custom: types.wrap_ubyte(3) },
    application_properties: {
      byte: types.wrap_byte(-1),
      ushort: types.wrap_ushort(7),
      ulong: types.wrap_ulong(7),
      long: types.wrap_long(7),
      double: types.wrap_double(7),
      float: types.wrap_float(0.5),
      char: types.wrap_char(0x1f600),
      when: types.wrap_timestamp(1_000),
      uuid: types.wrap_uuid(Buffer.alloc(16, 9)),
      symbol: types.wrap_symbol("s"),
      long_text: "ł".repeat(400),
    },
    body: rhea.message.data_sections([Buffer.from("a"), Buffer.from("b")]),
  });

  test("keeps the encoded type and value of every property, and its body, byte for byte", () => {
    const content = parseContent(original);
    const queue = createQueue();
    queue.accept([content]);
    const message = queue.receive("lock")?.message;
    if (message === undefined) throw new Error("expected a message");
    const delivered = parseContent(encodeDelivery(message, 0));
    expect(delivered).toEqual(content);
    for (const entry of content.applicationProperties) expect(original.includes(entry.bytes)).toBe(true);
    const body = splitSections(original).filter(({ code }) => code === 0x75);
    expect(content.body).toEqual(Buffer.concat(body.map(({ bytes }) => bytes)));
  });

  test("reads back from what is stored as it was", () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    );
    const properties = fc.dictionary(fc.string(), value, { noNullPrototype: true });
    fc.assert(
      fc.property(fc.string(), properties, fc.uint8Array(), (messageId, application_properties, body) => {
        const encoded = rhea.message.encode({
          message_id: messageId,
          application_properties,
          body: rhea.message.data_section(Buffer.from(body)),
        });
        const content = parseContent(encoded);
        expect(parseContent(encodeContent(content))).toEqual(content);
      }),
    );
  });
});

describe("a transfer", () => {
  test("that is not AMQP, in whole or in a part of its batch, is refused and nothing of it is taken", () => {
    const queue = createQueue();
    const broken = wire("x").subarray(0, -1);
    const batch = rhea.message.encode({ body: rhea.message.data_sections([wire("a"), broken]) });
    expect(acceptTransfer(queue, broken, MESSAGE_FORMAT)?.condition).toBe("amqp:decode-error");
    expect(acceptTransfer(queue, batch, BATCH_FORMAT)?.condition).toBe("amqp:decode-error");
    expect(queue.counts().active).toBe(0);
  });

  test("that cannot be written is refused and nothing of it is taken", () => {
    const full: MessageStore = {
      ...forgetfulStore,
      write: () => {
        throw new Error("disk full");
      },
    };
    const queue = createQueue(full);
    expect(acceptTransfer(queue, wire("x"), MESSAGE_FORMAT)?.condition).toBe("amqp:internal-error");
    expect(queue.counts().active).toBe(0);
  });
});

describe("a queue", () => {
  test("has every message in exactly one place, whatever is done with it", () => {
    const steps = fc.array(
      fc.constantFrom("send", "receive", "delete", "complete", "abandon", "defer", "deadLetter", "late"),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (names) => {
        const queue = createQueue();
        const tokens: string[] = [];
        let accepted = 0;
        let gone = 0;
        for (const name of names) {
          if (name === "send") {
            accepted += queue.accept([parseContent(wire(name))]).length;
          } else if (name === "receive" || name === "delete") {
            const taken = queue.receive(name === "delete" ? "delete" : "lock");
            if (taken?.token !== undefined) tokens.push(taken.token);
            else if (taken !== undefined) gone++;
          } else {
            const token = name === "late" ? "unknown" : (tokens.shift() ?? "unknown");
            const kind = name === "late" ? "complete" : name;
            const settlement = kind === "complete" ? ({ kind } as const) : kindWithProperties(kind);
            const error = queue.settle(token, settlement);
            expect(error === undefined).toBe(token !== "unknown");
            if (error === undefined && kind === "complete") gone++;
          }
        }
        const { active, locked, scheduled, deferred } = queue.counts();
        const dead = queue.deadLetters?.counts().active ?? 0;
        expect(active + locked + scheduled + deferred + dead).toBe(accepted - gone);
        expect(queue.peek(0, accepted + 1)).toHaveLength(active + locked + scheduled + deferred);
        queue.close();
      }),
    );
  });

  test("hands out active messages in the order of their numbers, whatever was given back", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 20 }), (givenBack) => {
        const queue = createQueue();
        queue.accept(Array.from({ length: 10 }, () => parseContent(wire("x"))));
        const tokens = Array.from({ length: 10 }, () => queue.receive("lock")?.token ?? "");
        for (const index of new Set(givenBack)) {
          queue.settle(tokens[index] ?? "", { kind: "abandon", properties: [] });
        }
        const numbers = [...new Set(givenBack)].map(
          () => queue.receive("delete")?.message.sequenceNumber ?? 0,
        );
        expect(numbers).toEqual(numbers.toSorted((left, right) => left - right));
        queue.close();
      }),
    );
  });
});

function kindWithProperties(kind: "abandon" | "defer" | "deadLetter") {
  return { kind, properties: [] };
}
