/** Waits that end early, and leave no timer behind. */

/** Resolves after that time, or at once when the signal is or gets aborted. */
export async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, durationMs);
  const end = (): void => resolve();
  signal.addEventListener("abort", end, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
}

/** Resolves when all of them have ended, well or not, at the latest after that time. */
export async function allEnded(promises: Iterable<Promise<unknown>>, timeoutMs: number): Promise<void> {
  const expired = Promise.withResolvers<void>();
  const timer = setTimeout(expired.resolve, timeoutMs);
  await Promise.race([Promise.allSettled(promises), expired.promise]);
  clearTimeout(timer);
}
