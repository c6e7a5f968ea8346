/**
 * The rows of grids: a delivery, or a reversal with a negative quantity and the cells of what it reverses. Pure.
 * Invariant: the quantities of all rows of an account add up to its total, always (CA-10).
 */
import { caseNumberOf, type Entry } from "./entry.ts";
import type { Line } from "./figures.ts";
import { type Cells, shownCells } from "./grid-cells.ts";

/** An entry, with what it is shown beside. */
export type RowSource = {
  readonly entry: Entry;
  /** What it reverses. */
  readonly reversed: Entry | undefined;
  readonly line: Line;
  /** What was left of the allowance after it, whole (CA-18); undefined where there is none. */
  readonly balanceAfter: number | undefined;
  /** Of its support request, where the caller can open it. */
  readonly requestLink: string | null;
};

function commonOf({ entry, reversed, line, requestLink }: RowSource) {
  return {
    rowId: entry.id,
    kind: entry.reverses === undefined ? ("delivery" as const) : ("reversal" as const),
    number: caseNumberOf(entry) ?? null,
    requestLink,
    deliveredAt: entry.at,
    recordedAt: entry.recordedAt,
    quantity: entry.quantity,
    unit: line.entitlement.unit ?? ("minutes" as const),
    agreementId: line.agreementId,
    packageId: line.package.packageId,
    workspaceId: entry.workspaceId ?? "",
    event: { source: entry.event.source, id: entry.event.id },
    reverses: reversed === undefined ? null : { source: reversed.event.source, id: reversed.event.id },
  };
}

const cellsOfRow = ({ entry, reversed }: RowSource): Cells => shownCells((reversed ?? entry).event);

export function caseRow(source: RowSource) {
  const { entry, line } = source;
  const cells = cellsOfRow(source);
  return {
    ...commonOf(source),
    type: line.entitlement.service,
    title: cells.title ?? null,
    product: cells.product ?? null,
    severity: cells.severity ?? null,
    status: cells.status ?? null,
    openedAt: cells.openedAt ?? null,
    closedAt: cells.closedAt ?? null,
    /** CA-12: what was delivered, whatever was scheduled. */
    deliveredMinutes: line.entitlement.unit === "minutes" ? entry.quantity : null,
    primaryContact: cells.primaryContact ?? null,
  };
}

export function educationRow(source: RowSource) {
  const cells = cellsOfRow(source);
  return {
    ...commonOf(source),
    learner: cells.learner ?? null,
    activityTitle: cells.activityTitle ?? null,
    format: cells.format ?? null,
    product: cells.product ?? null,
    level: cells.level ?? null,
    language: cells.language ?? null,
    startedAt: cells.startedAt ?? null,
    completedAt: cells.completedAt ?? null,
  };
}

export function assessmentRow(source: RowSource) {
  const cells = cellsOfRow(source);
  return {
    ...commonOf(source),
    assessment: cells.assessment ?? null,
    technology: cells.technology ?? null,
    status: cells.status ?? null,
    lastExecutionAt: source.entry.at,
    requestedBy: cells.requestedBy ?? null,
  };
}

export function creditRow(source: RowSource) {
  const cells = cellsOfRow(source);
  return {
    ...commonOf(source),
    date: source.entry.at,
    engagement: cells.engagement ?? null,
    creditsUsed: source.entry.quantity,
    balanceAfter: source.balanceAfter ?? null,
    status: cells.status ?? null,
    expiresOn: source.line.expiresOn,
  };
}

export const otherRow = (source: RowSource) => ({
  ...commonOf(source),
  title: cellsOfRow(source).title ?? null,
});

/** The selected columns of a row; its id always stays. */
export function selectColumns<Row extends { readonly rowId: string }>(
  row: Row,
  names: ReadonlySet<string> | undefined,
): Partial<Row> & Pick<Row, "rowId"> {
  if (names === undefined) return row;
  const kept = Object.entries(row).filter(([name]) => names.has(name));
  // Every entry comes from the row itself, so what is left is a part of it.
  return { ...(Object.fromEntries(kept) as Partial<Row>), rowId: row.rowId };
}
