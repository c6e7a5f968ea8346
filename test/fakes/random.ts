import { createHash } from "node:crypto";

/** Seeded random numbers, so that what a test found can be found again. */
export type Random = {
  /** An integer from 0 up to, and without, `limit`. */
  readonly below: (limit: number) => number;
  readonly pick: <Item>(items: readonly [Item, ...Item[]]) => Item;
  readonly shuffled: <Item>(items: readonly Item[]) => Item[];
};

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  // xorshift32 needs a state that is not 0.
  if (state === 0) state = 0x9e3779b9;
  const below = (limit: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  return {
    below,
    pick: (items) => items[below(items.length)] ?? items[0],
    shuffled: (items) => {
      const rest = [...items];
      return items.flatMap(() => rest.splice(below(rest.length), 1));
    },
  };
}

/** Bytes that no compression makes smaller: for the same name always the same. */
export const noise = (bytes: number, name = "noise"): Buffer =>
  createHash("shake256", { outputLength: bytes }).update(name).digest();
