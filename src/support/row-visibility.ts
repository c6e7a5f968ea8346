/**
 * Which rows of Customer Activity somebody sees, by the requests that they name (CA-18, SR-02, SR-06). Promise: whoever sees
 * all requests of the chosen workspaces costs one query for each page, which asks about the numbers on it; anybody else one for
 * the numbers of what they see, which narrows every query of the page, and one more where they see all of some workspaces.
 * Invariants: a row without a number is shown; of a known request to whoever can open it; of one that support does not know
 * (yet), without a link, to whoever sees all requests of the row's workspace.
 */
import { covers } from "../access/grant.ts";
import { requestNumberSchema } from "../agreements/ids.ts";
import { type Chosen, includes } from "../consumption/chosen.ts";
import type { Numbered, RowVisibility } from "../consumption/grid-visibility.ts";
import { sortPathOf } from "../consumption/row-store.ts";
import { type Condition, isOneOf, type Query, sql } from "../platform/cosmos.ts";
import type { RequestStore } from "./request-store.ts";
import { type Viewer, visibilitySql } from "./viewer.ts";

/** Whoever sees more than these, and not all of a workspace, is shown rows by reading on over those that are hidden. */
const VISIBLE_NUMBERS_MAX = 1_000;
/** That one query asks about. */
const NUMBERS_PER_QUERY = 1_000;

const NUMBER = sortPathOf("number");

export type RowRequests = Pick<RequestStore, "known" | "visibleNumbers">;

export async function rowVisibility(
  requests: RowRequests,
  viewer: Viewer,
  chosen: Chosen,
): Promise<RowVisibility> {
  const { seesAllIn } = viewer;
  const isWhole =
    chosen.kind === "everything"
      ? seesAllIn.kind === "all"
      : [...chosen.ids].every((id) => covers(seesAllIn, id));
  const listed = isWhole ? undefined : await listVisible(requests, viewer);
  const wholeWorkspaces = wholeIn(viewer, chosen);
  const known = new Map<string, Standing>([...(listed ?? [])].map((number) => [number, "visible"] as const));
  // Whatever is not listed can only be of use where the viewer sees all requests, also those that support does not know.
  const isSettled = (number: string): boolean =>
    known.has(number) || (listed !== undefined && wholeWorkspaces.length === 0);
  const standingOf = (number: string): Standing => known.get(number) ?? "hidden";

  const lookUp = async (numbers: readonly (string | null)[]): Promise<void> => {
    const asked = [...new Set(numbers)].flatMap((number) => number ?? []).filter((each) => !isSettled(each));
    const [possible, others] = partition(asked, (number) => requestNumberSchema.safeParse(number).success);
    for (const number of others) known.set(number, "unknown");
    for (let start = 0; start < possible.length; start += NUMBERS_PER_QUERY)
      await ask(requests, viewer, possible.slice(start, start + NUMBERS_PER_QUERY), known);
  };
  const isShown = ({ number, workspaceId }: Numbered): boolean => {
    if (number === null) return true;
    const standing = standingOf(number);
    return standing === "visible" || (standing === "unknown" && covers(seesAllIn, workspaceId));
  };
  return {
    rows: isWhole ? "all" : "permitted",
    filter: listed && listedFilter(listed, wholeWorkspaces),
    lookUp,
    shown: async (rows, of) => {
      await lookUp(rows.map((row) => of(row).number));
      return rows.filter((row) => isShown(of(row)));
    },
    isOpenable: (number) => number !== null && standingOf(number) === "visible",
    filterOf: (number) => {
      if (number === null || standingOf(number) === "visible") return undefined;
      if (standingOf(number) === "hidden") return sql("false");
      return isWhole ? undefined : queryOf(isOneOf("c.workspaceId", "ofWhole", wholeWorkspaces));
    },
  };
}

function partition(texts: readonly string[], isFirst: (text: string) => boolean) {
  const groups = Map.groupBy(texts, isFirst);
  return [groups.get(true) ?? [], groups.get(false) ?? []] as const;
}

/** `unknown`: support was never told of it, by an event or by whoever opened it. */
type Standing = "visible" | "hidden" | "unknown";

async function ask(
  requests: RowRequests,
  viewer: Viewer,
  numbers: readonly string[],
  known: Map<string, Standing>,
): Promise<void> {
  const { all, visible } = await requests.known(viewer.customerId, numbers, visibilitySql(viewer));
  for (const number of numbers)
    known.set(number, visible.has(number) ? "visible" : all.has(number) ? "hidden" : "unknown");
}

/** @returns undefined where there are too many. */
async function listVisible(requests: RowRequests, viewer: Viewer): Promise<ReadonlySet<string> | undefined> {
  const visible = visibilitySql(viewer);
  const numbers = await requests.visibleNumbers(viewer.customerId, visible, VISIBLE_NUMBERS_MAX + 1);
  return numbers.length > VISIBLE_NUMBERS_MAX ? undefined : new Set(numbers);
}

/** Chosen workspaces all of whose requests are seen, where that is not everything. */
const wholeIn = ({ seesAllIn }: Viewer, chosen: Chosen): readonly string[] =>
  seesAllIn.kind === "all" ? [] : [...seesAllIn.workspaceIds].filter((id) => includes(chosen, id));

/** What may be shown; of workspaces all of whose requests are seen, `known` tells the rest. */
function listedFilter(listed: ReadonlySet<string>, wholeWorkspaces: readonly string[]): Query {
  const numbers = isOneOf(NUMBER, "listedNumber", [...listed]);
  const workspaces = isOneOf("c.workspaceId", "wholeIn", wholeWorkspaces);
  return queryOf({
    text: `(NOT IS_STRING(${NUMBER}) OR ${numbers.text} OR ${workspaces.text})`,
    parameters: { ...numbers.parameters, ...workspaces.parameters },
  });
}

const queryOf = ({ text, parameters }: Condition): Query => sql(text, parameters);
