/**
 * Which rows a caller sees (CA-18). Totals are whole for whoever may open the page, but rows that show support requests are
 * for those who may see the request (SR-02).
 */
import type { Query } from "../platform/cosmos.ts";

export type RowVisibility = {
  /** What the answer says of its rows. */
  readonly rows: "all" | "permitted";
  /** A condition on the entries, for every list that shows them. */
  readonly filter: Query | undefined;
};

/**
 * The one place where it is decided: every list of rows and of cases asks here. Until support requests are kept there is
 * nothing to ask about one, and whoever may open the page sees every row of the chosen workspaces.
 */
export const visibleRows = (): RowVisibility => ({ rows: "all", filter: undefined });
