/**
 * One stream for several readers, who go in step: a batch is read when all have taken the one before it, so nothing piles
 * up, and what is read is read once. Invariants: whoever stops early or fails ends it for all, so no reader ever takes a
 * part for the whole.
 */

export class ReaderStoppedError extends Error {
  constructor() {
    super("another reader of the same stream stopped before its end");
    this.name = "ReaderStoppedError";
  }
}

type Turn<Item> = { readonly result: Promise<IteratorResult<Item, void>>; left: number };

type FannedOut<Item> = {
  /** One for each reader: all of them have to be read to the end. */
  readonly streams: readonly AsyncIterable<Item>[];
  /** For whoever fails before having begun to read: ends it for the others. */
  readonly stop: () => Promise<void>;
};

export function fanOut<Item>(source: AsyncIterable<Item>, readers: number): FannedOut<Item> {
  const iterator = source[Symbol.asyncIterator]();
  const turns: Turn<Item>[] = [];
  let first = 0;
  let wake: (() => void)[] = [];
  let stopped: ReaderStoppedError | undefined;

  const released = (): Promise<void> => new Promise((resolve) => wake.push(resolve));
  const wakeAll = (): void => {
    const sleeping = wake;
    wake = [];
    for (const each of sleeping) each();
  };

  /** @param index of the turn that a reader is at. */
  async function take(index: number): Promise<IteratorResult<Item, void>> {
    while (stopped === undefined && index > first && turns[index - first] === undefined) await released();
    if (stopped !== undefined) throw stopped;
    let turn = turns[index - first];
    if (turn === undefined) {
      turn = { result: nextOf(iterator), left: readers };
      turns.push(turn);
    }
    const result = await turn.result;
    turn.left -= 1;
    if (turn.left === 0) {
      turns.shift();
      first += 1;
      wakeAll();
    }
    return result;
  }

  async function stop(): Promise<void> {
    stopped ??= new ReaderStoppedError();
    wakeAll();
    await iterator.return?.();
  }

  return { streams: Array.from({ length: readers }, () => readerOf(take, stop)), stop };
}

const nextOf = async <Item>(iterator: AsyncIterator<Item>): Promise<IteratorResult<Item, void>> => {
  const { done, value } = await iterator.next();
  return done === true ? { done: true, value: undefined } : { done: false, value };
};

async function* readerOf<Item>(
  take: (index: number) => Promise<IteratorResult<Item, void>>,
  stop: () => Promise<void>,
): AsyncGenerator<Item> {
  let isWhole = false;
  try {
    for (let index = 0; ; index++) {
      const { done, value } = await take(index);
      if (done === true) {
        isWhole = true;
        return;
      }
      yield value;
    }
  } finally {
    if (!isWhole) await stop();
  }
}
