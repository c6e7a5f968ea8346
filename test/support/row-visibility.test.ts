import { describe, expect, it } from "vitest";
import { customerIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import type { Chosen } from "../../src/consumption/chosen.ts";
import { type RowRequests, rowVisibility } from "../../src/support/row-visibility.ts";
import type { Viewer } from "../../src/support/viewer.ts";

const HERE = "ws-here";
const THERE = "ws-there";

const viewer: Viewer = {
  customerId: customerIdSchema.parse("cust-t"),
  email: "me@cust-t.example",
  seesAllIn: { kind: "some", workspaceIds: new Set() },
  memberOf: new Set([HERE, THERE]),
  groupIds: new Set(),
  managedAgreements: new Set(),
  isAdvocate: false,
  seesOrganization: false,
  worksIn: { kind: "some", workspaceIds: new Set() },
  sharesIn: { kind: "some", workspaceIds: new Set() },
  opensIn: { kind: "some", workspaceIds: new Set() },
};
const seeingAllIn = (...ids: readonly string[]): Viewer => ({
  ...viewer,
  seesAllIn: { kind: "some", workspaceIds: new Set(ids) },
});

const chosen = (...ids: readonly string[]): Chosen => ({
  kind: "workspaces",
  workspaces: ids.map((id) => ({
    workspaceId: workspaceIdSchema.parse(id),
    name: id,
    status: "active",
    links: {},
  })),
  ids: new Set(ids),
  hidesTheRest: true,
});

/** Requests by number, true for those that are seen; with each query that was asked. */
function requestsOf(seen: Readonly<Record<string, boolean>>) {
  const queries: (readonly string[] | "visible")[] = [];
  const visibleIn = (numbers: readonly string[]) => numbers.filter((number) => seen[number] === true);
  const requests: RowRequests = {
    known: async (_customer, numbers) => {
      queries.push(numbers);
      return {
        all: new Set(numbers.filter((number) => Object.hasOwn(seen, number))),
        visible: new Set(visibleIn(numbers)),
      };
    },
    visibleNumbers: async (_customer, _visible, limit) => {
      queries.push("visible");
      return visibleIn(Object.keys(seen)).slice(0, limit);
    },
  };
  return { requests, queries };
}

const row = (number: string | null, workspaceId = HERE) => ({ number, workspaceId });
const rows = [row("SEEN"), row("HIDDEN"), row("NEW"), row(null), row("SEEN", THERE), row("NEW", THERE)];
const few = { SEEN: true, HIDDEN: false };
const many = { ...few, ...Object.fromEntries(Array.from({ length: 1_500 }, (_, n) => [`M-${n}`, true])) };
const asIs = (each: ReturnType<typeof row>) => each;

describe("the rows that somebody sees", () => {
  it.each([
    ["all requests of the customer", { ...viewer, seesAllIn: { kind: "all" } }, [0, 2, 3, 4, 5], "all"],
    ["all requests of the workspaces", seeingAllIn(HERE, THERE), [0, 2, 3, 4, 5], "all"],
    ["all requests of one of them", seeingAllIn(HERE), [0, 2, 3, 4], "permitted"],
    ["single requests", viewer, [0, 3, 4], "permitted"],
  ] as const)(
    "are the same however many requests there are, for whoever sees %s",
    async (_, who, expected, said) => {
      for (const seen of [few, many]) {
        const { requests } = requestsOf(seen);
        const visibility = await rowVisibility(requests, who, chosen(HERE, THERE));
        expect(await visibility.shown(rows, asIs)).toEqual(expected.map((index) => rows[index]));
        expect(visibility.rows).toBe(said);
        expect(["SEEN", "HIDDEN", "NEW", null].map(visibility.isOpenable)).toEqual([
          true,
          false,
          false,
          false,
        ]);
      }
    },
  );

  it("are told from one query for each page to whoever sees all, and of no number twice", async () => {
    const { requests, queries } = requestsOf(few);
    const visibility = await rowVisibility(requests, seeingAllIn(HERE), chosen(HERE));
    expect(visibility.filter).toBe(undefined);
    await visibility.lookUp(["SEEN", null, "SEEN"]);
    await visibility.shown(rows, asIs);
    await visibility.shown(rows, asIs);
    expect(queries).toEqual([["SEEN"], ["HIDDEN", "NEW"]]);
  });

  it("are told from one query to whoever sees single requests, which narrows every list to them", async () => {
    const { requests, queries } = requestsOf(few);
    const visibility = await rowVisibility(requests, viewer, chosen(HERE, THERE));
    await visibility.shown(rows, asIs);
    expect(queries).toEqual(["visible"]);
    expect(visibility.filter?.parameters.map(({ value }) => value)).toEqual(["SEEN"]);
  });

  it("are not narrowed where that would leave some out", async () => {
    const { requests } = requestsOf(many);
    expect((await rowVisibility(requests, viewer, chosen(HERE))).filter).toBe(undefined);
    const mixed = await rowVisibility(requestsOf(few).requests, seeingAllIn(THERE), chosen(HERE, THERE));
    expect(mixed.filter?.parameters.map(({ value }) => value)).toEqual(["SEEN", THERE]);
  });

  it("are asked about in queries of at most a thousand numbers, and never about what is no number", async () => {
    const { requests, queries } = requestsOf(many);
    const visibility = await rowVisibility(requests, seeingAllIn(HERE), chosen(HERE));
    await visibility.lookUp([...Object.keys(many), "no number", "x".repeat(300)]);
    expect(queries.map(({ length }) => length)).toEqual([1_000, 502]);
    expect(await visibility.shown([row("no number")], asIs)).toHaveLength(1);
  });

  it("of one number are narrowed to those that are shown", async () => {
    const visibility = await rowVisibility(requestsOf(few).requests, seeingAllIn(HERE), chosen(HERE, THERE));
    await visibility.shown(rows, asIs);
    expect(visibility.filterOf("SEEN")).toBe(undefined);
    expect(visibility.filterOf(null)).toBe(undefined);
    expect(visibility.filterOf("HIDDEN")?.query).toBe("false");
    expect(visibility.filterOf("NEW")?.parameters.map(({ value }) => value)).toEqual([HERE]);
  });
});
