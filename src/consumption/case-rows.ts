/**
 * The rows behind the totals of additional cases (CA-14, CA-15): of several ledgers, one after the other, the newest first
 * in each. Promise: a page costs one query for each ledger that it touches, and one more for what its reversals take back.
 * Invariant: the rows of a service, a reason or a case are those that the totals of it are made of, each once.
 */
import * as z from "zod";
import type { Query } from "../platform/cosmos.ts";
import type { Chosen } from "./chosen.ts";
import { readReversed } from "./drill-down.ts";
import { caseNumberOf, type Entry, type LedgerId, ledgerIdSchema, type Reason } from "./entry.ts";
import { shownCells } from "./grid-cells.ts";
import { visibleRows } from "./grid-visibility.ts";
import { type RowStore, sortPathOf } from "./row-store.ts";

export type AdditionalRowsAsked = {
  readonly service?: string | undefined;
  readonly reason?: Reason | undefined;
  /** The case's number, or where it has none the id of its delivery. */
  readonly case?: string | undefined;
};

export const additionalPositionSchema = z.object({
  ledgerId: ledgerIdSchema,
  key: z.string(),
  id: z.string(),
});
type Position = z.output<typeof additionalPositionSchema>;

export function additionalCondition({ service, reason, case: key }: AdditionalRowsAsked): Query | undefined {
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
  const visibility = visibleRows();
  const texts = [
    ...conditions.map(({ text }) => text),
    ...(visibility.filter ? [visibility.filter.query] : []),
  ];
  if (texts.length === 0) return undefined;
  return {
    query: texts.map((text) => `(${text})`).join(" AND "),
    parameters: [
      ...conditions.map(({ name, value }) => ({ name, value })),
      ...(visibility.filter?.parameters ?? []),
    ],
  };
}

type Asked = {
  readonly chosen: Chosen;
  readonly asOf: string | undefined;
  readonly filter: Query | undefined;
  readonly after: Position | undefined;
  readonly limit: number;
};

/** @returns at most `limit` entries. */
export async function readAdditionalRows(
  store: Pick<RowStore, "additionalRows">,
  ledgers: readonly LedgerId[],
  { chosen, asOf, filter, after, limit }: Asked,
): Promise<Entry[]> {
  const start = after === undefined ? 0 : Math.max(0, ledgers.indexOf(after.ledgerId));
  const entries: Entry[] = [];
  for (const ledgerId of ledgers.slice(start)) {
    if (entries.length >= limit) break;
    const page = await store.additionalRows(ledgerId, {
      chosen,
      asOf,
      filter,
      sort: "deliveredAt",
      descending: true,
      after: after?.ledgerId === ledgerId ? { key: after.key, id: after.id } : undefined,
      limit: limit - entries.length,
    });
    entries.push(...page);
  }
  return entries;
}

export const additionalPositionOf = ({ ledgerId, at, id }: Entry): Position => ({ ledgerId, key: at, id });

const bookedSchema = z.object({
  agreementId: z.string().nullish(),
  request: z.object({ category: z.string().nullish() }).nullish().catch(undefined),
});

/** Each with the columns of what it takes back, where it does. */
export async function additionalRowViews(
  store: Pick<RowStore, "entriesById">,
  chosen: Chosen,
  entries: readonly Entry[],
) {
  const reversed = new Map<string, Entry>();
  for (const [ledgerId, group] of Map.groupBy(entries, (entry) => entry.ledgerId)) {
    const found = await readReversed(store, ledgerId, chosen, group);
    for (const entry of found.values()) reversed.set(`${ledgerId}\n${entry.id}`, entry);
  }
  return entries.map((entry) => rowView(entry, reversed.get(`${entry.ledgerId}\n${entry.reverses}`)));
}

function rowView(entry: Entry, reversed: Entry | undefined) {
  const { event } = reversed ?? entry;
  const cells = shownCells(event);
  const booked = bookedSchema.safeParse(event.data);
  const [, service = ""] = (entry.account ?? "").split(":");
  return {
    rowId: entry.id,
    kind: entry.reverses === undefined ? ("delivery" as const) : ("reversal" as const),
    number: caseNumberOf(entry) ?? null,
    title: cells.title ?? null,
    service,
    category: booked.data?.request?.category ?? null,
    reasons: entry.reasons ?? [],
    openedAt: cells.openedAt ?? null,
    deliveredAt: entry.at,
    deliveredMinutes: entry.quantity,
    agreementId: booked.data?.agreementId ?? null,
    workspaceId: entry.workspaceId ?? "",
    event: { source: entry.event.source, id: entry.event.id },
    reverses: reversed === undefined ? null : { source: reversed.event.source, id: reversed.event.id },
  };
}
