import type { QueuedMessage } from "./message-store.ts";
import { SequencedList } from "./sequenced-list.ts";

export type Lock = {
  readonly token: string;
  readonly message: QueuedMessage;
  readonly lockedUntilMs: number;
};

/** Where the messages of a queue are. Invariant: each is in exactly one place. */
export class MessagePlaces {
  readonly active = new SequencedList<QueuedMessage>();
  readonly scheduled = new Map<number, QueuedMessage>();
  readonly deferred = new Map<number, QueuedMessage>();
  readonly locks = new Map<string, Lock>();

  /** Puts a message that is not locked where its state says. */
  place(message: QueuedMessage): void {
    switch (message.state) {
      case "active":
        this.active.insert(message);
        break;
      case "scheduled":
        this.scheduled.set(message.sequenceNumber, message);
        break;
      case "deferred":
        this.deferred.set(message.sequenceNumber, message);
        break;
    }
  }

  /** In the order of sequence numbers. */
  all(): readonly QueuedMessage[] {
    return [
      ...this.active.values(),
      ...this.scheduled.values(),
      ...this.deferred.values(),
      ...[...this.locks.values()].map((lock) => lock.message),
    ].toSorted((left, right) => left.sequenceNumber - right.sequenceNumber);
  }

  expiredLocks(now: number): readonly Lock[] {
    return [...this.locks.values()].filter((lock) => lock.lockedUntilMs <= now);
  }

  dueMessages(now: number): readonly QueuedMessage[] {
    return [...this.scheduled.values()].filter((message) => message.dueAtMs <= now);
  }

  expiredMessages(now: number): readonly QueuedMessage[] {
    return this.active.values().filter((message) => message.expiresAtMs <= now);
  }

  /** The next time at which something happens by itself; Infinity when nothing will. */
  nextDeadlineMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const lock of this.locks.values()) next = Math.min(next, lock.lockedUntilMs);
    for (const message of this.scheduled.values()) next = Math.min(next, message.dueAtMs);
    for (const message of this.active.values()) next = Math.min(next, message.expiresAtMs);
    return next;
  }

  counts(): { active: number; locked: number; scheduled: number; deferred: number } {
    return {
      active: this.active.size,
      locked: this.locks.size,
      scheduled: this.scheduled.size,
      deferred: this.deferred.size,
    };
  }
}
