import type { OrderPath } from "./indexing-policy.ts";
import { atPath, type Json, type Value } from "./json.ts";
import type { StoredItem } from "./stored-item.ts";
import { compareValues } from "./values.ts";

export type Condition = { readonly path: readonly string[]; readonly value: Json };

/** Which items a slice holds and in which order; ties, and no order at all, go by the order of creation. */
export type SliceShape = {
  readonly conditions: readonly Condition[];
  readonly order: readonly OrderPath[];
  readonly skipUndefined: boolean;
};

/** A place between items: the values that decide the order, then the creation number. */
export type Place = { readonly keys: readonly Value[]; readonly sequence: number };
export type Entry = Place & { readonly item: StoredItem };

export type Bounds = { readonly lower?: Json; readonly upper?: Json };

const NO_KEYS: readonly Value[] = [];

/**
 * The items of one partition that satisfy a few equalities, always sorted.
 * Every write to the partition is shown to every slice of it, so a slice never differs from a fresh sort.
 */
export class Slice {
  readonly #shape: SliceShape;
  #entries: Entry[];

  constructor(shape: SliceShape, items: Iterable<StoredItem>) {
    this.#shape = shape;
    this.#entries = [];
    for (const item of items) {
      const entry = this.#entryOf(item);
      if (entry !== undefined) this.#entries.push(entry);
    }
    this.#entries.sort((left, right) => comparePlaces(shape.order, left, right));
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  add(item: StoredItem): void {
    const entry = this.#entryOf(item);
    if (entry !== undefined) this.#entries.splice(this.indexOf(entry), 0, entry);
  }

  remove(item: StoredItem): void {
    const entry = this.#entryOf(item);
    if (entry !== undefined) this.#entries.splice(this.indexOf(entry), 1);
  }

  /** The first index that is not before the place. */
  indexOf(place: Place): number {
    return this.#firstWhere((entry) => comparePlaces(this.#shape.order, entry, place) >= 0);
  }

  /** The part of the slice outside of which no item can satisfy the bounds on the first path of the order. */
  within(bounds: Bounds): { readonly start: number; readonly end: number } {
    const [first] = this.#shape.order;
    if (first === undefined) return { start: 0, end: this.#entries.length };
    const sign = first.descending ? -1 : 1;
    const [from, to] = first.descending ? [bounds.upper, bounds.lower] : [bounds.lower, bounds.upper];
    const start =
      from === undefined ? 0 : this.#firstWhere(({ keys }) => sign * compareValues(keys[0], from) >= 0);
    const end =
      to === undefined
        ? this.#entries.length
        : this.#firstWhere(({ keys }) => sign * compareValues(keys[0], to) > 0);
    return { start, end };
  }

  #entryOf(item: StoredItem): Entry | undefined {
    const { conditions, order, skipUndefined } = this.#shape;
    const { document, sequence } = item;
    if (!conditions.every(({ path, value }) => atPath(document, path) === value)) return undefined;
    if (order.length === 0) return { keys: NO_KEYS, sequence, item };
    const keys = order.map(({ path }) => atPath(document, path));
    return skipUndefined && keys[0] === undefined ? undefined : { keys, sequence, item };
  }

  /** Binary search: the test must be false up to some index and true from there on. */
  #firstWhere(test: (entry: Entry) => boolean): number {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry === undefined || test(entry)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

export function comparePlaces(order: readonly OrderPath[], left: Place, right: Place): number {
  for (let i = 0; i < order.length; i += 1) {
    const compared = compareValues(left.keys[i], right.keys[i]);
    if (compared !== 0) return order[i]?.descending === true ? -compared : compared;
  }
  return left.sequence - right.sequence;
}
