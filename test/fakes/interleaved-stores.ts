import type { RecorderStores } from "../../src/consumption/record.ts";
import { type Around, aroundStores } from "./around-stores.ts";
import type { Random } from "./random.ts";

/** Longest pause of one call, in turns of the microtask queue. */
const TURNS_MAX = 12;

/** Every call waits a random number of turns before and after it is done, so that concurrent callers overtake each other. */
export const interleavedStores = (inner: RecorderStores, random: Random): RecorderStores =>
  aroundStores(inner, interleavedCalls(random));

/** The same for stores of any kind. */
export function interleavedCalls(random: Random): Around {
  const pause = async (): Promise<void> => {
    for (let turns = random.below(TURNS_MAX); turns > 0; turns--) await Promise.resolve();
  };
  return async (_method, run) => {
    await pause();
    const value = await run();
    await pause();
    return value;
  };
}
