import { ChangeLog } from "./change-log.ts";
import { Slice, type SliceShape } from "./slice.ts";
import type { StoredItem } from "./stored-item.ts";

/** The least recently used slice goes first: each one costs a comparison at every write. */
const MAX_SLICES = 128;

/** One item written or removed: `before` is what was there, `after` what is there now. */
export type Change = {
  readonly id: string;
  readonly before: StoredItem | undefined;
  readonly after: StoredItem | undefined;
};

/** All items of one partition key value, with the sorted views that queries have asked for so far. */
export class Partition {
  /** The order in which partitions were first written to: cross-partition reads go by it. */
  readonly ordinal: number;
  readonly keyText: string;
  readonly log = new ChangeLog();
  readonly #rangeLog: ChangeLog;
  readonly #items = new Map<string, StoredItem>();
  readonly #slices = new Map<string, Slice>();

  constructor(ordinal: number, keyText: string, rangeLog: ChangeLog) {
    this.ordinal = ordinal;
    this.keyText = keyText;
    this.#rangeLog = rangeLog;
  }

  get size(): number {
    return this.#items.size;
  }

  get(id: string): StoredItem | undefined {
    return this.#items.get(id);
  }

  apply({ id, before, after }: Change): void {
    if (before !== undefined) {
      for (const slice of this.#slices.values()) slice.remove(before);
    }
    if (after === undefined) this.#items.delete(id);
    else {
      this.#items.set(id, after);
      for (const slice of this.#slices.values()) slice.add(after);
      const isCurrent = () => this.#items.get(id) === after;
      this.log.append(after, isCurrent);
      this.#rangeLog.append(after, isCurrent);
    }
    if (before === undefined) return;
    this.log.noteStale();
    this.#rangeLog.noteStale();
  }

  /** Built at the first request of its shape; `built` counts the items that were looked at for that. */
  slice(shape: SliceShape): { readonly slice: Slice; readonly built: number } {
    const key = JSON.stringify(shape);
    const known = this.#slices.get(key);
    const slice = known ?? new Slice(shape, this.#items.values());
    this.#slices.delete(key);
    this.#slices.set(key, slice);
    const [oldest] = this.#slices.keys();
    if (this.#slices.size > MAX_SLICES && oldest !== undefined) this.#slices.delete(oldest);
    return { slice, built: known === undefined ? this.#items.size : 0 };
  }
}
