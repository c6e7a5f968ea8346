/**
 * The content of an education report (EX-02), as a stream of rows: what was learnt in some workspaces, or at the customer.
 * Invariants: memory does not grow with lines (EX-09); the lines add up to the figures of the page for the same workspaces,
 * or the stream ends with an error before its last row (EX-06); what changed since the version before is found line by line.
 */
import type { Customer } from "../agreements/customer.ts";
import type { ActivityStore } from "../consumption/activity-store.ts";
import { chooseWorkspaces } from "../consumption/chosen.ts";
import { digest } from "../consumption/entry.ts";
import { changesSince } from "./cpod-changes.ts";
import { type LineDigest, newLineDigest, newTally, type UnitTotal } from "./cpod-tally.ts";
import type { Cell } from "./csv.ts";
import { type EducationLedgers, readEducationLedgers } from "./education-ledgers.ts";
import type { OpenedReport } from "./opened-report.ts";
import type { Period } from "./period.ts";
import type { PreviousSections } from "./previous-version.ts";
import type { ReportChanges } from "./report.ts";
import { contextText } from "./report-context.ts";
import type { Row } from "./report-row.ts";
import type { EducationScope } from "./report-scope.ts";
import type { RestrictedNumbers } from "./restricted-lines.ts";

export type EducationSource = {
  readonly activity: ActivityStore;
  readonly customer: Customer;
  readonly scope: EducationScope;
  readonly period: Period;
  readonly version: number;
  readonly generatedAt: string;
  /** Of requests that it says nothing of (SR-06). */
  readonly restricted: RestrictedNumbers;
  /** The lines of the version before, read anew each time; undefined when this is the first that is issued. */
  readonly previous: PreviousSections | undefined;
};

/** @throws NotReadyError, NotFoundError for a workspace that the customer does not have; the rows throw FiguresDifferError. */
export async function openEducation(source: EducationSource): Promise<OpenedReport> {
  const { activity, customer, scope, period, restricted } = source;
  const chosen = chooseWorkspaces(customer, { kind: "all" }, scope.workspaceIds ?? "all");
  const about = chosen.kind === "everything" ? customer.workspaces : chosen.workspaces;
  const workspaces = new Map<string, string>(about.map(({ workspaceId, name }) => [workspaceId, name]));
  const ledgers = await readEducationLedgers(activity, customer, { chosen, period, restricted, workspaces });
  const changes = { added: 0, removed: 0, changed: 0 };
  const written = newLineDigest();
  const names = [...workspaces.values()];
  const facts = reportRows(source, names, ledgers.dataAsOf);
  const { revisions } = ledgers;
  return {
    agreement: null,
    workspaces: names,
    packages: [],
    dataAsOf: ledgers.dataAsOf,
    figures: figuresText(ledgers),
    context: contextText({ facts, workspaces: [...workspaces], revisions, restricted }),
    lines: countsIn(ledgers).reduce((sum, [, , [, rows]]) => sum + rows, 0),
    rows: rowsOf(source, { ledgers, facts, written, changes }),
    written: written.text,
    // It comes in formats for tools alone (EX-04).
    printed: () => [],
    changes: () => ({ ...changes }),
  };
}

const countsIn = ({ delivered }: EducationLedgers) =>
  [...delivered].flatMap(([ledgerId, accounts]) =>
    [...accounts].map(([account, counts]) => [ledgerId, account, counts] as const),
  );

/** A line that comes, goes or counts differently changes what accounts come to; what has none in the period is not said. */
function figuresText(ledgers: EducationLedgers): string {
  const counts = countsIn(ledgers)
    .filter(([, , [, rows]]) => rows > 0)
    .map((each) => JSON.stringify(each));
  return digest(JSON.stringify([counts.toSorted(), ledgers.dataAsOf]));
}

function reportRows(
  { customer, scope, period, version, generatedAt }: EducationSource,
  workspaces: readonly string[],
  dataAsOf: string | null,
): Row[] {
  const facts: [string, Cell][] = [
    ["report", "education"],
    ["customerId", customer.customerId],
    ["customerName", customer.name],
    ["timeZone", customer.timeZone],
    ["periodFrom", period.from],
    ["periodTo", period.to],
    ["workspaces", scope.workspaceIds === null ? "all" : "chosen"],
    ...workspaces.map((name): [string, Cell] => ["workspace", name]),
    ["version", version],
    ["generatedAt", generatedAt],
    ["dataAsOf", dataAsOf ?? undefined],
  ];
  return facts.map(([name, value]) => ({ section: "report", name, value }));
}

type Written = {
  readonly ledgers: EducationLedgers;
  readonly facts: readonly Row[];
  readonly written: LineDigest;
  readonly changes: ReportChanges;
};

async function* rowsOf(
  { previous, restricted }: EducationSource,
  { ledgers, facts, written, changes }: Written,
): AsyncGenerator<readonly Row[]> {
  const tally = newTally(["learning"]);
  yield facts;
  for await (const lines of ledgers.lines()) {
    for (const line of lines) {
      tally.count(line);
      written.add(line);
    }
    yield lines.map(({ row }) => row);
  }
  tally.check(ledgers.delivered);
  yield tally.totals().map(totalRow);
  if (previous !== undefined)
    yield* changesSince(previous("learning"), ledgers, { written, restricted }, changes);
}

const totalRow = ({ section, ...total }: UnitTotal): Row => ({ section: "total", name: section, ...total });
