import { randomUUID } from "node:crypto";
import { ChangeLog } from "./change-log.ts";
import type { ContainerDefinition } from "./container-definition.ts";
import { byteLength, type JsonObject } from "./json.ts";
import { type Change, Partition } from "./partition.ts";
import { rangeOfKey } from "./ranges.ts";
import { itemRid } from "./resource-ids.ts";
import { type StoredItem, withoutSystemProperties } from "./stored-item.ts";

/** One transaction, as it is made durable. */
export type Commit = {
  readonly partition: string;
  readonly changes: readonly Change[];
  readonly lsn: number;
  readonly nextSequence: number;
};

export type ContainerState = { readonly lsn: number; readonly nextSequence: number };
export type RestoredItem = { readonly partition: string; readonly item: StoredItem };

/**
 * The items of one container. Whatever changes them goes through a transaction on one partition, and a transaction is
 * one synchronous turn: it is durable and visible as a whole, or it never was.
 */
export class Container {
  readonly rid: string;
  readonly self: string;
  readonly rangeCount: number;
  definition: ContainerDefinition;
  readonly #onCommit: (commit: Commit) => void;
  readonly #partitions = new Map<string, Partition>();
  readonly #rangeLogs: readonly ChangeLog[];
  #lsn: number;
  #nextSequence: number;

  constructor(
    identity: { readonly rid: string; readonly self: string; readonly rangeCount: number },
    definition: ContainerDefinition,
    state: ContainerState,
    onCommit: (commit: Commit) => void,
  ) {
    this.rid = identity.rid;
    this.self = identity.self;
    this.rangeCount = identity.rangeCount;
    this.definition = definition;
    this.#lsn = state.lsn;
    this.#nextSequence = state.nextSequence;
    this.#onCommit = onCommit;
    this.#rangeLogs = Array.from({ length: identity.rangeCount }, () => new ChangeLog());
  }

  get lsn(): number {
    return this.#lsn;
  }

  partition(keyText: string): Partition | undefined {
    return this.#partitions.get(keyText);
  }

  /** In the order in which they were first written to. */
  partitions(range?: number): readonly Partition[] {
    const all = [...this.#partitions.values()];
    return range === undefined
      ? all
      : all.filter(({ keyText }) => rangeOfKey(keyText, this.rangeCount) === range);
  }

  rangeLog(range: number): ChangeLog | undefined {
    return this.#rangeLogs[range];
  }

  begin(keyText: string): Transaction {
    return new Transaction({
      partition: this.#partitions.get(keyText),
      containerRid: this.rid,
      self: this.self,
      lsn: this.#lsn + 1,
      nextSequence: this.#nextSequence,
      commit: (changes, nextSequence) => this.#commit(keyText, changes, nextSequence),
    });
  }

  /** Items as they were stored, in the order of their transactions. */
  restore(items: Iterable<RestoredItem>): void {
    for (const { partition, item } of items) {
      this.#partitionFor(partition).apply({ id: item.id, before: undefined, after: item });
    }
  }

  #commit(keyText: string, changes: readonly Change[], nextSequence: number): void {
    if (changes.length === 0) return;
    const lsn = this.#lsn + 1;
    this.#onCommit({ partition: keyText, changes, lsn, nextSequence });
    this.#lsn = lsn;
    this.#nextSequence = nextSequence;
    const partition = this.#partitionFor(keyText);
    for (const change of changes) partition.apply(change);
  }

  #partitionFor(keyText: string): Partition {
    const known = this.#partitions.get(keyText);
    if (known !== undefined) return known;
    const rangeLog = this.#rangeLogs[rangeOfKey(keyText, this.rangeCount)];
    if (rangeLog === undefined) throw new Error("every key belongs to a range");
    const partition = new Partition(this.#partitions.size, keyText, rangeLog);
    this.#partitions.set(keyText, partition);
    return partition;
  }
}

type Begun = {
  readonly partition: Partition | undefined;
  readonly containerRid: string;
  readonly self: string;
  readonly lsn: number;
  readonly nextSequence: number;
  readonly commit: (changes: readonly Change[], nextSequence: number) => void;
};

/** Sees its own writes; nobody else does before `commit`, and without it nothing has happened. */
export class Transaction {
  readonly #begun: Begun;
  readonly #written = new Map<string, StoredItem | undefined>();
  #nextSequence: number;

  constructor(begun: Begun) {
    this.#begun = begun;
    this.#nextSequence = begun.nextSequence;
  }

  get(id: string): StoredItem | undefined {
    return this.#written.has(id) ? this.#written.get(id) : this.#begun.partition?.get(id);
  }

  put(id: string, body: JsonObject): StoredItem {
    const { containerRid, self, lsn } = this.#begun;
    const existing = this.get(id);
    const sequence = existing?.sequence ?? this.#nextSequence++;
    const content = withoutSystemProperties(body);
    const etag = `"${randomUUID()}"`;
    const rid = itemRid(containerRid, sequence);
    const document = {
      ...content,
      _rid: rid,
      _self: `${self}docs/${rid}/`,
      _etag: etag,
      _attachments: "attachments/",
      _ts: Math.floor(Date.now() / 1000),
    };
    const item = { id, document, etag, bytes: byteLength(content), sequence, lsn };
    this.#written.set(id, item);
    return item;
  }

  remove(id: string): void {
    this.#written.set(id, undefined);
  }

  commit(): void {
    const changes: Change[] = [];
    for (const [id, after] of this.#written) {
      const before = this.#begun.partition?.get(id);
      if (before !== undefined || after !== undefined) changes.push({ id, before, after });
    }
    this.#begun.commit(changes, this.#nextSequence);
  }
}
