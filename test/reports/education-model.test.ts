import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NotFoundError } from "../../src/platform/errors.ts";
import { eveOf, lastInstantOf } from "../../src/reports/period.ts";
import { viewsOf, wholeCustomer } from "../consumption/views.ts";
import { deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { type ExpectedLine, expectedLines } from "./support/education-model.ts";
import {
  DEFAULT,
  educationWorld,
  issueEducation,
  learning,
  linesOf,
  send,
  type Target,
  targets,
} from "./support/education-world.ts";
import { inSection, type Records, recordsOf } from "./support/read-report.ts";
import { type MemoryWorld, march } from "./support/world.ts";

const NAMES: Readonly<Record<string, string>> = { "ws-a": "Name of ws-a", "ws-b": "Name of ws-b" };
const WORKSPACES = [DEFAULT, ...Object.keys(NAMES)];
const TARGETS: readonly Target[] = ["ent-edu", "ent-class", "ent-more"];
/** Beside the borders of the period, and one that several have. */
const INSTANTS = [
  "2026-02-28T23:59:59.999Z",
  "2026-03-01T00:00:00.000Z",
  "2026-03-10T10:00:00.000Z",
  "2026-03-31T23:59:59.999Z",
  "2026-04-01T00:00:00.000Z",
] as const;

const activity = fc
  .record({
    target: fc.constantFrom(...TARGETS),
    workspaceId: fc.constantFrom(undefined, ...WORKSPACES),
    quantity: fc.constantFrom(1, 1, 2, 5),
    deliveredAt: fc.constantFrom(...INSTANTS),
  })
  .map(({ target, workspaceId, ...rest }) => (id: string) => {
    const learner = `learner ${id} of ${workspaceId ?? DEFAULT}`;
    const detail = { learner, activityTitle: `title of ${workspaceId ?? DEFAULT}` };
    return learning(id, target, { ...rest, detail, ...(workspaceId === undefined ? {} : { workspaceId }) });
  });
/** On an entitlement, an additional one, one of no agreement: none of them is learning. */
const supportCase = fc
  .record({
    deliveredAt: fc.constantFrom(...INSTANTS),
    category: fc.constantFrom(null, "SU"),
    agreementId: fc.constantFrom("agr-t-base", "agr-nobody", undefined),
  })
  .map(({ category, agreementId, deliveredAt }) => (id: string) => {
    const named = agreementId === "agr-t-base" ? {} : { packageId: undefined, entitlementId: undefined };
    return deliveryEvent(id, { agreementId, ...named, deliveredAt, request: { number: id, category } });
  });
/** Nothing accounts for it: only cases are recorded so. */
const unplaced = fc.constant((id: string) =>
  learning(id, "ent-edu", { agreementId: undefined, packageId: undefined, entitlementId: undefined }),
);
const delivery = fc.oneof(
  { weight: 8, arbitrary: activity },
  { weight: 2, arbitrary: supportCase },
  { weight: 1, arbitrary: unplaced },
);

const eventsArbitrary = fc
  .record({
    deliveries: fc.array(delivery, { maxLength: 12 }),
    reversals: fc.array(fc.record({ of: fc.nat(11), quantity: fc.constantFrom(undefined, 1, 2) }), {
      maxLength: 6,
    }),
  })
  .chain(({ deliveries, reversals }) => {
    const bodies = deliveries.map((body, index) => body(`d${index}`));
    const back = reversals.flatMap(({ of, quantity }, index) => {
      const named = bodies[of];
      if (named === undefined) return [];
      const { agreementId } = JSON.parse(named).data;
      const time = `2026-10-0${index + 1}T08:00:00Z`;
      return [reversalEvent(`r${index}`, `d${of}`, { agreementId, quantity }, { time })];
    });
    const all = [...bodies, ...back];
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
  });
const scopeArbitrary = fc.option(fc.subarray([...WORKSPACES], { minLength: 1 }));

const inMarch = ({ deliveredAt }: ExpectedLine): boolean =>
  deliveredAt >= march.from && deliveredAt < march.to;
const byEvent = <Line>(lines: readonly Line[], idOf: (line: Line) => string | undefined): Line[] =>
  lines.toSorted((left, right) => ((idOf(left) ?? "") < (idOf(right) ?? "") ? -1 : 1));
const sumOf = (lines: Records): number => lines.reduce((sum, { quantity }) => sum + Number(quantity), 0);

/** What the drill-down says of an entitlement at an instant; nothing where nothing of it is in these workspaces. */
async function shownAt(world: MemoryWorld, workspaceIds: readonly string[] | null, id: string, asOf: string) {
  const views = viewsOf(world.ledgers);
  const asked = { scope: wholeCustomer, workspaces: workspaceIds ?? ("all" as const), asOf };
  try {
    const { line } = await views.drillDown(asked, id);
    const rows = await views.rows(asked, id);
    return { consumed: line.consumed ?? 0, rowIds: rows.map((row) => row.id) };
  } catch (error) {
    if (error instanceof NotFoundError) return { consumed: 0, rowIds: [] };
    throw error;
  }
}

describe("an education report of any customer, any workspaces and any events", () => {
  it("has exactly the activities that were started there in the period, and what was taken back of them", async () => {
    await fc.assert(
      fc.asyncProperty(eventsArbitrary, scopeArbitrary, async (events, workspaceIds) => {
        const world = await educationWorld(NAMES);
        await send(world, ...events);
        const report = await issueEducation(world, { workspaceIds });
        const all = expectedLines(events, workspaceIds);
        const records = await recordsOf(world, report);
        const lines = inSection(records, "learning");
        expect(byEvent(lines, ({ eventId }) => eventId)).toMatchObject(
          byEvent(all.filter(inMarch), ({ eventId }) => eventId),
        );
        expect(report.lines).toBe(lines.length);
        const until = all.map(({ deliveredAt }) => deliveredAt).filter((at) => at < march.to);
        expect(report.dataAsOf).toBe(until.toSorted().at(-1) ?? null);

        const order = lines.map(({ deliveredAt = "", lineId = "" }) => [
          deliveredAt,
          lineId.replace(/^'/, ""),
        ]);
        expect(order).toEqual(
          order.toSorted(([at = "", id = ""], [otherAt = "", otherId = ""]) =>
            at === otherAt ? (id < otherId ? -1 : 1) : at < otherAt ? -1 : 1,
          ),
        );
        for (const { unit, rows, quantity } of inSection(records, "total")) {
          const own = lines.filter((line) => line["unit"] === unit);
          expect([rows, quantity]).toEqual([String(own.length), String(sumOf(own))]);
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it("has the figures and the rows of the drill-down for the same workspaces and instant (EX-06)", async () => {
    await fc.assert(
      fc.asyncProperty(eventsArbitrary, scopeArbitrary, async (events, workspaceIds) => {
        const world = await educationWorld(NAMES);
        await send(world, ...events);
        const lines = await linesOf(world, await issueEducation(world, { workspaceIds }));
        for (const entitlementId of Object.keys(targets)) {
          const eve = await shownAt(world, workspaceIds, entitlementId, eveOf(march));
          const end = await shownAt(world, workspaceIds, entitlementId, lastInstantOf(march));
          const own = lines.filter((line) => line["entitlementId"] === entitlementId);
          expect(sumOf(own)).toBe(end.consumed - eve.consumed);
          expect(own.map(({ lineId = "" }) => lineId.replace(/^'/, "")).toSorted()).toEqual(
            end.rowIds.filter((id) => !eve.rowIds.includes(id)).toSorted(),
          );
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it("says nothing of another workspace in any of its files (WS-07)", async () => {
    await fc.assert(
      fc.asyncProperty(
        eventsArbitrary,
        fc.subarray([...WORKSPACES], { minLength: 1, maxLength: 2 }),
        async (events, workspaceIds) => {
          const world = await educationWorld(NAMES);
          await send(world, ...events);
          await issueEducation(world, { workspaceIds, formats: ["csv"] });
          const said = [...world.files.contents.values()].join("\n");
          for (const other of WORKSPACES.filter((id) => !workspaceIds.includes(id)))
            for (const text of [other, NAMES[other] ?? "Default workspace"]) expect(said).not.toContain(text);
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);

  it("lists in its next version exactly the lines that came or changed since (LE-08, EX-05)", async () => {
    await fc.assert(
      fc.asyncProperty(eventsArbitrary, scopeArbitrary, fc.nat(18), async (events, workspaceIds, cut) => {
        const world = await educationWorld(NAMES);
        await send(world, ...events.slice(0, cut));
        await issueEducation(world, { workspaceIds, formats: ["csv"] });
        await send(world, ...events.slice(cut));
        const second = await issueEducation(world, { workspaceIds, formats: ["csv"] });
        const before = new Map(marchLines(events.slice(0, cut), workspaceIds));
        const after = new Map(marchLines(events, workspaceIds));
        const expected = [...new Set([...before.keys(), ...after.keys()])].toSorted().flatMap((id) => {
          const [was, is] = [before.get(id), after.get(id)];
          if (was === undefined) return [[id, "added", is]];
          if (is === undefined) return [[id, "removed", was]];
          return was === is ? [] : [[id, "changed", is]];
        });
        const changes = inSection(await recordsOf(world, second), "learningChange");
        expect(
          byEvent(changes, ({ eventId }) => eventId).map(({ eventId, change, quantity }) => [
            eventId,
            change,
            quantity,
          ]),
        ).toEqual(expected);
        const count = (kind: string): number => expected.filter(([, change]) => change === kind).length;
        expect(second.changes).toEqual({
          added: count("added"),
          removed: count("removed"),
          changed: count("changed"),
        });
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

const marchLines = (events: readonly string[], workspaceIds: readonly string[] | null) =>
  expectedLines(events, workspaceIds)
    .filter(inMarch)
    .map(({ eventId, quantity }) => [eventId, quantity] as const);
