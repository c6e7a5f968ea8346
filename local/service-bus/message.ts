/**
 * A message as its sender made it. Invariants: content is immutable; the body, the properties and every value in the
 * maps are the sender's own bytes; only application properties are ever added, and only by a settlement.
 */
import { randomUUID } from "node:crypto";
import {
  encodeInt,
  encodeList,
  encodeLong,
  encodeMap,
  encodeSection,
  encodeString,
  encodeTimestamp,
  encodeUbyte,
  encodeUint,
  FALSE,
  type MapEntry,
  NULL,
  readTimestamp,
  readUnsigned,
  type Section,
  splitList,
  splitMap,
  splitSections,
  stringEntry,
  symbolEntry,
  TRUE,
} from "./amqp-codec.ts";

export type MessageContent = {
  /** The encoded message id: what duplicate detection compares. */
  readonly messageId: Buffer;
  readonly timeToLiveMs: number | undefined;
  readonly scheduledForMs: number | undefined;
  readonly annotations: readonly MapEntry[];
  /** The properties section. */
  readonly properties: Buffer;
  readonly applicationProperties: readonly MapEntry[];
  /** The body sections and the footer. */
  readonly body: Buffer;
};

/** A message with what the broker says of it. */
export type BrokeredMessage = {
  readonly content: MessageContent;
  readonly sequenceNumber: number;
  readonly enqueuedSequenceNumber: number;
  readonly enqueuedAtMs: number;
  /** Deliveries that came to nothing. */
  readonly deliveryCount: number;
  /** Where the message is, or where it goes back to while it is locked. */
  readonly state: "active" | "deferred" | "scheduled";
  readonly deadLetterSource: string | undefined;
};

const SECTION = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
} as const;

const STATE_CODE = { active: 0, deferred: 1, scheduled: 2 } as const;
const SCHEDULED_ANNOTATION = "x-opt-scheduled-enqueue-time";
const DEFAULT_PRIORITY = 4;

/** Annotations that say what only the broker knows: a sender's own are dropped. */
const BROKER_ANNOTATIONS: ReadonlySet<string> = new Set([
  "x-opt-enqueued-time",
  "x-opt-sequence-number",
  "x-opt-enqueue-sequence-number",
  "x-opt-message-state",
  "x-opt-locked-until",
  "x-opt-deadletter-source",
]);

/**
 * Reads an encoded message and gives it an id if it has none, as the service does.
 * @throws AmqpFormatError or RangeError when it is not an AMQP message.
 */
export function parseContent(wire: Buffer): MessageContent {
  const sections = splitSections(wire);
  const header = itemsOf(sections, SECTION.header);
  const annotations = entriesOf(sections, SECTION.messageAnnotations);
  const scheduled = annotations.find((entry) => entry.key === SCHEDULED_ANNOTATION);
  const { messageId, properties } = identify(itemsOf(sections, SECTION.properties));
  return {
    messageId,
    timeToLiveMs: header[2] && readUnsigned(header[2]),
    scheduledForMs: scheduled && readTimestamp(scheduled.value),
    annotations: annotations.filter((entry) => !BROKER_ANNOTATIONS.has(entry.key)),
    properties,
    applicationProperties: entriesOf(sections, SECTION.applicationProperties),
    body: Buffer.concat(
      sections.filter(({ code }) => code > SECTION.applicationProperties).map(({ bytes }) => bytes),
    ),
  };
}

function identify(items: readonly Buffer[]): Pick<MessageContent, "messageId" | "properties"> {
  const [given, ...rest] = items;
  const messageId =
    given === undefined || given.equals(NULL) ? encodeString(randomUUID().replaceAll("-", "")) : given;
  return { messageId, properties: encodeSection(SECTION.properties, encodeList([messageId, ...rest])) };
}

function itemsOf(sections: readonly Section[], code: number): readonly Buffer[] {
  const section = sections.find((candidate) => candidate.code === code);
  return section === undefined ? [] : splitList(section.value);
}

function entriesOf(sections: readonly Section[], code: number): readonly MapEntry[] {
  const section = sections.find((candidate) => candidate.code === code);
  return section === undefined ? [] : splitMap(section.value);
}

/** The later value of a name wins. */
export function withApplicationProperties(
  content: MessageContent,
  added: readonly MapEntry[],
): MessageContent {
  const names = new Set(added.map((entry) => entry.key));
  const kept = content.applicationProperties.filter((entry) => !names.has(entry.key));
  return { ...content, applicationProperties: [...kept, ...added] };
}

/** The application properties that say why a message was dead-lettered. */
export function deadLetterProperties(
  reason?: string | null,
  description?: string | null,
): readonly MapEntry[] {
  return [
    ...(reason == null ? [] : [stringEntry("DeadLetterReason", encodeString(reason))]),
    ...(description == null ? [] : [stringEntry("DeadLetterErrorDescription", encodeString(description))]),
  ];
}

/** What `parseContent` reads back as the same content. */
export function encodeContent(content: MessageContent): Buffer {
  return encode(content, 0, content.annotations);
}

/** The message as a receiver gets it. */
export function encodeDelivery(message: BrokeredMessage, lockedUntilMs?: number): Buffer {
  const annotations = [
    ...message.content.annotations,
    symbolEntry("x-opt-enqueued-time", encodeTimestamp(message.enqueuedAtMs)),
    symbolEntry("x-opt-sequence-number", encodeLong(message.sequenceNumber)),
    symbolEntry("x-opt-enqueue-sequence-number", encodeLong(message.enqueuedSequenceNumber)),
    symbolEntry("x-opt-message-state", encodeInt(STATE_CODE[message.state])),
  ];
  if (lockedUntilMs !== undefined) {
    annotations.push(symbolEntry("x-opt-locked-until", encodeTimestamp(lockedUntilMs)));
  }
  if (message.deadLetterSource !== undefined) {
    annotations.push(symbolEntry("x-opt-deadletter-source", encodeString(message.deadLetterSource)));
  }
  return encode(message.content, message.deliveryCount, annotations);
}

function encode(content: MessageContent, deliveryCount: number, annotations: readonly MapEntry[]): Buffer {
  const timeToLive = content.timeToLiveMs === undefined ? NULL : encodeUint(content.timeToLiveMs);
  const header = [TRUE, encodeUbyte(DEFAULT_PRIORITY), timeToLive, FALSE, encodeUint(deliveryCount)];
  const sections = [
    encodeSection(SECTION.header, encodeList(header)),
    encodeSection(SECTION.messageAnnotations, encodeMap(annotations)),
    content.properties,
  ];
  if (content.applicationProperties.length > 0) {
    sections.push(encodeSection(SECTION.applicationProperties, encodeMap(content.applicationProperties)));
  }
  return Buffer.concat([...sections, content.body]);
}
