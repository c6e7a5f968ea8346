/**
 * The lines of an education report: one for each learning activity started and one for each reversal, with the cells of the
 * grid. Pure. Invariants: a line follows from its entry, what that takes back, and the terms alone; it names no request,
 * because who manages learning need not know of any (SR-02).
 */
import { compareText, type EntitlementInPackage } from "../agreements/terms.ts";
import type { Entry } from "../consumption/entry.ts";
import { shownCells } from "../consumption/grid-cells.ts";
import { reversalCells } from "./cpod-line.ts";
import type { CountedLine } from "./cpod-tally.ts";
import type { LedgerAccount } from "./period-ledger.ts";
import { type RestrictedNumbers, withoutRequest, withoutRestricted } from "./restricted-lines.ts";

/** An entitlement to education. */
export type LearningAccount = LedgerAccount &
  EntitlementInPackage & {
    readonly agreementId: string;
  };

/** What is looked up for a line. */
export type LearningNames = {
  /** By id, of the workspaces that the report is about. */
  readonly workspaces: ReadonlyMap<string, string>;
  /** Of requests that nothing is said of (SR-06). */
  readonly restricted: RestrictedNumbers;
};

/** @param reversed what the entry takes back: a reversal shows its cells. */
export function learningLine(
  entry: Entry,
  reversed: Entry | undefined,
  { ledgerId, account, agreementId, entitlement, package: item }: LearningAccount,
  { workspaces, restricted }: LearningNames,
): CountedLine {
  const { event } = withoutRequest(entry);
  const cells = shownCells(withoutRestricted(reversed ?? entry, restricted).event);
  const { workspaceId = "" } = entry;
  const row = {
    section: "learning",
    learner: cells.learner ?? undefined,
    activityTitle: cells.activityTitle ?? undefined,
    format: cells.format ?? undefined,
    product: cells.product ?? undefined,
    level: cells.level ?? undefined,
    language: cells.language ?? undefined,
    started: cells.startedAt ?? undefined,
    completed: cells.completedAt ?? undefined,
    workspaceName: workspaces.get(workspaceId),
    deliveredAt: entry.at,
    quantity: entry.quantity,
    unit: entitlement.unit ?? "",
    agreementId,
    packageId: item.packageId,
    packageName: item.name,
    entitlementId: entitlement.entitlementId,
    entitlementName: entitlement.name,
    workspaceId,
    ...reversalCells(event),
    recordedAt: entry.recordedAt,
    eventSource: event.source,
    eventId: event.id,
    lineId: entry.id,
  } as const;
  return { ledgerId, account, row };
}

/** In the order of time, then entry, then ledger. */
export const compareLearning = ({ row: left, ...own }: CountedLine, { row: right, ...other }: CountedLine) =>
  compareText(String(left.deliveredAt), String(right.deliveredAt)) ||
  compareText(String(left.lineId), String(right.lineId)) ||
  compareText(own.ledgerId, other.ledgerId);
