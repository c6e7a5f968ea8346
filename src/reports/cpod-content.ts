/**
 * A CPOD as writers take it: its rows split into their sections, each with typed cells. Invariants: nothing is left out,
 * a section without rows is an empty stream; sections are read in their order, each to its end; whoever stops early stops
 * what the rows come from.
 */
import type { Customer } from "../agreements/customer.ts";
import { columnsOf } from "./columns.ts";
import type { Cell, Column, ReportContent, Row, SectionKey } from "./content.ts";
import type { Cpod } from "./cpod.ts";
import type { PrintedPart } from "./cpod-print.ts";
import type { Report } from "./report.ts";
import type { Row as CpodRow, Section as CpodSection } from "./report-row.ts";

export type ContentFacts = {
  readonly customer: Customer;
  readonly report: Report;
  readonly generatedAt: string;
};

/** In the order of the rows. */
const sectionsInOrder: readonly CpodSection[] = [
  "report",
  "entitlement",
  "delivery",
  "additionalCase",
  "benefit",
  "contact",
  "total",
  "change",
];

/** @param rows of the CPOD, or one of the streams that they were fanned out to. */
export function cpodContent(
  cpod: Cpod,
  facts: ContentFacts,
  rows: AsyncIterable<readonly CpodRow[]>,
): ReportContent {
  const rowsOf = sectionSplitter(rows);
  const parts = sectionsInOrder.map((key) => ({ key, rows: rowsOf(key) }));
  return contentOf(cpod, facts, parts);
}

/** The lines of each entitlement as a section of their own: to be read after the rows have ended. */
export const printedContent = (cpod: Cpod, facts: ContentFacts): ReportContent =>
  contentOf(cpod, facts, cpod.printed());

function contentOf(
  { terms, packages, dataAsOf }: Cpod,
  { customer, report, generatedAt }: ContentFacts,
  parts: readonly PrintedPart[],
): ReportContent {
  const { agreementId, number, plan, startDate, endDate } = terms;
  return {
    kind: "cpod",
    customerName: customer.name,
    customerId: customer.customerId,
    timeZone: customer.timeZone,
    language: report.language,
    agreement: { agreementId, number, plan, startDate, endDate },
    period: report.period,
    workspaces: customer.workspaces.map(({ name }) => name),
    version: report.version,
    generatedAt,
    dataAsOf,
    packages,
    sections: parts.map(({ rows, ...part }) => ({
      ...part,
      columns: columnsOf[part.key],
      rows: typedRows(part.key, rows),
    })),
  };
}

async function* typedRows(
  key: SectionKey,
  batches: AsyncIterable<readonly CpodRow[]>,
): AsyncGenerator<readonly Row[]> {
  const columns = columnsOf[key];
  for await (const rows of batches) {
    if (rows.length > 0) yield rows.map((row) => columns.map((column) => cellOf(column, row)));
  }
}

function cellOf({ key, kind }: Column, row: Readonly<Record<string, string | number | undefined>>): Cell {
  const cell = row[key];
  if (typeof cell === "number") return kind === "integer" || kind === "amount" ? cell : String(cell);
  return typeof cell === "string" && cell !== "" ? cell : null;
}

/** @returns the rows of a section, to be read in the order of the sections. */
function sectionSplitter(
  batches: AsyncIterable<readonly CpodRow[]>,
): (section: CpodSection) => AsyncGenerator<readonly CpodRow[]> {
  const iterator = batches[Symbol.asyncIterator]();
  let held: readonly CpodRow[] = [];
  let isOver = false;
  async function* rowsOf(section: CpodSection): AsyncGenerator<readonly CpodRow[]> {
    while (!isOver) {
      if (held.length === 0) {
        const { done, value } = await iterator.next();
        isOver = done === true;
        if (done !== true) held = value;
        continue;
      }
      const next = held.findIndex((row) => row.section !== section);
      if (next === 0) return;
      const own = next === -1 ? held : held.slice(0, next);
      held = next === -1 ? [] : held.slice(next);
      yield own;
    }
  }
  return async function* whole(section) {
    let isWhole = false;
    try {
      yield* rowsOf(section);
      if (section === sectionsInOrder.at(-1) && !isOver) throw new Error(`rows are left after ${section}`);
      isWhole = true;
    } finally {
      if (!isWhole) await iterator.return?.();
    }
  };
}
