/**
 * What a report says beside its figures, or leaves out, as one digest. Pure.
 * Invariant: two reports of a scope and period with the same figures and the same context have the same cells, apart from
 * version and time of making.
 */
import { compareText } from "../agreements/terms.ts";
import { digest, type LedgerId } from "../consumption/entry.ts";
import type { Row } from "./report-row.ts";
import { type RestrictedNumbers, restrictedText } from "./restricted-lines.ts";

/** Of each ledger that was read, when it was settled: names, units and where a line counts follow from it. */
export type Revisions = ReadonlyMap<LedgerId, number>;

type Context = {
  /** Of the section `report`. */
  readonly facts: readonly Row[];
  /** Whatever workspaces are called, by id. */
  readonly workspaces: readonly (readonly [workspaceId: string, name: string])[];
  readonly revisions: Revisions;
  readonly restricted: RestrictedNumbers;
};

/** Of each report its own. */
const OWN_FACTS: readonly unknown[] = ["version", "generatedAt"];

export function contextText({ facts, workspaces, revisions, restricted }: Context): string {
  const said = facts.filter(({ name }) => !OWN_FACTS.includes(name)).map(({ name, value }) => [name, value]);
  // A ledger that nothing was ever placed anew in may be opened by what is in no report of the period.
  const placed = [...revisions].filter(([, revision]) => revision > 0);
  const sorted = placed.toSorted(([left], [right]) => compareText(left, right));
  return digest(JSON.stringify([said, workspaces, sorted, restrictedText(restricted)]));
}
