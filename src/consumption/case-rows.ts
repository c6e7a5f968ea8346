/**
 * The rows behind the totals of additional cases (CA-14, CA-15), of several ledgers in one order: the key they are sorted by,
 * then the id, then the ledger. Promise: a page costs two queries for each ledger, one for each where the list begins with its
 * newest row, and one more for what its reversals take back, however many rows there are; where rows of it are hidden, it reads
 * on.
 * Invariants: the rows of a service, a reason or a case are those that the totals of it are made of, each once, but for those
 * that are hidden; pages neither skip nor repeat a row that was there all the time.
 */
import * as z from "zod";
import { unitSchema } from "../agreements/agreement-event.ts";
import { compareText } from "../agreements/terms.ts";
import type { Query } from "../platform/cosmos.ts";
import type { Chosen } from "./chosen.ts";
import { readReversed } from "./drill-down.ts";
import { caseNumberOf, type Entry, type LedgerId, ledgerIdSchema, type Reason } from "./entry.ts";
import { latest } from "./figures.ts";
import { additionalColumns, additionalSearched, LEDGER_AGREEMENT } from "./grid.ts";
import { compareCells, shownCells } from "./grid-cells.ts";
import { rowCondition } from "./grid-query.ts";
import { type RowVisibility, readOf, readShownPage, type ShownPage } from "./grid-visibility.ts";
import { foldLedgers } from "./ledger-merge.ts";
import { type RowSort, type RowStore, sortKeyOf, sortPathOf } from "./row-store.ts";

export type AdditionalRowsAsked = {
  readonly service?: string | undefined;
  readonly reason?: Reason | undefined;
  /** The case's number, or where it has none the id of its delivery. */
  readonly case?: string | undefined;
  readonly filter?: string | undefined;
  readonly search?: string | undefined;
};

export const additionalPositionSchema = z.object({
  key: z.union([z.string(), z.number(), z.null()]),
  id: z.string(),
  ledgerId: ledgerIdSchema,
});
type Position = z.output<typeof additionalPositionSchema>;

/**
 * What rows of a ledger are asked for.
 * @param visible a condition on those that are shown.
 * @throws InvalidRequestError `InvalidFilter`.
 */
export function additionalCondition(
  asked: AdditionalRowsAsked,
  visible: Query | undefined,
): (ledgerId: LedgerId) => Query | undefined {
  const { filter, search } = asked;
  const others = [parameterCondition(asked), visible];
  const condition = rowCondition({ filter, search }, additionalColumns, additionalSearched, others);
  return (ledgerId) => condition && ofLedger(condition, ledgerId);
}

function ofLedger({ query, parameters }: Query, ledgerId: LedgerId): Query {
  if (!query.includes(LEDGER_AGREEMENT)) return { query, parameters };
  return { query, parameters: [...parameters, { name: LEDGER_AGREEMENT, value: agreementIn(ledgerId) }] };
}

/** Null for what was booked to none. */
function agreementIn(ledgerId: LedgerId): string | null {
  const agreementId = ledgerId.slice(ledgerId.indexOf("/") + 1);
  return agreementId === "" ? null : agreementId;
}

function parameterCondition({ service, reason, case: key }: AdditionalRowsAsked): Query | undefined {
  const path = sortPathOf("number");
  const ofCase = `(${path} = @case OR (NOT IS_STRING(${path}) AND (c.id = @case OR c.reverses = @case)))`;
  const conditions = [
    service === undefined
      ? []
      : [{ text: "STARTSWITH(c.account, @service)", value: `a:${service}:`, name: "@service" }],
    reason === undefined
      ? []
      : [{ text: "ARRAY_CONTAINS(c.reasons, @reason)", value: reason, name: "@reason" }],
    key === undefined ? [] : [{ text: ofCase, value: key, name: "@case" }],
  ].flat();
  if (conditions.length === 0) return undefined;
  return {
    query: conditions.map(({ text }) => `(${text})`).join(" AND "),
    parameters: conditions.map(({ name, value }) => ({ name, value })),
  };
}

type Scope = {
  readonly chosen: Chosen;
  readonly asOf: string | undefined;
  readonly filterOf: (ledgerId: LedgerId) => Query | undefined;
};

export type AdditionalPage = {
  readonly sort: RowSort;
  readonly descending: boolean;
  readonly after: Position | undefined;
  readonly limit: number;
};

type ShownScope = Scope & { readonly visibility: Pick<RowVisibility, "shown" | "lookUp"> };
type Store = Pick<RowStore, "additionalRows">;

/** A page of the rows that are shown, and the time of the last of all of them (CA-17). */
export async function readAdditionalRows(
  store: Store,
  ledgers: readonly LedgerId[],
  scope: ShownScope,
  page: AdditionalPage,
): Promise<ShownPage<Entry, Position> & { readonly lastAt: string | undefined }> {
  const isNewestFirst = page.sort === "deliveredAt" && page.descending && page.after === undefined;
  const [rows, newest] = await Promise.all([
    readSome(store, ledgers, scope, { ...page, limit: page.limit + 1 }),
    isNewestFirst ? [] : readSome(store, ledgers, scope, { ...NEWEST, limit: NEWEST.limit + 1 }),
  ]);
  await scope.visibility.lookUp([...rows, ...newest].map((entry) => numberedOf(entry).number));
  const shown = await readOn(store, ledgers, scope, page, rows);
  const last = isNewestFirst ? shown : await readOn(store, ledgers, scope, NEWEST, newest);
  return { ...shown, lastAt: last.value[0]?.at };
}

const NEWEST = { sort: "deliveredAt", descending: true, after: undefined, limit: 1 } as const;

/** @param first what was read of the page already. */
function readOn(
  store: Store,
  ledgers: readonly LedgerId[],
  scope: ShownScope,
  { after, limit, ...order }: AdditionalPage,
  first: readonly Entry[],
): Promise<ShownPage<Entry, Position>> {
  const placeOf = additionalPositionOf(order.sort);
  const read = async (place: Position | undefined, count: number) => {
    const isFirst = place === after;
    const rows = isFirst
      ? first
      : await readSome(store, ledgers, scope, { ...order, after: place, limit: count });
    const { end } = readOf(rows, count, placeOf);
    return { found: await scope.visibility.shown(rows, numberedOf), end };
  };
  return readShownPage({ after, limit }, read, placeOf);
}

export const numberedOf = (entry: Entry) => ({
  number: caseNumberOf(entry) ?? null,
  workspaceId: entry.workspaceId ?? "",
});

/** @returns at most `limit` entries. */
async function readSome(
  store: Store,
  ledgers: readonly LedgerId[],
  { chosen, asOf, filterOf }: Scope,
  { sort, descending, after, limit }: AdditionalPage,
): Promise<readonly Entry[]> {
  const read = (ledgerId: LedgerId) => {
    const place = after && {
      key: after.key,
      id: after.id,
      isIncluded: compareText(ledgerId, after.ledgerId) > 0,
    };
    const filter = filterOf(ledgerId);
    return store.additionalRows(ledgerId, { chosen, asOf, filter, sort, descending, after: place, limit });
  };
  const compare = compareRows(sort, descending);
  return foldLedgers<readonly Entry[], readonly Entry[]>(ledgers, read, [], (sum, found) =>
    [...sum, ...found.flat()].toSorted(compare).slice(0, limit),
  );
}

/** The ledger is last, and its order never turns: it only tells apart what two producers named alike. */
const compareRows = (sort: RowSort, descending: boolean) => (left: Entry, right: Entry) => {
  const compared =
    compareCells(sortKeyOf(left, sort), sortKeyOf(right, sort)) || compareText(left.id, right.id);
  return (descending ? -compared : compared) || compareText(left.ledgerId, right.ledgerId);
};

/** Time of the last delivery among all additional rows, which the totals are of. */
export async function readAdditionalLastAt(
  store: Pick<RowStore, "additionalLastAt">,
  ledgers: readonly LedgerId[],
  { chosen, asOf }: Omit<Scope, "filterOf">,
): Promise<string | undefined> {
  const read = (ledgerId: LedgerId) => store.additionalLastAt(ledgerId, { chosen, asOf, filter: undefined });
  return foldLedgers<string | undefined, string | undefined>(ledgers, read, undefined, (sum, found) =>
    latest([sum, ...found]),
  );
}

const additionalPositionOf =
  (sort: RowSort) =>
  (entry: Entry): Position => ({
    key: sortKeyOf(entry, sort),
    id: entry.id,
    ledgerId: entry.ledgerId,
  });

/** Each with the columns of what it takes back, where it does. */
export async function additionalRowViews(
  store: Pick<RowStore, "entriesById">,
  chosen: Chosen,
  entries: readonly Entry[],
  requestLinkOf: (number: string | null) => string | null,
) {
  const reversed = new Map<string, Entry>();
  for (const [ledgerId, group] of Map.groupBy(entries, (entry) => entry.ledgerId)) {
    const found = await readReversed(store, ledgerId, chosen, group);
    for (const entry of found.values()) reversed.set(`${ledgerId}\n${entry.id}`, entry);
  }
  return entries.map((entry) => {
    const view = rowView(entry, reversed.get(`${entry.ledgerId}\n${entry.reverses}`));
    return { ...view, requestLink: requestLinkOf(view.number) };
  });
}

function rowView(entry: Entry, reversed: Entry | undefined) {
  const { event } = reversed ?? entry;
  const cells = shownCells(event);
  const [, service = "", unit = ""] = (entry.account ?? "").split(":");
  return {
    rowId: entry.id,
    kind: entry.reverses === undefined ? ("delivery" as const) : ("reversal" as const),
    number: caseNumberOf(entry) ?? null,
    title: cells.title ?? null,
    service,
    category: cells.category ?? null,
    reasons: entry.reasons ?? [],
    openedAt: cells.openedAt ?? null,
    deliveredAt: entry.at,
    recordedAt: entry.recordedAt,
    quantity: entry.quantity,
    unit: unitSchema.parse(unit),
    deliveredMinutes: unit === "minutes" ? entry.quantity : null,
    agreementId: agreementIn(entry.ledgerId),
    workspaceId: entry.workspaceId ?? "",
    event: { source: entry.event.source, id: entry.event.id },
    reverses: reversed === undefined ? null : { source: reversed.event.source, id: reversed.event.id },
  };
}
