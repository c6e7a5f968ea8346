/** Contents of reports as writers get them. */
import type { Language } from "../../../src/agreements/agreement-event.ts";
import { columnsOf } from "../../../src/reports/columns.ts";
import type {
  Cell,
  EntitlementFigures,
  PackageFigures,
  ReportContent,
  Row,
  Section,
  SectionKey,
} from "../../../src/reports/content.ts";

/** A row of a section with what is named; the other cells say nothing. */
export const rowOf = (key: SectionKey, cells: Readonly<Record<string, Cell>>): Row =>
  columnsOf[key].map((column) => cells[column.key] ?? null);

export async function* batchesOf(rows: Iterable<Row>, size = 100): AsyncGenerator<readonly Row[]> {
  let batch: Row[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < size) continue;
    yield await Promise.resolve(batch);
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

export const sectionOf = (
  key: SectionKey,
  rows: Iterable<Row>,
  group?: NonNullable<Section["group"]>,
): Section => ({ key, columns: columnsOf[key], rows: batchesOf(rows), ...(group && { group }) });

export const entitlementOf = (
  entitlementId: string,
  figures: Partial<EntitlementFigures> = {},
): EntitlementFigures => ({
  entitlementId,
  name: entitlementId,
  service: "problemResolution",
  unit: "minutes",
  purchased: 2_400,
  delivered: 615,
  consumed: 1_830,
  remaining: 570,
  overage: 0,
  lines: 3,
  ...figures,
});

export const packageOf = (
  packageId: string,
  entitlements: readonly EntitlementFigures[],
  figures: Partial<PackageFigures> = {},
): PackageFigures => ({
  packageId,
  name: packageId,
  section: "enterpriseWide",
  startDate: "2026-01-01",
  endDate: "2026-12-31",
  entitlements,
  benefits: [],
  ...figures,
});

export const contentOf = (
  sections: readonly Section[],
  content: Partial<ReportContent> & { readonly language?: Language } = {},
): ReportContent => ({
  kind: "cpod",
  customerName: "Contoso",
  customerId: "contoso",
  timeZone: "Europe/Warsaw",
  language: "en",
  agreement: {
    agreementId: "agreement-1",
    number: "U-2026-0042",
    plan: "unified",
    startDate: "2026-01-01",
    endDate: "2026-12-31",
  },
  period: { from: "2026-11-01T00:00:00.000Z", to: "2026-12-01T00:00:00.000Z" },
  workspaces: ["Contoso Europe", "Contoso Polska"],
  version: 1,
  generatedAt: "2026-12-01T06:00:00.000Z",
  dataAsOf: "2026-11-30T22:15:00.000Z",
  packages: [],
  sections,
  ...content,
});
