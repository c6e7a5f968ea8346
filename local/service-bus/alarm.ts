/** The longest delay a timer of the runtime takes: anything longer would ring at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/**
 * One timer for many deadlines: it rings at or before the earliest time asked for, after which whoever it wakes looks
 * for what is due and sets it again. It never keeps the process alive.
 */
export class Alarm {
  readonly #ring: () => void;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  set(atMs: number): void {
    if (atMs >= this.#dueAtMs) return;
    this.clear();
    this.#dueAtMs = atMs;
    const delayMs = Math.min(Math.max(0, atMs - Date.now()), LONGEST_DELAY_MS);
    this.#timer = setTimeout(() => {
      this.#dueAtMs = Number.POSITIVE_INFINITY;
      this.#ring();
    }, delayMs);
    this.#timer.unref();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#dueAtMs = Number.POSITIVE_INFINITY;
  }
}
