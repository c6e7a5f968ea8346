/**
 * A CPOD for paper: the lines of each entitlement are a section of their own, each read by itself. Promise: the lines are
 * those that were written, or reading them ends with an error; memory does not grow with them.
 * It costs a query for each page of lines and one for each entitlement that has any.
 */
import { type EntitlementInPackage, entitlementsOf } from "../agreements/terms.ts";
import { isAdditional } from "../consumption/entry.ts";
import type { Section, SectionKey } from "./content.ts";
import type { FixedRows } from "./cpod.ts";
import { changesSince, type PreviousLines } from "./cpod-changes.ts";
import { type CpodLedgers, FiguresDifferError, type LedgerAccount } from "./cpod-ledgers.ts";
import { totalRows } from "./cpod-sections.ts";
import { type LineDigest, newLineDigest, newTally } from "./cpod-tally.ts";
import type { Row } from "./report-row.ts";
import type { RestrictedNumbers } from "./restricted-lines.ts";

export type PrintedPart = Pick<Section, "key" | "group"> & {
  readonly rows: AsyncIterable<readonly Row[]>;
};

type PrintedSource = {
  readonly fixed: FixedRows;
  readonly previous: (() => PreviousLines) | undefined;
  readonly restricted: RestrictedNumbers;
  /** Of the lines that the report has. */
  readonly written: LineDigest;
};

export function printedParts(ledgers: CpodLedgers, source: PrintedSource): PrintedPart[] {
  const { fixed, previous, restricted, written } = source;
  const printed = newLineDigest();
  const tally = newTally();
  async function* linesOn(accounts: readonly LedgerAccount[]): AsyncGenerator<readonly Row[]> {
    for await (const page of ledgers.linesOn(accounts)) {
      for (const line of page) {
        tally.count(line);
        printed.add(line);
      }
      yield page.map(({ row }) => row);
    }
  }
  async function* totals(): AsyncGenerator<readonly Row[]> {
    tally.check(ledgers.delivered);
    if (printed.text() !== written.text())
      throw new FiguresDifferError("the lines changed while they were printed");
    yield await Promise.resolve(
      totalRows(tally.totals(), [...fixed.entitlement, ...fixed.benefit, ...fixed.contact]),
    );
  }
  const part = (key: SectionKey, rows: PrintedPart["rows"]): PrintedPart => ({ key, rows });
  const changes = { added: 0, removed: 0, changed: 0 };
  const filled = filledAccounts(ledgers);
  const additional = filled.filter(({ account }) => isAdditional(account));
  const groups = groupsOf(ledgers, filled).map(
    ({ account, ...group }): PrintedPart => ({ key: "delivery", group, rows: linesOn([account]) }),
  );
  return [
    part("report", once(fixed.report)),
    part("entitlement", once(fixed.entitlement)),
    ...(groups.length > 0 ? groups : [part("delivery", once([]))]),
    part("additionalCase", linesOn(additional)),
    part("benefit", once(fixed.benefit)),
    part("contact", once(fixed.contact)),
    part("total", totals()),
    part(
      "change",
      previous === undefined ? once([]) : changesSince(previous(), ledgers, { written, restricted }, changes),
    ),
  ];
}

async function* once(rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
  if (rows.length > 0) yield await Promise.resolve(rows);
}

const filledAccounts = ({ delivered }: CpodLedgers): LedgerAccount[] =>
  [...delivered].flatMap(([ledgerId, accounts]) =>
    [...accounts].filter(([, [, rows]]) => rows > 0).map(([account]) => ({ ledgerId, account })),
  );

/** In the order of the agreement, then what it does not name any more. */
function groupsOf({ terms }: CpodLedgers, filled: readonly LedgerAccount[]) {
  const inOrder = new Map<string, EntitlementInPackage>(
    entitlementsOf(terms).map((line) => [line.entitlement.entitlementId, line]),
  );
  const order = [...inOrder.keys()];
  const placeOf = (entitlementId: string): number => {
    const index = order.indexOf(entitlementId);
    return index === -1 ? order.length : index;
  };
  return filled
    .filter(({ account }) => !isAdditional(account))
    .map((account) => {
      const entitlementId = account.account.slice("e:".length);
      const name = inOrder.get(entitlementId)?.entitlement.name ?? entitlementId;
      return { account, entitlementId, name };
    })
    .toSorted((left, right) => placeOf(left.entitlementId) - placeOf(right.entitlementId));
}
