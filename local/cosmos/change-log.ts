import type { StoredItem } from "./stored-item.ts";

type Change = { readonly item: StoredItem; readonly isCurrent: () => boolean };

/** Below this many entries a log is not worth compacting. */
const COMPACTION_LEAST = 1024;

/**
 * The latest version of each item in the order of writing. Versions that were replaced stay in the list until they are
 * the greater part of it, and are never read out.
 */
export class ChangeLog {
  #changes: Change[] = [];
  #stale = 0;

  append(item: StoredItem, isCurrent: () => boolean): void {
    this.#changes.push({ item, isCurrent });
  }

  noteStale(): void {
    this.#stale += 1;
    if (this.#changes.length < COMPACTION_LEAST || this.#stale * 2 < this.#changes.length) return;
    this.#changes = this.#changes.filter((change) => change.isCurrent());
    this.#stale = 0;
  }

  /**
   * At most `limit` changes made after that transaction, except that the items of one transaction always come
   * together.
   */
  after(lsn: number, limit: number, accepts: (item: StoredItem) => boolean): readonly StoredItem[] {
    const page: StoredItem[] = [];
    for (let i = this.#firstAfter(lsn); i < this.#changes.length; i += 1) {
      const change = this.#changes[i];
      if (change === undefined || !change.isCurrent() || !accepts(change.item)) continue;
      if (page.length >= limit && change.item.lsn !== page.at(-1)?.lsn) break;
      page.push(change.item);
    }
    return page;
  }

  #firstAfter(lsn: number): number {
    let [low, high] = [0, this.#changes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle]?.item.lsn ?? Number.POSITIVE_INFINITY) > lsn) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
