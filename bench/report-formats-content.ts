/** A report with any number of deliveries, none of which exists before it is asked for or is kept after. */
import { columnsOf } from "../src/reports/columns.ts";
import type { Cell, ReportContent, Row, Section, SectionKey } from "../src/reports/content.ts";

const PAGE_ROWS = 1_000;
const MONTH_START_MS = Date.UTC(2026, 5, 1);
const MONTH_MS = 30 * 86_400_000;
const MINUTES = 15;

export function generatedContent(deliveries: number): ReportContent {
  return {
    kind: "cpod",
    customerName: "Contoso",
    customerId: "customer-1",
    timeZone: "Europe/Madrid",
    language: "en",
    agreement: null,
    period: { from: timeOf(0, 1), to: timeOf(1, 1) },
    workspaces: ["Default"],
    version: 1,
    generatedAt: "2026-07-01T02:00:00.000Z",
    dataAsOf: null,
    packages: [],
    sections: [
      sectionOf(
        "report",
        pagesOf(1, () => ["customerName", "Contoso"]),
      ),
      deliverySection(deliveries),
      sectionOf(
        "total",
        pagesOf(1, () => ["delivery", "minutes", deliveries, deliveries * MINUTES]),
      ),
    ],
  };
}

export const deliverySection = (deliveries: number): Section =>
  sectionOf(
    "delivery",
    pagesOf(deliveries, (index) => deliveryRow(index, deliveries)),
  );

function sectionOf(key: SectionKey, rows: Section["rows"]): Section {
  return { key, columns: columnsOf[key], rows };
}

async function* pagesOf(rows: number, rowAt: (index: number) => Row): AsyncGenerator<Row[]> {
  for (let start = 0; start < rows; start += PAGE_ROWS) {
    const length = Math.min(PAGE_ROWS, rows - start);
    yield await Promise.resolve(Array.from({ length }, (_, index) => rowAt(start + index)));
  }
}

const timeOf = (index: number, deliveries: number): string =>
  new Date(MONTH_START_MS + Math.floor((index * MONTH_MS) / deliveries)).toISOString();

function deliveryRow(index: number, deliveries: number): Row {
  const at = timeOf(index, deliveries);
  const cells: Readonly<Record<string, Cell>> = {
    deliveredAt: at,
    quantity: MINUTES,
    unit: "minutes",
    service: "problemResolution",
    agreementId: "agreement-1",
    packageId: "package-1",
    packageName: "Problem resolution, 600 hours",
    entitlementId: "entitlement-1",
    entitlementName: "Problem resolution hours",
    caseNumber: `CASE-${index}`,
    caseTitle: "Replication stopped after the update",
    category: null,
    product: "Windows Server",
    severity: "moderate",
    status: "closed",
    openedAt: at,
    closedAt: at,
    primaryContact: "Contact 1",
    workspaceId: "workspace-1",
    recordedAt: at,
    eventSource: "/servicedesk",
    eventId: `delivery-${index}`,
    lineId: String(index).padStart(22, "0"),
    detail: JSON.stringify({ request: { number: `CASE-${index}`, primaryContact: "Contact 1" } }),
  };
  return columnsOf.delivery.map(({ key }) => cells[key] ?? null);
}
