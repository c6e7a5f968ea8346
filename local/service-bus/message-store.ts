/**
 * What a queue keeps. Invariant: a queue writes before it changes its own state or answers anybody, and the changes of
 * one write happen together or not at all.
 */
import type { BrokeredMessage } from "./message.ts";

export type QueuedMessage = BrokeredMessage & {
  readonly locked: boolean;
  /** Infinity when it never expires. */
  readonly expiresAtMs: number;
  /** When a scheduled message becomes active; Infinity for any other. */
  readonly dueAtMs: number;
};

export type Change =
  | { readonly kind: "put"; readonly queue: string; readonly message: QueuedMessage }
  /** Everything but the content. */
  | { readonly kind: "mark"; readonly queue: string; readonly message: QueuedMessage }
  | { readonly kind: "remove"; readonly queue: string; readonly sequenceNumber: number }
  | {
      readonly kind: "seen";
      readonly queue: string;
      readonly messageId: Buffer;
      readonly seenAtMs: number;
    }
  | { readonly kind: "forget"; readonly queue: string; readonly seenBeforeMs: number };

export type StoredQueue = {
  readonly lastSequenceNumber: number;
  /** In the order of their sequence numbers. */
  readonly messages: readonly QueuedMessage[];
  /** Oldest first. */
  readonly seen: readonly { readonly messageId: Buffer; readonly seenAtMs: number }[];
};

export type MessageStore = {
  readonly load: (queue: string) => StoredQueue;
  /** @throws when nothing was written. */
  readonly write: (changes: readonly Change[]) => void;
  readonly close: () => void;
};

/** Keeps nothing: the queues' own memory is all there is. */
export const forgetfulStore: MessageStore = {
  load: () => ({ lastSequenceNumber: 0, messages: [], seen: [] }),
  write: () => undefined,
  close: () => undefined,
};
