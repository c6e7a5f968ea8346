import type { Continuation } from "./continuation.ts";
import type { Partition } from "./partition.ts";
import type { CompiledQuery } from "./query-compile.ts";
import { boundsOf, type Demands, demandsOf } from "./query-filters.ts";
import { type Bounds, comparePlaces, type Entry, type Place, Slice, type SliceShape } from "./slice.ts";

export type Candidate = Entry & { readonly ordinal: number };
/** Counts the items looked at, those for building a slice included. */
export type Search = { examined: number };

type Cursor = {
  readonly ordinal: number;
  readonly entries: readonly Entry[];
  next: number;
  readonly end: number;
};

type Where = {
  readonly compiled: CompiledQuery;
  readonly demands: Demands;
  readonly bounds: Bounds;
  readonly after: Continuation | undefined;
};

/**
 * Every item that can match, in the order of the query, from the place of the continuation on. Without ORDER BY one
 * partition comes after the other; with it all partitions are merged.
 */
export function* searchInOrder(
  compiled: CompiledQuery,
  partitions: readonly Partition[],
  after: Continuation | undefined,
  search: Search,
): Generator<Candidate> {
  const { query, parameters, order } = compiled;
  const [first] = order;
  const where: Where = {
    compiled,
    demands: demandsOf(query.where, query.root, parameters),
    bounds: first === undefined ? {} : boundsOf(query.where, query.root, first.path, parameters),
    after,
  };
  if (order.length > 0) {
    yield* merged(
      where,
      partitions.flatMap((partition) => cursorsOf(where, partition, search)),
      search,
    );
    return;
  }
  for (const partition of partitions) {
    if (after !== undefined && partition.ordinal < after.ordinal) continue;
    yield* merged(where, cursorsOf(where, partition, search), search);
  }
}

function* merged(where: Where, cursors: readonly Cursor[], search: Search): Generator<Candidate> {
  let open = cursors.filter(({ next, end }) => next < end);
  while (open.length > 0) {
    const least = open.reduce((best, cursor) => (isBefore(where, cursor, best) ? cursor : best));
    const entry = least.entries[least.next];
    least.next += 1;
    if (least.next >= least.end) open = open.filter((cursor) => cursor !== least);
    if (entry === undefined) continue;
    search.examined += 1;
    yield { ...entry, ordinal: least.ordinal };
  }
}

function isBefore(where: Where, left: Cursor, right: Cursor): boolean {
  const [mine, other] = [left.entries[left.next], right.entries[right.next]];
  if (mine === undefined || other === undefined) return false;
  return comparePlaces(where.compiled.order, mine, other) < 0;
}

function cursorsOf(where: Where, partition: Partition, search: Search): readonly Cursor[] {
  const { ordinal } = partition;
  return slicesOf(where, partition, search).map((slice) => {
    const { start, end } = slice.within(where.bounds);
    const place = resumePlace(where, ordinal);
    const next = place === undefined ? start : Math.max(start, slice.indexOf(place));
    return { ordinal, entries: slice.entries, next, end };
  });
}

/** Without ORDER BY, a partition after the one where the page ended is read from its beginning. */
function resumePlace({ compiled, after }: Where, ordinal: number): Place | undefined {
  if (after === undefined) return undefined;
  return compiled.order.length > 0 || ordinal === after.ordinal ? after : undefined;
}

function slicesOf({ compiled, demands }: Where, partition: Partition, search: Search): readonly Slice[] {
  const { order, skipUndefined } = compiled;
  const shape: SliceShape = { conditions: demands.equalities, order, skipUndefined };
  if (demands.ids !== undefined) {
    const items = demands.ids.flatMap((id) => partition.get(id) ?? []);
    return [new Slice({ ...shape, conditions: [] }, items)];
  }
  const alternatives = demands.oneOf?.map((condition) => [...demands.equalities, condition]);
  return (alternatives ?? [demands.equalities]).map((conditions) => {
    const { slice, built } = partition.slice({ ...shape, conditions });
    search.examined += built;
    return slice;
  });
}
