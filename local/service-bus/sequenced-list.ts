type Sequenced = { readonly sequenceNumber: number };

/** Items in the order of their sequence numbers. Removing the first and adding at the end are cheap. */
export class SequencedList<Item extends Sequenced> {
  #items: Item[] = [];
  /** Items before this index are gone already. */
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  get first(): Item | undefined {
    return this.#items[this.#head];
  }

  values(): readonly Item[] {
    return this.#items.slice(this.#head);
  }

  insert(item: Item): void {
    const index = this.#indexOf(item.sequenceNumber);
    if (index === this.#items.length) this.#items.push(item);
    else this.#items.splice(index, 0, item);
  }

  remove({ sequenceNumber }: Sequenced): void {
    const index = this.#indexOf(sequenceNumber);
    if (this.#items[index]?.sequenceNumber !== sequenceNumber) return;
    if (index === this.#head) this.#removeFirst();
    else this.#items.splice(index, 1);
  }

  #removeFirst(): void {
    this.#head++;
    if (this.#head * 2 <= this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }

  /** Of the first item with this number or a higher one. */
  #indexOf(sequenceNumber: number): number {
    let low = this.#head;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const item = this.#items[middle];
      if (item !== undefined && item.sequenceNumber < sequenceNumber) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
