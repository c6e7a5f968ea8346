/**
 * One queue with its messages. Invariants:
 * - active messages are handed out in the order of their sequence numbers, and one that comes back keeps its number;
 * - a delivery that comes to nothing (abandoned, lock expired, broker restarted) raises the delivery count by one, and
 *   at the limit the message is dead-lettered;
 * - a message that has expired is never handed out;
 * - everything is written to the store before it is true here.
 * A class, because it is state with a life of its own and a timer to stop.
 */
import { randomUUID } from "node:crypto";
import { Alarm } from "./alarm.ts";
import type { MapEntry } from "./amqp-codec.ts";
import { DuplicateHistory } from "./duplicate-history.ts";
import { type AmqpError, lockLost, messageNotFound, notImplemented } from "./errors.ts";
import { deadLetterProperties, type MessageContent, withApplicationProperties } from "./message.ts";
import { type Lock, MessagePlaces } from "./message-places.ts";
import type { Change, MessageStore, QueuedMessage } from "./message-store.ts";
import type { QueueSettings } from "./queue-properties.ts";

export type Settlement =
  | { readonly kind: "complete" }
  | { readonly kind: "abandon" | "defer" | "deadLetter"; readonly properties: readonly MapEntry[] };

/** A message handed out: with a lock, or for good. */
export type Taken =
  | Lock
  | { readonly token: undefined; readonly message: QueuedMessage; readonly lockedUntilMs: undefined };

export type TakeMode = "lock" | "delete";

const NEVER = Number.POSITIVE_INFINITY;

export class Queue {
  readonly name: string;
  /** Undefined for a queue that is itself one of dead letters. */
  readonly deadLetters: Queue | undefined;
  /** Called when a message may have become available. */
  onAvailable: () => void = () => undefined;

  readonly #settings: QueueSettings;
  readonly #store: MessageStore;
  readonly #places = new MessagePlaces();
  readonly #history: DuplicateHistory;
  readonly #alarm = new Alarm(() => this.#sweep());
  #lastSequenceNumber: number;

  /** Takes up what the store has: a message that was locked counts as delivered in vain. */
  constructor(name: string, settings: QueueSettings, store: MessageStore, deadLetters?: Queue) {
    this.name = name;
    this.deadLetters = deadLetters;
    this.#settings = settings;
    this.#store = store;
    const stored = store.load(name);
    this.#lastSequenceNumber = stored.lastSequenceNumber;
    this.#history = new DuplicateHistory(name, settings.duplicateWindowMs, stored.seen);
    for (const message of stored.messages) {
      if (message.locked) this.#giveBack(message, []);
      else this.#place(message);
    }
  }

  get hasActive(): boolean {
    return this.#places.active.size > 0;
  }

  /**
   * Takes all of the messages or, if the store fails, none.
   * @returns their sequence numbers, 0 for one that was left out as a duplicate.
   */
  accept(contents: readonly MessageContent[]): readonly number[] {
    const now = Date.now();
    const { fresh, changes } = this.#history.check(contents, now);
    const admitted = contents.map((content) => (fresh.has(content) ? this.#admit(content, now) : undefined));
    const messages = admitted.filter((message) => message !== undefined);
    this.#store.write([...changes, ...messages.map((message) => this.#put(message))]);
    this.#history.record(fresh, now);
    for (const message of messages) this.#place(message);
    this.onAvailable();
    return admitted.map((message) => message?.sequenceNumber ?? 0);
  }

  #admit(content: MessageContent, now: number): QueuedMessage {
    const sequenceNumber = ++this.#lastSequenceNumber;
    const enqueuedAtMs = Math.max(content.scheduledForMs ?? now, now);
    const scheduled = enqueuedAtMs > now;
    return {
      content,
      sequenceNumber,
      enqueuedSequenceNumber: sequenceNumber,
      enqueuedAtMs,
      deliveryCount: 0,
      state: scheduled ? "scheduled" : "active",
      locked: false,
      expiresAtMs: enqueuedAtMs + Math.min(content.timeToLiveMs ?? NEVER, this.#settings.timeToLiveMs),
      dueAtMs: scheduled ? enqueuedAtMs : NEVER,
      deadLetterSource: undefined,
    };
  }

  /** Hands out the first active message. */
  receive(mode: TakeMode): Taken | undefined {
    const now = Date.now();
    let message = this.#places.active.first;
    while (message !== undefined && message.expiresAtMs <= now) {
      this.#expire(message);
      message = this.#places.active.first;
    }
    if (message === undefined) return undefined;
    const taken = this.#take(message, mode);
    this.#places.active.remove(message);
    return taken;
  }

  /** Hands out deferred messages: all of them or, with an error, none. */
  receiveDeferred(sequenceNumbers: readonly number[], mode: TakeMode): readonly Taken[] | AmqpError {
    const messages = [...new Set(sequenceNumbers)].map((number) => this.#places.deferred.get(number));
    if (messages.includes(undefined)) return messageNotFound;
    return messages
      .filter((message) => message !== undefined)
      .map((message) => {
        const taken = this.#take(message, mode);
        this.#places.deferred.delete(message.sequenceNumber);
        return taken;
      });
  }

  #take(unlocked: QueuedMessage, mode: TakeMode): Taken {
    if (mode === "delete") {
      this.#store.write([this.#remove(unlocked)]);
      return { token: undefined, message: unlocked, lockedUntilMs: undefined };
    }
    const message = { ...unlocked, locked: true };
    this.#store.write([{ kind: "mark", queue: this.name, message }]);
    return this.#hold(randomUUID(), message);
  }

  #hold(token: string, message: QueuedMessage): Lock {
    const lock = { token, message, lockedUntilMs: Date.now() + this.#settings.lockMs };
    this.#places.locks.set(token, lock);
    this.#alarm.set(lock.lockedUntilMs);
    return lock;
  }

  /** @returns the locks with their new ends or, with an error, renews none. */
  renew(tokens: readonly string[]): readonly Lock[] | AmqpError {
    const locks = tokens.map((token) => this.#validLock(token));
    if (locks.includes(undefined)) return lockLost;
    return locks.filter((lock) => lock !== undefined).map((lock) => this.#hold(lock.token, lock.message));
  }

  /** @returns an error when the lock is gone: nothing has happened then. */
  settle(token: string, settlement: Settlement): AmqpError | undefined {
    const lock = this.#validLock(token);
    if (lock === undefined) return lockLost;
    if (settlement.kind === "deadLetter" && this.deadLetters === undefined) {
      return notImplemented("dead-lettering out of a dead-letter queue");
    }
    switch (settlement.kind) {
      case "complete":
        this.#store.write([this.#remove(lock.message)]);
        break;
      case "abandon":
        this.#giveBack(lock.message, settlement.properties);
        break;
      case "defer":
        this.#keep({
          ...withProperties(lock.message, settlement.properties),
          state: "deferred",
          locked: false,
        });
        break;
      case "deadLetter":
        this.#deadLetter(lock.message, settlement.properties);
        break;
    }
    this.#places.locks.delete(token);
    if (settlement.kind === "abandon") this.onAvailable();
    return undefined;
  }

  #validLock(token: string): Lock | undefined {
    const lock = this.#places.locks.get(token);
    return lock !== undefined && lock.lockedUntilMs > Date.now() ? lock : undefined;
  }

  #giveBack(locked: QueuedMessage, properties: readonly MapEntry[]): void {
    const limit = this.#settings.maxDeliveryCount;
    const message = { ...withProperties(locked, properties), deliveryCount: locked.deliveryCount + 1 };
    if (message.deliveryCount < limit) {
      this.#keep({ ...message, locked: false });
      return;
    }
    const description = `Message could not be consumed after ${limit} delivery attempts.`;
    this.#deadLetter(message, deadLetterProperties("MaxDeliveryCountExceeded", description));
  }

  #keep(message: QueuedMessage): void {
    this.#store.write([this.#put(message)]);
    this.#place(message);
  }

  #deadLetter(message: QueuedMessage, properties: readonly MapEntry[]): void {
    const target = this.deadLetters;
    if (target === undefined) throw new Error("a dead letter has nowhere further to go");
    const moved: QueuedMessage = {
      ...withProperties(message, properties),
      sequenceNumber: ++target.#lastSequenceNumber,
      state: "active",
      locked: false,
      expiresAtMs: NEVER,
      deadLetterSource: this.name,
    };
    this.#store.write([this.#remove(message), target.#put(moved)]);
    target.#place(moved);
    target.onAvailable();
  }

  /** Cancels all of them or, with an error, none. */
  cancelScheduled(sequenceNumbers: readonly number[]): AmqpError | undefined {
    const messages = sequenceNumbers.map((number) => this.#places.scheduled.get(number));
    if (messages.includes(undefined)) return messageNotFound;
    const found = messages.filter((message) => message !== undefined);
    this.#store.write(found.map((message) => this.#remove(message)));
    for (const { sequenceNumber } of found) this.#places.scheduled.delete(sequenceNumber);
    return undefined;
  }

  /** Everything from a sequence number on, whatever its state, without touching it. */
  peek(fromSequenceNumber: number, limit: number): readonly QueuedMessage[] {
    const reached = this.#places.all().filter((message) => message.sequenceNumber >= fromSequenceNumber);
    return reached.slice(0, limit);
  }

  counts(): ReturnType<MessagePlaces["counts"]> {
    return this.#places.counts();
  }

  close(): void {
    this.#alarm.clear();
  }

  #place(message: QueuedMessage): void {
    this.#places.place(message);
    if (message.state !== "deferred") this.#alarm.set(Math.min(message.dueAtMs, message.expiresAtMs));
  }

  /** Does what is due, and sets the alarm for what is next. */
  #sweep(): void {
    const now = Date.now();
    for (const lock of this.#places.expiredLocks(now)) {
      this.#giveBack(lock.message, []);
      this.#places.locks.delete(lock.token);
    }
    for (const message of this.#places.dueMessages(now)) this.#activate(message);
    for (const message of this.#places.expiredMessages(now)) this.#expire(message);
    this.#alarm.set(this.#places.nextDeadlineMs());
    this.onAvailable();
  }

  /** A scheduled message joins the end of the queue under a new number. */
  #activate(scheduled: QueuedMessage): void {
    const sequenceNumber = ++this.#lastSequenceNumber;
    const numbers = { sequenceNumber, enqueuedSequenceNumber: sequenceNumber };
    const message: QueuedMessage = { ...scheduled, ...numbers, state: "active", dueAtMs: NEVER };
    this.#store.write([this.#remove(scheduled), this.#put(message)]);
    this.#places.scheduled.delete(scheduled.sequenceNumber);
    this.#place(message);
  }

  #expire(message: QueuedMessage): void {
    if (this.#settings.deadLettersExpired) {
      const description = "The message expired and was dead lettered.";
      this.#deadLetter(message, deadLetterProperties("TTLExpiredException", description));
    } else {
      this.#store.write([this.#remove(message)]);
    }
    this.#places.active.remove(message);
  }

  #put(message: QueuedMessage): Change {
    return { kind: "put", queue: this.name, message };
  }

  #remove({ sequenceNumber }: QueuedMessage): Change {
    return { kind: "remove", queue: this.name, sequenceNumber };
  }
}

function withProperties(message: QueuedMessage, properties: readonly MapEntry[]): QueuedMessage {
  if (properties.length === 0) return message;
  return { ...message, content: withApplicationProperties(message.content, properties) };
}
