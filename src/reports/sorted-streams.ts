/**
 * Sorted streams of pages, merged and compared. Invariant: of each stream one page is in memory, however long it is.
 * An await costs more than a comparison: there is one for a page and none for an item.
 */

type Pages<Item> = AsyncIterable<readonly Item[]>;
type Compare<Item> = (left: Item, right: Item) => number;

const BATCH = 1_000;

type Cursor<Item> = {
  readonly head: () => Item | undefined;
  /** True when there is no item left in the page, and perhaps in the next. */
  readonly take: () => boolean;
  readonly nextPage: () => Promise<void>;
  readonly close: () => Promise<void>;
};

async function openCursor<Item>(pages: Pages<Item>): Promise<Cursor<Item>> {
  const iterator = pages[Symbol.asyncIterator]();
  let page: readonly Item[] = [];
  let index = 0;
  const nextPage = async (): Promise<void> => {
    let step = await iterator.next();
    while (step.done !== true && step.value.length === 0) step = await iterator.next();
    page = step.done === true ? [] : step.value;
    index = 0;
  };
  await nextPage();
  return {
    head: () => page[index],
    take: () => {
      index += 1;
      return index >= page.length;
    },
    nextPage,
    close: async () => {
      await iterator.return?.();
    },
  };
}

/** All of them, or none is left open. */
async function openCursors<Item>(streams: readonly Pages<Item>[]): Promise<Cursor<Item>[]> {
  const outcomes = await Promise.allSettled(streams.map(openCursor));
  const opened = outcomes.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const failed = outcomes.find((each) => each.status === "rejected");
  if (failed === undefined) return opened;
  for (const cursor of opened) await cursor.close();
  throw failed.reason;
}

/** All items of some sorted streams in order. */
export async function* mergeSorted<Item>(
  streams: readonly Pages<Item>[],
  compare: Compare<Item>,
): AsyncGenerator<Item[]> {
  const cursors = await openCursors(streams);
  try {
    let batch: Item[] = [];
    for (;;) {
      const least = leastOf(cursors, compare);
      if (least === undefined) break;
      batch.push(least.head);
      if (least.cursor.take()) await least.cursor.nextPage();
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

function leastOf<Item>(cursors: readonly Cursor<Item>[], compare: Compare<Item>) {
  let least: { readonly head: Item; readonly cursor: Cursor<Item> } | undefined;
  for (const cursor of cursors) {
    const head = cursor.head();
    if (head === undefined) continue;
    if (least === undefined || compare(head, least.head) < 0) least = { head, cursor };
  }
  return least;
}

/** An item of the left stream, of the right one, or of both where they compare as equal. */
export type Pair<Item> = { readonly left: Item | undefined; readonly right: Item | undefined };

/** Both streams side by side, in order. */
export async function* pairSorted<Item>(
  leftPages: Pages<Item>,
  rightPages: Pages<Item>,
  compare: Compare<Item>,
): AsyncGenerator<Pair<Item>[]> {
  const [left, right] = await openCursors([leftPages, rightPages]);
  if (left === undefined || right === undefined) throw new Error("two streams were opened");
  try {
    let batch: Pair<Item>[] = [];
    for (;;) {
      const pair = firstPair(left.head(), right.head(), compare);
      if (pair.left === undefined && pair.right === undefined) break;
      batch.push(pair);
      if (pair.left !== undefined && left.take()) await left.nextPage();
      if (pair.right !== undefined && right.take()) await right.nextPage();
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } finally {
    await left.close();
    await right.close();
  }
}

function firstPair<Item>(
  left: Item | undefined,
  right: Item | undefined,
  compare: Compare<Item>,
): Pair<Item> {
  if (left === undefined || right === undefined) return { left, right };
  const order = compare(left, right);
  return { left: order <= 0 ? left : undefined, right: order >= 0 ? right : undefined };
}
