/**
 * A page of the list of additional cases. Promise: what is read at once costs one query for each ledger, and one more for each
 * that has a case of it, which reads the rows of these cases alone: nothing of it grows with the cases before or after.
 * Invariants: a case is whole wherever it is, with all of its rows of all ledgers that the caller is shown; pages neither skip
 * nor repeat one that was there all the time, nor tell of one of which all rows are hidden.
 */
import * as z from "zod";
import type { Query } from "../platform/cosmos.ts";
import { type AdditionalCase, caseKeyOf, collectAdditionalCases } from "./additional-cases.ts";
import type { AdditionalEntry, CaseKey, CaseStore } from "./case-store.ts";
import type { Chosen } from "./chosen.ts";
import type { LedgerId } from "./entry.ts";
import { compareCells } from "./grid-cells.ts";
import { type Read, type RowVisibility, readShownPage, type ShownPage } from "./grid-visibility.ts";
import { foldLedgers } from "./ledger-merge.ts";

/** Keys come once for each row: what a case has of these on average. */
const ROWS_PER_CASE = 4;

export const casePositionSchema = z.object({
  key: z.string(),
  number: z.string().nullable(),
  /** The last service that was given of this case; null: all of them were. */
  service: z.string().nullable(),
});
type CasePosition = z.output<typeof casePositionSchema>;

type Scope = {
  readonly chosen: Chosen;
  readonly asOf: string | undefined;
  /** What narrows the rows besides: that of the visibility. */
  readonly filter: Query | undefined;
  readonly visibility: Pick<RowVisibility, "shown" | "lookUp">;
};
type Store = Pick<CaseStore, "additional" | "additionalKeys">;

export type PlacedCase = { readonly item: AdditionalCase; readonly position: CasePosition };

type PageAsked = { readonly after: CasePosition | undefined; readonly limit: number };

export function readAdditionalCasePage(
  store: Store,
  ledgers: readonly LedgerId[],
  scope: Scope,
  page: PageAsked,
): Promise<ShownPage<PlacedCase, CasePosition>> {
  const read = (after: CasePosition | undefined, limit: number) =>
    readOn(store, ledgers, scope, { after, limit });
  return readShownPage(page, read, ({ position }) => position);
}

async function readOn(
  store: Store,
  ledgers: readonly LedgerId[],
  scope: Scope,
  { after, limit }: PageAsked,
): Promise<Read<PlacedCase, CasePosition>> {
  const following = await readPlaces(store, ledgers, scope, after && caseKeyOf(after), limit);
  const places = [...begunPlaces(ledgers, after), ...following.places];
  await scope.visibility.lookUp(places.map(({ key }) => key.number));
  const { items } = await collectAdditionalCases(rowsAt(store, scope, places));
  const rest = items.filter((item) => after === undefined || isBeyond(item, after));
  return {
    found: rest.map((item, index) => ({ item, position: positionOf(item, rest[index + 1]) })),
    end: following.end && doneWith(following.end),
  };
}

/** Where a case has rows. */
type Place = { readonly key: CaseKey; readonly ledgerId: LedgerId };
/** `end`: up to which all are known; undefined: all there are. */
type Places = { readonly places: readonly Place[]; readonly end: CaseKey | undefined };

/** A case of which the page before gave only some services may be anywhere. */
function begunPlaces(ledgers: readonly LedgerId[], after: CasePosition | undefined): Place[] {
  if (after === undefined || after.service === null) return [];
  return ledgers.map((ledgerId) => ({ key: caseKeyOf(after), ledgerId }));
}

/** The first keys of all ledgers, in order. What a ledger has beyond those that it gave is not known yet. */
async function readPlaces(
  store: Store,
  ledgers: readonly LedgerId[],
  scope: Scope,
  after: CaseKey | undefined,
  count: number,
): Promise<Places> {
  const limit = count * ROWS_PER_CASE;
  const read = async (ledgerId: LedgerId): Promise<Places> => {
    const found = await store.additionalKeys(ledgerId, { ...scope, after, limit });
    const keys = found.filter((key, index) => index === 0 || !isSame(key, found[index - 1]));
    return { places: keys.map((key) => ({ key, ledgerId })), end: found[limit - 1] };
  };
  const merge = (sum: Places, found: readonly Places[]): Places => {
    const all = [sum, ...found];
    const end = all.flatMap((each) => each.end ?? []).toSorted(compareKeys)[0];
    const known = all
      .flatMap(({ places }) => places)
      .filter(({ key }) => end === undefined || compareKeys(key, end) <= 0)
      .toSorted(comparePlaces);
    const places = firstKeys(known, count);
    return { places, end: places.length < known.length ? places.at(-1)?.key : end };
  };
  return foldLedgers<Places, Places>(ledgers, read, { places: [], end: undefined }, merge);
}

/** @param places in order of their keys. */
function firstKeys(places: readonly Place[], count: number): Place[] {
  let keys = 0;
  return places.filter(({ key }, index) => {
    if (index === 0 || !isSame(key, places[index - 1]?.key)) keys += 1;
    return keys <= count;
  });
}

async function* rowsAt(
  store: Store,
  { visibility, ...scope }: Scope,
  places: readonly Place[],
): AsyncGenerator<readonly AdditionalEntry[]> {
  for (const [ledgerId, own] of Map.groupBy(places, (place) => place.ledgerId)) {
    const keys = own.map(({ key }) => key);
    for await (const rows of store.additional(ledgerId, { ...scope, keys }))
      yield await visibility.shown(rows, numberedOf);
  }
}

const numberedOf = ({ number = null, workspaceId }: AdditionalEntry) => ({ number, workspaceId });

const textOf = (key: CaseKey): string => (key.number === null ? key.id : key.number);

function compareKeys(left: CaseKey, right: CaseKey): number {
  return compareCells(left.number, right.number) || compareCells(textOf(left), textOf(right));
}

const comparePlaces = (left: Place, right: Place): number => compareKeys(left.key, right.key);

const isSame = (left: CaseKey, right: CaseKey | undefined): boolean =>
  right !== undefined && compareKeys(left, right) === 0;

const doneWith = (key: CaseKey): CasePosition => ({ key: textOf(key), number: key.number, service: null });

function isBeyond(item: AdditionalCase, { service, ...key }: CasePosition): boolean {
  const compared = compareKeys(caseKeyOf(item), caseKeyOf(key));
  return compared > 0 || (compared === 0 && service !== null && item.service > service);
}

function positionOf(item: AdditionalCase, next: AdditionalCase | undefined): CasePosition {
  const { key, number, service } = item;
  const hasMore = next !== undefined && isSame(caseKeyOf(item), caseKeyOf(next));
  return { key, number, service: hasMore ? service : null };
}
