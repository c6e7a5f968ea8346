import { throttled } from "./errors.ts";

/**
 * A bucket that fills at so many request units a second and holds one second's worth. A request runs while anything is
 * left and may overdraw; then nothing runs until the bucket is above zero again.
 */
export class Throttle {
  readonly #unitsPerSecond: number;
  readonly #now: () => number;
  #left: number;
  #filledAt: number;

  constructor(unitsPerSecond: number, now: () => number = () => performance.now()) {
    this.#unitsPerSecond = unitsPerSecond;
    this.#now = now;
    this.#left = unitsPerSecond;
    this.#filledAt = now();
  }

  /** @throws CosmosError 429 with the time after which the next request will run. */
  admit(): void {
    const now = this.#now();
    const gained = ((now - this.#filledAt) / 1000) * this.#unitsPerSecond;
    this.#left = Math.min(this.#unitsPerSecond, this.#left + gained);
    this.#filledAt = now;
    if (this.#left <= 0) {
      throw throttled(Math.ceil((-this.#left / this.#unitsPerSecond) * 1000) + 1);
    }
  }

  spend(units: number): void {
    this.#left -= units;
  }
}
