/**
 * What a report says of itself has a kind of its own in each row: a number, a day, a code, and else a text. Pure. Writers
 * ask here, so that a fact is the same to all of them.
 */
import type { Column, SectionKey } from "./content.ts";

const FACT_KINDS: Readonly<Record<string, Pick<Column, "kind" | "codes">>> = {
  report: { kind: "code", codes: "reportKind" },
  plan: { kind: "code", codes: "plan" },
  agreementStart: { kind: "day" },
  agreementEnd: { kind: "day" },
  periodFrom: { kind: "instant" },
  periodTo: { kind: "instant" },
  workspaces: { kind: "code", codes: "workspaceChoice" },
  version: { kind: "integer" },
  generatedAt: { kind: "instant" },
  dataAsOf: { kind: "instant" },
};

/** The column as it is in the row of that fact. */
export function columnOfFact(section: SectionKey, column: Column, name: unknown): Column {
  if (section !== "report" || column.key !== "value" || typeof name !== "string") return column;
  return Object.hasOwn(FACT_KINDS, name) ? { ...column, ...FACT_KINDS[name] } : column;
}
