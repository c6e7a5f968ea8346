import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import type { TraceContext, TypedData } from "./core-types.ts";
import { traceContextFrom } from "./invocation.ts";

/** What a queue function is given of the messages it was triggered by. */

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** What is read of a message, so that one can be made up for a run on request. */
export type QueueMessage = Omit<ServiceBusReceivedMessage, "_rawAmqpMessage" | "state">;

export type MessageContent = {
  readonly data: TypedData;
  readonly metadata: Readonly<Record<string, TypedData>>;
  readonly traceContext: TraceContext;
};

/** @throws Error when the body is an AMQP value other than a string: the platform cannot bind that either. */
export function toSingleContent(message: QueueMessage): MessageContent {
  const metadata: Record<string, TypedData> = {};
  for (const [key, value] of Object.entries(messageProperties(message)))
    if (value !== undefined)
      metadata[key] = typeof value === "string" ? { string: value } : { json: JSON.stringify(value) };
  const properties = message.applicationProperties ?? {};
  const traceParent = properties["traceparent"] ?? properties["Diagnostic-Id"];
  return {
    data: toBody(message),
    metadata,
    traceContext: traceContextFrom(traceParent, properties["tracestate"]),
  };
}

/** A batch has one entry for each message in every list, in the same order, and a trace of its own. */
export function toBatchContent(messages: readonly QueueMessage[]): MessageContent {
  const metadata: Record<string, TypedData> = {};
  const properties = messages.map(messageProperties);
  for (const key of Object.keys(properties[0] ?? {}))
    metadata[`${key}Array`] = { json: JSON.stringify(properties.map((one) => one[key] ?? null)) };
  return { data: toBodies(messages), metadata, traceContext: traceContextFrom(undefined, undefined) };
}

function toBodies(messages: readonly QueueMessage[]): TypedData {
  const bodies = messages.map(toBody);
  const texts = bodies.flatMap(({ string }) => (string === undefined ? [] : [string]));
  if (texts.length === bodies.length) return { collectionString: { string: texts } };
  return {
    collectionBytes: {
      bytes: bodies.map(({ bytes, string }) => bytes ?? Buffer.from(string ?? "")),
    },
  };
}

function toBody(message: QueueMessage): TypedData {
  const body: unknown = message.body;
  if (typeof body === "string") return { string: body };
  if (!(body instanceof Uint8Array))
    throw new Error(`the body of message ${String(message.messageId)} is neither text nor bytes`);
  try {
    return { string: strictUtf8.decode(body) };
  } catch {
    return { bytes: body };
  }
}

/** Under the names of the platform's extension. It counts deliveries from 1, the SDK from 0. */
function messageProperties(message: QueueMessage): Readonly<Record<string, unknown>> {
  return {
    DeliveryCount: (message.deliveryCount ?? 0) + 1,
    DeadLetterSource: message.deadLetterSource,
    LockToken: message.lockToken,
    ExpiresAtUtc: message.expiresAtUtc?.toISOString(),
    EnqueuedTimeUtc: message.enqueuedTimeUtc?.toISOString(),
    MessageId: message.messageId,
    ContentType: message.contentType,
    ReplyTo: message.replyTo,
    SequenceNumber: message.sequenceNumber?.toNumber(),
    To: message.to,
    Subject: message.subject,
    Label: message.subject,
    CorrelationId: message.correlationId,
    PartitionKey: message.partitionKey,
    ApplicationProperties: message.applicationProperties ?? {},
    UserProperties: message.applicationProperties ?? {},
  };
}
