/** Requests to `<queue>/$management`, one function for each operation that is served. */
import rhea, { type Message } from "rhea";
import * as z from "zod";
import { type AmqpError, malformed, notImplemented } from "./errors.ts";
import { deadLetterProperties, encodeDelivery, parseContent } from "./message.ts";
import { propertyEntries } from "./outcome.ts";
import type { Queue, Settlement } from "./queue.ts";

type Reply = { readonly status: number; readonly body: object; readonly error?: AmqpError };
type Operation = (queue: Queue, body: unknown) => Reply;

const TYPE_CODE = { long: 0x81, timestamp: 0x83 } as const;
const PEEK_LIMIT = 256;
const NO_LOCK_TOKEN = "00000000-0000-0000-0000-000000000000";

const buffer = z.instanceof(Buffer);
const long = z.union([z.int(), buffer.transform((bytes) => Number(bytes.readBigInt64BE()))]);
const sequenceNumbers = z.array(long);
const lockTokens = z.array(buffer.transform((bytes) => rhea.uuid_to_string(bytes)));

const request = z.object({
  message_id: z.union([z.string(), z.number(), buffer]),
  application_properties: z.object({ operation: z.string() }),
  body: z.unknown(),
});

const peekBody = z.object({ "from-sequence-number": long, "message-count": z.int().min(1) });
const scheduleBody = z.object({ messages: z.array(z.object({ message: buffer })) });
const cancelBody = z.object({ "sequence-numbers": sequenceNumbers });
const receiveBody = z.object({ "sequence-numbers": sequenceNumbers, "receiver-settle-mode": z.int() });
const renewBody = z.object({ "lock-tokens": lockTokens });
const dispositionBody = z.object({
  "lock-tokens": lockTokens,
  "disposition-status": z.enum(["completed", "abandoned", "defered", "suspended"]),
  "deadletter-reason": z.string().nullish(),
  "deadletter-description": z.string().nullish(),
  "properties-to-modify": z.record(z.string(), z.unknown()).nullish(),
});

const operations: ReadonlyMap<string, Operation> = new Map([
  ["com.microsoft:peek-message", peek],
  ["com.microsoft:schedule-message", schedule],
  ["com.microsoft:cancel-scheduled-message", cancelScheduled],
  ["com.microsoft:receive-by-sequence-number", receiveDeferred],
  ["com.microsoft:renew-lock", renewLocks],
  ["com.microsoft:update-disposition", updateDisposition],
]);

/** Carries a request out and returns the message that answers it. */
export function answerManagement(queue: Queue, wire: Buffer): Message {
  const parsed = request.parse(rhea.message.decode(wire));
  const name = parsed.application_properties.operation;
  const operation = operations.get(name);
  if (operation === undefined) return toMessage(parsed.message_id, failure(501, notImplemented(name)));
  try {
    return toMessage(parsed.message_id, operation(queue, parsed.body));
  } catch (cause) {
    return toMessage(parsed.message_id, failure(400, malformed(cause)));
  }
}

/** The answer to a request that was not carried out. */
export function refuseManagement(wire: Buffer, status: number, error: AmqpError): Message {
  return toMessage(request.parse(rhea.message.decode(wire)).message_id, failure(status, error));
}

/** `$cbs` takes every token: whoever can reach this broker may use it. */
export function answerTokenRequest(wire: Buffer): Message {
  return toMessage(request.parse(rhea.message.decode(wire)).message_id, { status: 202, body: {} });
}

/** The claims node reads the names with a hyphen, the management node those without. */
function toMessage(correlationId: string | number | Buffer, { status, body, error }: Reply): Message {
  const description = error?.description ?? "OK";
  return {
    correlation_id: correlationId,
    body,
    application_properties: {
      statusCode: rhea.types.wrap_int(status),
      "status-code": rhea.types.wrap_int(status),
      statusDescription: description,
      "status-description": description,
      ...(error && { errorCondition: rhea.types.wrap_symbol(error.condition) }),
    },
  };
}

function failure(status: number, error: AmqpError): Reply {
  return { status, body: {}, error };
}

function peek(queue: Queue, body: unknown): Reply {
  const { "from-sequence-number": from, "message-count": count } = peekBody.parse(body);
  const messages = queue.peek(from, Math.min(count, PEEK_LIMIT));
  if (messages.length === 0) return { status: 204, body: {} };
  return {
    status: 200,
    body: { messages: messages.map((message) => ({ message: encodeDelivery(message) })) },
  };
}

function schedule(queue: Queue, body: unknown): Reply {
  const contents = scheduleBody.parse(body).messages.map(({ message }) => parseContent(message));
  const numbers = queue.accept(contents);
  return {
    status: 200,
    body: { "sequence-numbers": rhea.types.wrap_array(numbers, TYPE_CODE.long, undefined) },
  };
}

function cancelScheduled(queue: Queue, body: unknown): Reply {
  const error = queue.cancelScheduled(cancelBody.parse(body)["sequence-numbers"]);
  return error === undefined ? { status: 200, body: {} } : failure(404, error);
}

function receiveDeferred(queue: Queue, body: unknown): Reply {
  const { "sequence-numbers": numbers, "receiver-settle-mode": settleMode } = receiveBody.parse(body);
  const taken = queue.receiveDeferred(numbers, settleMode === 0 ? "delete" : "lock");
  if ("condition" in taken) return failure(404, taken);
  const messages = taken.map((lock) => ({
    "lock-token": rhea.types.wrap_uuid(rhea.string_to_uuid(lock.token ?? NO_LOCK_TOKEN)),
    message: encodeDelivery(lock.message, lock.lockedUntilMs),
  }));
  return { status: 200, body: { messages } };
}

function renewLocks(queue: Queue, body: unknown): Reply {
  const renewed = queue.renew(renewBody.parse(body)["lock-tokens"]);
  if ("condition" in renewed) return failure(410, renewed);
  const ends = renewed.map((lock) => lock.lockedUntilMs);
  return { status: 200, body: { expirations: rhea.types.wrap_array(ends, TYPE_CODE.timestamp, undefined) } };
}

function updateDisposition(queue: Queue, body: unknown): Reply {
  const parsed = dispositionBody.parse(body);
  const settlement = toSettlement(parsed);
  for (const token of parsed["lock-tokens"]) {
    const error = queue.settle(token, settlement);
    if (error !== undefined) return failure(410, error);
  }
  return { status: 200, body: {} };
}

function toSettlement(body: z.output<typeof dispositionBody>): Settlement {
  const properties = propertyEntries(body["properties-to-modify"] ?? {});
  switch (body["disposition-status"]) {
    case "completed":
      return { kind: "complete" };
    case "abandoned":
      return { kind: "abandon", properties };
    case "defered":
      return { kind: "defer", properties };
    case "suspended": {
      const reasons = deadLetterProperties(body["deadletter-reason"], body["deadletter-description"]);
      return { kind: "deadLetter", properties: [...properties, ...reasons] };
    }
  }
}
