import { setTimeout as delay } from "node:timers/promises";
import { statusOf } from "../src/platform/cosmos.ts";
import { UnavailableError } from "../src/platform/errors.ts";
import { asUnavailable } from "../src/platform/transient.ts";

const ATTEMPTS = 12;
const FIRST_WAIT_MS = 20;
const MAX_WAIT_MS = 500;

/** Repeats what can be done twice, as long as the store is busy or the answer was lost. @throws what the last one threw. */
export async function tryAgain<T>(action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await action();
    } catch (error) {
      if (attempt === ATTEMPTS || !isPassing(error)) throw error;
    }
    await delay(Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), MAX_WAIT_MS));
  }
}

/** 409: an earlier attempt, or somebody beside, has created it since it was looked for. */
function isPassing(error: unknown): boolean {
  return asUnavailable(error) instanceof UnavailableError || statusOf(error) === 409;
}
