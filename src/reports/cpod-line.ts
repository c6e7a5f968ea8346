/**
 * The lines of a CPOD: one for each delivery and each reversal, in the order of time, then entry, then ledger. Pure.
 * Invariant: a line follows from its entry and the terms alone, so the same entries give the same lines.
 */
import * as z from "zod";
import { compareText, type EntitlementInPackage } from "../agreements/terms.ts";
import { canonicalJson, caseNumberOf, type Entry, isAdditional } from "../consumption/entry.ts";
import { isCounted } from "../consumption/rollup.ts";
import { cellText } from "./csv.ts";
import type { Column, LineSection, Row } from "./report-row.ts";

const text = z.string().nullish().catch(undefined);

/** What a line shows of an event: the producer's data were checked when they came; what is not there stays empty. */
const lineDataSchema = z.object({
  packageId: text,
  request: z
    .object({
      title: text,
      category: text,
      product: text,
      severity: text,
      status: text,
      openedAt: text,
      closedAt: text,
      primaryContact: text,
    })
    .nullish()
    .catch(undefined),
  detail: z.record(z.string(), z.unknown()).nullish().catch(undefined),
});

const reversalDataSchema = z.object({
  reverses: z.object({ source: z.string(), id: z.string() }).nullish().catch(undefined),
  reason: text,
});

/** What a line says of the delivery that it takes back; nothing for one that takes none back. */
export function reversalCells({ data }: Entry["event"]) {
  const { reverses, reason } = reversalDataSchema.parse(data);
  return {
    reversesSource: reverses?.source,
    reversesId: reverses?.id,
    reversalReason: reverses == null ? undefined : (reason ?? undefined),
  };
}

type LineRow = Row & {
  readonly section: LineSection;
  readonly quantity: number;
  readonly unit: string;
};

/** A line with the account that it counts on. */
export type Line = { readonly account: string; readonly row: LineRow };

/** @throws Error for an entry that counts nowhere: there is no line for it, and none must be asked for. */
export function lineOf(
  entry: Entry,
  agreementId: string | undefined,
  entitlements: ReadonlyMap<string, EntitlementInPackage>,
): Line {
  if (!isCounted(entry)) throw new Error(`entry ${entry.id} does not count`);
  const data = lineDataSchema.parse(entry.event.data);
  const { account, event } = entry;
  const { request } = data;
  const row = {
    ...(isAdditional(account)
      ? additionalCells(account, data.packageId ?? undefined)
      : deliveryCells(account, entitlements)),
    agreementId,
    deliveredAt: entry.at,
    quantity: entry.quantity,
    caseNumber: caseNumberOf(entry),
    caseTitle: request?.title ?? undefined,
    category: request?.category ?? undefined,
    reasons: entry.reasons?.join(" "),
    product: request?.product ?? undefined,
    severity: request?.severity ?? undefined,
    status: request?.status ?? undefined,
    openedAt: request?.openedAt ?? undefined,
    closedAt: request?.closedAt ?? undefined,
    primaryContact: request?.primaryContact ?? undefined,
    workspaceId: entry.workspaceId,
    ...reversalCells(event),
    recordedAt: entry.recordedAt,
    eventSource: event.source,
    eventId: event.id,
    lineId: entry.id,
    detail: data.detail == null ? undefined : canonicalJson(data.detail),
  };
  return { account, row };
}

function deliveryCells(account: string, entitlements: ReadonlyMap<string, EntitlementInPackage>) {
  const entitlementId = account.slice("e:".length);
  const known = entitlements.get(entitlementId);
  return {
    section: "delivery",
    entitlementId,
    entitlementName: known?.entitlement.name,
    service: known?.entitlement.service,
    unit: known?.entitlement.unit ?? "",
    packageId: known?.package.packageId,
    packageName: known?.package.name,
  } as const;
}

function additionalCells(account: string, packageId: string | undefined) {
  const [, service = "", unit = ""] = account.split(":");
  return { section: "additionalCase", service, unit, packageId } as const;
}

/** A line as it is read back from a file, or as it will be: the texts of its cells. */
export type LineTexts = Readonly<Partial<Record<Column, string>>>;

/** What two versions of a line can differ in; the rest follows from the event, which never changes, or from names. */
const comparedColumns = [
  "deliveredAt",
  "quantity",
  "unit",
  "service",
  "packageId",
  "entitlementId",
  "reasons",
  "workspaceId",
] as const satisfies readonly Column[];

export function textsOf(row: Row): LineTexts {
  return Object.fromEntries(Object.entries(row).map(([column, cell]) => [column, cellText(cell)]));
}

/** The columns in which two versions of a line differ, with what was there before. */
export function differencesOf(before: LineTexts, after: LineTexts): Record<string, string> {
  const differing = comparedColumns.filter((column) => (before[column] ?? "") !== (after[column] ?? ""));
  const moved = before.section === after.section ? [] : [["lineSection", before.section ?? ""]];
  return Object.fromEntries([...moved, ...differing.map((column) => [column, before[column] ?? ""])]);
}

/** What `differencesOf` looks at, as one text. */
export const comparedText = (line: Row): string =>
  JSON.stringify([line.section, line.lineId, ...comparedColumns.map((column) => line[column] ?? "")]);

/** An entry's id that begins with a dash is escaped in the file; escaped or not, it comes before all others. */
export const compareLines = (left: LineTexts, right: LineTexts): number =>
  compareText(left.deliveredAt ?? "", right.deliveredAt ?? "") ||
  compareText(left.lineId ?? "", right.lineId ?? "") ||
  compareText(left.agreementId ?? "", right.agreementId ?? "");

export const compareEntries = (left: Entry, right: Entry): number =>
  compareText(left.at, right.at) ||
  compareText(left.id, right.id) ||
  compareText(left.ledgerId, right.ledgerId);
