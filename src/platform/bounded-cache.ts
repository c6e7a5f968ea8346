import { LRUCache } from "lru-cache";

/**
 * Keeps as many entries, the ones used last. As its bound is one of sizes, of 1 each, it takes memory for what it holds
 * and not, as one of `max` entries does, for all that it may hold.
 */
export const boundedCache = <Key extends {}, Value extends {}>(entries: number): LRUCache<Key, Value> =>
  new LRUCache({ maxSize: entries, sizeCalculation: () => 1 });
