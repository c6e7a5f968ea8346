/** How wide the columns of a table are. Pure. */

export type WidthWish = {
  readonly share: number;
  /** Below which words of it would be parted. */
  readonly least: number;
};

/** @returns widths that come to the total: by share, but none below its least as long as there is room for all of these. */
export function columnWidths(wishes: readonly WidthWish[], total: number): readonly number[] {
  const needed = sumOf(wishes, ({ least }) => least);
  if (needed >= total) return wishes.map(({ least }) => (least * total) / needed);
  let narrow = new Set<WidthWish>();
  for (;;) {
    const others = wishes.filter((wish) => !narrow.has(wish));
    const left = total - sumOf([...narrow], ({ least }) => least);
    const unit = left / sumOf(others, ({ share }) => share);
    const tooNarrow = others.filter(({ share, least }) => share * unit < least);
    if (tooNarrow.length === 0) {
      return wishes.map((wish) => (narrow.has(wish) ? wish.least : wish.share * unit));
    }
    narrow = new Set([...narrow, ...tooNarrow]);
  }
}

const sumOf = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);
