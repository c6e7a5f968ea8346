/** The columns of each section of a report, in their order; the one list that rows, labels and writers go by. */
import type { Column, SectionKey } from "./content.ts";

const text = (key: string, printWidth?: number): Column => ({
  key,
  kind: "text",
  ...(printWidth === undefined ? {} : { printWidth }),
});
const of =
  (kind: "integer" | "amount" | "instant" | "day") =>
  (key: string, printWidth?: number): Column => ({
    key,
    kind,
    ...(printWidth === undefined ? {} : { printWidth }),
  });
const integer = of("integer");
const amount = of("amount");
const instant = of("instant");
const day = of("day");
const code = (key: string, codes: NonNullable<Column["codes"]>, printWidth?: number): Column => ({
  ...text(key, printWidth),
  kind: "code",
  codes,
});

const packageColumns = [
  text("agreementId"),
  text("packageId"),
  text("packageName", 3),
  code("packageSection", "packageSection"),
  day("packageStart"),
  day("packageEnd"),
] as const;

/** Where a line is from. */
const eventColumns = [
  text("workspaceId"),
  text("reversesSource"),
  text("reversesId"),
  text("reversalReason"),
  instant("recordedAt"),
  text("eventSource"),
  text("eventId"),
  text("lineId"),
] as const;

const lineColumns = [
  instant("deliveredAt", 3),
  amount("quantity", 2),
  code("unit", "unit"),
  code("service", "service", 3),
  text("agreementId"),
  text("packageId"),
  text("packageName"),
  text("entitlementId"),
  text("entitlementName"),
  text("caseNumber", 3),
  text("caseTitle", 6),
  code("category", "category"),
  text("product", 3),
  code("severity", "severity", 2),
  code("status", "requestStatus", 2),
  instant("openedAt"),
  instant("closedAt"),
  text("primaryContact"),
  ...eventColumns,
  text("detail"),
] as const;

const reasons: Column = { key: "reasons", kind: "codes", codes: "reason", printWidth: 4 };

/** First the columns of the grid, in their order. */
const learningColumns = [
  text("learner", 3),
  text("activityTitle", 5),
  code("format", "format", 2),
  text("product", 3),
  text("level", 2),
  text("language", 2),
  instant("started", 3),
  instant("completed", 3),
  text("workspaceName", 3),
  instant("deliveredAt"),
  amount("quantity"),
  code("unit", "unit"),
  text("agreementId"),
  text("packageId"),
  text("packageName"),
  text("entitlementId"),
  text("entitlementName", 3),
  ...eventColumns,
] as const;

export const columnsOf: Readonly<Record<SectionKey, readonly Column[]>> = {
  report: [code("name", "fact", 2), text("value", 5)],
  entitlement: [
    ...packageColumns,
    day("expiresOn", 2),
    text("entitlementId"),
    text("entitlementName", 4),
    code("service", "service", 3),
    code("unit", "unit"),
    amount("purchased", 2),
    amount("delivered", 2),
    integer("rows"),
    amount("consumed", 2),
    amount("remaining", 2),
    amount("overage", 2),
  ],
  delivery: lineColumns,
  additionalCase: [...lineColumns, reasons],
  benefit: [
    ...packageColumns,
    day("expiresOn", 2),
    text("entitlementId"),
    text("entitlementName", 4),
    code("service", "service", 3),
  ],
  contact: [text("agreementId"), text("name", 3), text("email", 4), text("workspaceId"), day("since", 2)],
  total: [code("name", "section", 3), code("unit", "unit", 2), integer("rows", 2), amount("quantity", 2)],
  change: [
    code("change", "change", 2),
    code("lineSection", "section", 2),
    ...lineColumns,
    { ...reasons },
    text("before", 3),
  ],
  learning: learningColumns,
  learningChange: [code("change", "change", 2), ...learningColumns, text("before", 3)],
};
