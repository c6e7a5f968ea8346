/** The rows of a report: one table, in which every section uses the columns that it needs. */
import type { SectionKey as Section } from "./content.ts";
import type { Cell } from "./csv.ts";

export type { SectionKey as Section } from "./content.ts";

/** The sections whose rows are deliveries and reversals. */
export type LineSection = "delivery" | "additionalCase";

/** Of all sections; `columns.ts` says which of them a section has, and in which order. */
const columns = [
  "section",
  "name",
  "value",
  "change",
  "lineSection",
  "deliveredAt",
  "quantity",
  "unit",
  "service",
  "agreementId",
  "packageId",
  "packageName",
  "packageSection",
  "packageStart",
  "packageEnd",
  "expiresOn",
  "entitlementId",
  "entitlementName",
  "purchased",
  "delivered",
  "consumed",
  "remaining",
  "overage",
  "rows",
  "caseNumber",
  "caseTitle",
  "category",
  "reasons",
  "product",
  "severity",
  "status",
  "openedAt",
  "closedAt",
  "primaryContact",
  "workspaceId",
  "reversesSource",
  "reversesId",
  "reversalReason",
  "recordedAt",
  "eventSource",
  "eventId",
  "lineId",
  "detail",
  "email",
  "since",
  "before",
  "learner",
  "activityTitle",
  "format",
  "level",
  "language",
  "started",
  "completed",
  "workspaceName",
] as const;
export type Column = (typeof columns)[number];

export type Row = { readonly section: Section } & { readonly [Name in Exclude<Column, "section">]?: Cell };
