/** Keeps the messages of queues in a file of SQLite: written through, read only when a queue is opened. */
import { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import { encodeContent, parseContent } from "./message.ts";
import type { Change, MessageStore, QueuedMessage, StoredQueue } from "./message-store.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS queue (name TEXT PRIMARY KEY, last_sequence INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS message (
    queue TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    enqueued_sequence INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL,
    delivery_count INTEGER NOT NULL,
    state TEXT NOT NULL,
    locked INTEGER NOT NULL,
    expires_at REAL,
    due_at REAL,
    source TEXT,
    content BLOB NOT NULL,
    PRIMARY KEY (queue, sequence)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS seen (
    queue TEXT NOT NULL,
    message_id BLOB NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (queue, message_id)
  ) STRICT;
`;

const blob = z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes));
const deadline = z.number().nullable();
const messageRow = z.object({
  sequence: z.int(),
  enqueued_sequence: z.int(),
  enqueued_at: z.int(),
  delivery_count: z.int(),
  state: z.enum(["active", "deferred", "scheduled"]),
  locked: z.union([z.literal(0), z.literal(1)]),
  expires_at: deadline,
  due_at: deadline,
  source: z.string().nullable(),
  content: blob,
});
const queueRow = z.object({ last_sequence: z.int() }).optional();
const seenRow = z.object({ message_id: blob, seen_at: z.int() });

/** Survives the end of the process at any moment; a power failure may take the last writes. */
export function openMessageStore(file: string): MessageStore {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  database.exec(SCHEMA);
  const apply = prepareChanges(database);
  return {
    load: (queue) => load(database, queue),
    write: (changes) => {
      database.exec("BEGIN");
      try {
        for (const change of changes) apply(change);
        database.exec("COMMIT");
      } catch (cause) {
        database.exec("ROLLBACK");
        throw cause;
      }
    },
    close: () => database.close(),
  };
}

function load(database: DatabaseSync, queue: string): StoredQueue {
  const numbers = database.prepare("SELECT last_sequence FROM queue WHERE name = ?").get(queue);
  const messages = database.prepare("SELECT * FROM message WHERE queue = ? ORDER BY sequence").all(queue);
  const seen = database.prepare("SELECT * FROM seen WHERE queue = ? ORDER BY seen_at").all(queue);
  return {
    lastSequenceNumber: queueRow.parse(numbers)?.last_sequence ?? 0,
    messages: messages.map((row) => fromRow(messageRow.parse(row))),
    seen: seen.map((row) => {
      const { message_id: messageId, seen_at: seenAtMs } = seenRow.parse(row);
      return { messageId, seenAtMs };
    }),
  };
}

function fromRow(row: z.output<typeof messageRow>): QueuedMessage {
  return {
    content: parseContent(row.content),
    sequenceNumber: row.sequence,
    enqueuedSequenceNumber: row.enqueued_sequence,
    enqueuedAtMs: row.enqueued_at,
    deliveryCount: row.delivery_count,
    state: row.state,
    locked: row.locked === 1,
    expiresAtMs: row.expires_at ?? Number.POSITIVE_INFINITY,
    dueAtMs: row.due_at ?? Number.POSITIVE_INFINITY,
    deadLetterSource: row.source ?? undefined,
  };
}

function prepareChanges(database: DatabaseSync): (change: Change) => void {
  const number = database.prepare(
    "INSERT INTO queue VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET last_sequence = max(last_sequence, excluded.last_sequence)",
  );
  const put = database.prepare("INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const mark = database.prepare(
    "UPDATE message SET delivery_count = ?, state = ?, locked = ? WHERE queue = ? AND sequence = ?",
  );
  const remove = database.prepare("DELETE FROM message WHERE queue = ? AND sequence = ?");
  const seen = database.prepare("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)");
  const forget = database.prepare("DELETE FROM seen WHERE queue = ? AND seen_at <= ?");
  return (change) => {
    switch (change.kind) {
      case "put":
        number.run(change.queue, change.message.sequenceNumber);
        put.run(change.queue, ...toColumns(change.message));
        break;
      case "mark": {
        const { deliveryCount, state, locked, sequenceNumber } = change.message;
        mark.run(deliveryCount, state, locked ? 1 : 0, change.queue, sequenceNumber);
        break;
      }
      case "remove":
        remove.run(change.queue, change.sequenceNumber);
        break;
      case "seen":
        seen.run(change.queue, change.messageId, change.seenAtMs);
        break;
      case "forget":
        forget.run(change.queue, change.seenBeforeMs);
        break;
    }
  };
}

function toColumns(message: QueuedMessage): (string | number | null | Buffer)[] {
  return [
    message.sequenceNumber,
    message.enqueuedSequenceNumber,
    message.enqueuedAtMs,
    message.deliveryCount,
    message.state,
    message.locked ? 1 : 0,
    Number.isFinite(message.expiresAtMs) ? message.expiresAtMs : null,
    Number.isFinite(message.dueAtMs) ? message.dueAtMs : null,
    message.deadLetterSource ?? null,
    encodeContent(message.content),
  ];
}
