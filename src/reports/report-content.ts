/**
 * A report as writers take it: its rows split into their sections, each with typed cells. Invariants: nothing is left out,
 * a section without rows is an empty stream; sections are read in their order, each to its end; whoever stops early stops
 * what the rows come from.
 */
import type { Language } from "../agreements/agreement-event.ts";
import type { Customer } from "../agreements/customer.ts";
import { columnsOf } from "./columns.ts";
import {
  type Cell,
  type Column,
  type ReportContent,
  type Row,
  type SectionKey,
  sectionsOfKind,
} from "./content.ts";
import type { PrintedPart } from "./cpod-print.ts";
import { columnOfFact } from "./facts.ts";
import type { OpenedReport } from "./opened-report.ts";
import type { Report } from "./report.ts";
import type { Row as ReportRow } from "./report-row.ts";

export type ContentFacts = {
  readonly customer: Customer;
  readonly report: Report;
  readonly language: Language;
  readonly generatedAt: string;
};

/** @param rows of the report, or one of the streams that they were fanned out to. */
export function reportContent(
  opened: OpenedReport,
  facts: ContentFacts,
  rows: AsyncIterable<readonly ReportRow[]>,
): ReportContent {
  const sections = sectionsOfKind[facts.report.scope.reportKind];
  const rowsOf = sectionSplitter(rows, sections.at(-1));
  const parts = sections.map((key) => ({ key, rows: rowsOf(key) }));
  return contentOf(opened, facts, parts);
}

/** The lines of each entitlement as a section of their own: to be read after the rows have ended. */
export const printedContent = (opened: OpenedReport, facts: ContentFacts): ReportContent =>
  contentOf(opened, facts, opened.printed());

function contentOf(
  { agreement, workspaces, packages, dataAsOf }: OpenedReport,
  { customer, report, language, generatedAt }: ContentFacts,
  parts: readonly PrintedPart[],
): ReportContent {
  return {
    kind: report.scope.reportKind,
    customerName: customer.name,
    customerId: customer.customerId,
    timeZone: customer.timeZone,
    language,
    agreement,
    period: report.period,
    workspaces,
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
  batches: AsyncIterable<readonly ReportRow[]>,
): AsyncGenerator<readonly Row[]> {
  const columns = columnsOf[key];
  for await (const rows of batches) {
    if (rows.length > 0)
      yield rows.map((row) => columns.map((column) => cellOf(columnOfFact(key, column, row.name), row)));
  }
}

function cellOf({ key, kind }: Column, row: Readonly<Record<string, string | number | undefined>>): Cell {
  const cell = row[key];
  if (typeof cell === "number") return kind === "integer" || kind === "amount" ? cell : String(cell);
  return typeof cell === "string" && cell !== "" ? cell : null;
}

/** @returns the rows of a section, to be read in the order of the sections. */
function sectionSplitter(
  batches: AsyncIterable<readonly ReportRow[]>,
  last: SectionKey | undefined,
): (section: SectionKey) => AsyncGenerator<readonly ReportRow[]> {
  const iterator = batches[Symbol.asyncIterator]();
  let held: readonly ReportRow[] = [];
  let isOver = false;
  async function* rowsOf(section: SectionKey): AsyncGenerator<readonly ReportRow[]> {
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
      if (section === last && !isOver) throw new Error(`rows are left after ${section}`);
      isWhole = true;
    } finally {
      if (!isWhole) await iterator.return?.();
    }
  };
}
