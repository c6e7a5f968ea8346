import { readText } from "./amqp-codec.ts";
import type { MessageContent } from "./message.ts";
import type { Change } from "./message-store.ts";

/** Which message ids a queue has taken within its window. A window of 0 remembers nothing. */
export class DuplicateHistory {
  readonly #queue: string;
  readonly #windowMs: number;
  /** Oldest first. */
  readonly #seenAtMs = new Map<string, number>();

  constructor(queue: string, windowMs: number, seen: readonly { messageId: Buffer; seenAtMs: number }[]) {
    this.#queue = queue;
    this.#windowMs = windowMs;
    for (const { messageId, seenAtMs } of seen) this.#seenAtMs.set(keyOf(messageId), seenAtMs);
  }

  /** What is not a duplicate, not even of its neighbour, and what to write for it. Nothing is recorded yet. */
  check(
    contents: readonly MessageContent[],
    now: number,
  ): { readonly fresh: ReadonlySet<MessageContent>; readonly changes: readonly Change[] } {
    if (this.#windowMs === 0) return { fresh: new Set(contents), changes: [] };
    const fresh = new Map<string, MessageContent>();
    for (const content of contents) {
      const key = keyOf(content.messageId);
      const seenAtMs = this.#seenAtMs.get(key) ?? Number.NEGATIVE_INFINITY;
      if (seenAtMs + this.#windowMs <= now && !fresh.has(key)) fresh.set(key, content);
    }
    const seen = [...fresh.values()].map(
      ({ messageId }): Change => ({ kind: "seen", queue: this.#queue, messageId, seenAtMs: now }),
    );
    const forget: Change = { kind: "forget", queue: this.#queue, seenBeforeMs: now - this.#windowMs };
    return { fresh: new Set(fresh.values()), changes: [forget, ...seen] };
  }

  record(fresh: ReadonlySet<MessageContent>, now: number): void {
    if (this.#windowMs === 0) return;
    for (const [key, seenAtMs] of this.#seenAtMs) {
      if (seenAtMs + this.#windowMs > now) break;
      this.#seenAtMs.delete(key);
    }
    for (const { messageId } of fresh) this.#seenAtMs.set(keyOf(messageId), now);
  }
}

/** The same text is the same id, however its length was encoded. */
function keyOf(messageId: Buffer): string {
  return readText(messageId) ?? messageId.toString("latin1");
}
