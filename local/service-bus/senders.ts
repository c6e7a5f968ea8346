/**
 * What clients send. Invariant: a transfer is accepted whole or not at all, and answered only after it is written.
 */
import { readBinary, splitSections } from "./amqp-codec.ts";
import { type AmqpError, internalError, malformed, messageTooLarge } from "./errors.ts";
import { type MessageContent, parseContent } from "./message.ts";
import type { Queue } from "./queue.ts";

/** The limit of the standard tier. */
export const MAX_MESSAGE_BYTES = 256 * 1024;
const BATCH_FORMAT = 0x80013700;
const DATA_SECTION = 0x75;

/** @returns why the transfer was refused, with nothing of it taken. */
export function acceptTransfer(queue: Queue, wire: Buffer, format: number): AmqpError | undefined {
  if (wire.length > MAX_MESSAGE_BYTES) return messageTooLarge;
  let contents: readonly MessageContent[];
  try {
    contents = (format === BATCH_FORMAT ? splitBatch(wire) : [wire]).map(parseContent);
  } catch (cause) {
    return malformed(cause);
  }
  try {
    queue.accept(contents);
    return undefined;
  } catch (cause) {
    return internalError(cause);
  }
}

/** A batch is a message whose data sections are messages. */
function splitBatch(wire: Buffer): readonly Buffer[] {
  return splitSections(wire)
    .filter(({ code }) => code === DATA_SECTION)
    .map(({ value }) => readBinary(value))
    .filter((message) => message !== undefined);
}
