/**
 * What was written, counted as it is written, to be held against the figures before anything is issued (EX-06).
 * Its size depends on accounts and units, never on lines.
 */
import { createHash, type Hash } from "node:crypto";
import { type Account, isAdditional, type LedgerId } from "../consumption/entry.ts";
import type { Counts } from "../consumption/rollup.ts";
import { comparedText } from "./cpod-line.ts";
import { FiguresDifferError } from "./period-ledger.ts";
import type { LineSection, Row, Section } from "./report-row.ts";

/** A line of a report, with the account that it counts on. */
export type CountedLine = {
  readonly ledgerId: LedgerId;
  readonly account: string;
  readonly row: Row & { readonly quantity: number; readonly unit: string };
};

export type UnitTotal = {
  readonly section: Section;
  readonly unit: string;
  readonly quantity: number;
  readonly rows: number;
};

export type Tally = {
  readonly count: (line: CountedLine) => void;
  /** By section and unit; a section without lines has one of 0. */
  readonly totals: () => readonly UnitTotal[];
  /** @throws FiguresDifferError unless each account's lines come to what its roll-ups say, in quantity and number. */
  readonly check: (delivered: ReadonlyMap<LedgerId, ReadonlyMap<Account, Counts>>) => void;
};

const NONE: Counts = [0, 0];
const plus = ([quantity, rows]: Counts = NONE, added: number): Counts => [quantity + added, rows + 1];

/** @param sections that there are totals of. */
export function newTally(sections: readonly Section[] = lineSections): Tally {
  const byAccount = new Map<string, Counts>();
  const byUnit = new Map<string, Counts>();
  return {
    count: ({ ledgerId, account, row }) => {
      const accountKey = keyOf(ledgerId, account);
      byAccount.set(accountKey, plus(byAccount.get(accountKey), row.quantity));
      const unitKey = keyOf(row.section, row.unit);
      byUnit.set(unitKey, plus(byUnit.get(unitKey), row.quantity));
    },
    totals: () => sections.flatMap((section) => totalsOf(section, byUnit)),
    check: (delivered) => {
      const expected = new Map<string, Counts>();
      for (const [ledgerId, accounts] of delivered) {
        for (const [account, counts] of accounts) expected.set(keyOf(ledgerId, account), counts);
      }
      for (const key of new Set([...expected.keys(), ...byAccount.keys()])) {
        compare(key, byAccount.get(key) ?? NONE, expected.get(key) ?? NONE);
      }
    },
  };
}

const lineSections: readonly LineSection[] = ["delivery", "additionalCase"];

/** Lines of one section that the figures say there are: where there are none, none need be looked for. */
export function expectedRows(
  delivered: ReadonlyMap<LedgerId, ReadonlyMap<Account, Counts>>,
  section: LineSection,
): number {
  return [...delivered.values()]
    .flatMap((accounts) => [...accounts])
    .filter(([account]) => isAdditional(account) === (section === "additionalCase"))
    .reduce((sum, [, [, rows]]) => sum + rows, 0);
}

function totalsOf(section: Section, byUnit: ReadonlyMap<string, Counts>): UnitTotal[] {
  const prefix = keyOf(section, "");
  const totals = [...byUnit]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, [quantity, rows]]) => ({ section, unit: key.slice(prefix.length), quantity, rows }));
  return totals.length > 0 ? totals : [{ section, unit: "", quantity: 0, rows: 0 }];
}

function compare(key: string, [quantity, rows]: Counts, [expectedQuantity, expectedRowCount]: Counts): void {
  if (quantity === expectedQuantity && rows === expectedRowCount) return;
  const account = key.slice(key.indexOf("\n") + 1);
  throw new FiguresDifferError(
    `the ${rows} lines of ${account} come to ${quantity}, its roll-ups say ${expectedRowCount} and ${expectedQuantity}`,
  );
}

// Neither a ledger id nor an account has a line feed in it.
const keyOf = (first: string, second: string): string => `${first}\n${second}`;

/**
 * A digest of the lines of each account, to tell whether two readings saw the same ones: each reading has those of one
 * account in order of time, whatever comes between them.
 */
export type LineDigest = {
  readonly add: (line: CountedLine) => void;
  readonly text: () => string;
};

export function newLineDigest(): LineDigest {
  const hashes = new Map<string, Hash>();
  return {
    add: ({ ledgerId, account, row }) => {
      const key = keyOf(ledgerId, account);
      const hash = hashes.get(key) ?? createHash("sha256");
      hashes.set(key, hash);
      hash.update(`${comparedText(row)}\n`);
    },
    text: () =>
      [...hashes]
        .map(([key, hash]) => JSON.stringify([key, hash.copy().digest("hex")]))
        .toSorted()
        .join("\n"),
  };
}
