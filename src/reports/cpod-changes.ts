/**
 * What changed since the version before, line by line. Invariant: memory does not grow with lines; the lines that are
 * compared are those that were written, or the rows end with an error.
 */
import { compareLines, differencesOf, type LineTexts, textsOf } from "./cpod-line.ts";
import { type CountedLine, type LineDigest, newLineDigest } from "./cpod-tally.ts";
import { FiguresDifferError } from "./period-ledger.ts";
import type { ReportChanges } from "./report.ts";
import type { Row } from "./report-row.ts";
import { type RestrictedNumbers, textsWithoutRestricted } from "./restricted-lines.ts";
import { type Pair, pairSorted } from "./sorted-streams.ts";

export type PreviousLines = AsyncIterable<readonly LineTexts[]>;

/** What has lines, in their order and each time it is called read anew. */
type Lines = { readonly lines: () => AsyncIterable<readonly CountedLine[]> };

/**
 * @param ledgers what the lines of the report are read from.
 * @param written digest of the lines that the report has.
 * @param changes counts them.
 */
export async function* changesSince(
  previous: PreviousLines,
  ledgers: Lines,
  { written, restricted }: { readonly written: LineDigest; readonly restricted: RestrictedNumbers },
  changes: ReportChanges,
): AsyncGenerator<readonly Row[]> {
  const again = newLineDigest();
  yield* changeRows(withoutRequests(previous, restricted), textsOfLines(ledgers, again), changes);
  if (again.text() !== written.text())
    throw new FiguresDifferError("the lines changed while they were written");
}

async function* textsOfLines(ledgers: Lines, digest: LineDigest): AsyncGenerator<LineTexts[]> {
  for await (const page of ledgers.lines()) {
    for (const line of page) digest.add(line);
    yield page.map(({ row }) => textsOf(row));
  }
}

async function* withoutRequests(
  lines: PreviousLines,
  restricted: RestrictedNumbers,
): AsyncGenerator<readonly LineTexts[]> {
  for await (const page of lines) yield page.map((line) => textsWithoutRestricted(line, restricted));
}

/** Counts the lines that were added, removed or changed, and gives each as a row. */
async function* changeRows(
  previous: PreviousLines,
  current: AsyncIterable<readonly LineTexts[]>,
  changes: ReportChanges,
): AsyncGenerator<readonly Row[]> {
  for await (const pairs of pairSorted(previous, current, compareLines)) {
    const rows = pairs.flatMap((pair) => changeRow(pair) ?? []);
    for (const { change } of rows) changes[change] += 1;
    yield rows;
  }
}

type ChangeRow = Row & { readonly change: keyof ReportChanges };

function changeRow({ left, right }: Pair<LineTexts>): ChangeRow | undefined {
  if (left === undefined) return right === undefined ? undefined : { ...lineCells(right), change: "added" };
  if (right === undefined) return { ...lineCells(left), change: "removed" };
  const differences = differencesOf(left, right);
  if (Object.keys(differences).length === 0) return undefined;
  return { ...lineCells(right), change: "changed", before: JSON.stringify(differences) };
}

/** A report of learning has lines of one section, which need not be named. */
function lineCells({ section, quantity, ...line }: LineTexts) {
  const cells = { ...line, quantity: Number(quantity) };
  return section === "learning"
    ? ({ ...cells, section: "learningChange" } as const)
    : ({ ...cells, section: "change", lineSection: section } as const);
}
