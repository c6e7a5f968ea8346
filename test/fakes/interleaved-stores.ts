import type { RecorderStores } from "../../src/consumption/record.ts";
import { aroundStores } from "./around-stores.ts";
import type { Random } from "./random.ts";

/** Longest pause of one call, in turns of the microtask queue. */
const TURNS_MAX = 12;

/** Every call waits a random number of turns before and after it is done, so that concurrent callers overtake each other. */
export function interleavedStores(inner: RecorderStores, random: Random): RecorderStores {
  const pause = async (): Promise<void> => {
    for (let turns = random.below(TURNS_MAX); turns > 0; turns--) await Promise.resolve();
  };
  return aroundStores(inner, async (_method, run) => {
    await pause();
    const value = await run();
    await pause();
    return value;
  });
}
