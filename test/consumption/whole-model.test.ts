import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/consumption/entry.ts";
import { NotFoundError } from "../../src/platform/errors.ts";
import { CUSTOMER } from "../fakes/events.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { decide, decidedLinks, follow, opening, openWorkspaces } from "./link-checks.ts";
import {
  latestOf,
  type NaiveAsked,
  naiveAdditionalCases,
  naiveLines,
  naivePage,
  naiveRows,
  naiveWorld,
} from "./naive-views.ts";
import { createQueue, NOW, settleAll } from "./state.ts";
import { type Asked, only, type Page, packagesOn, type Views, viewsOf, wholeCustomer } from "./views.ts";
import { asOfArbitrary, wholeWorld } from "./whole-worlds.ts";
import { type LinkChange, WORKSPACE_IDS } from "./worlds.ts";

const linkChange: fc.Arbitrary<LinkChange> = fc.record({
  workspaceId: fc.constantFrom(...WORKSPACE_IDS),
  agreementId: fc.constantFrom("agr-t-base", "agr-t-base", "agr-t-extra"),
  link: fc.constantFrom(
    undefined,
    { isLinked: true, packageIds: [] },
    { isLinked: false, packageIds: [] },
    { isLinked: true, packageIds: ["pkg-more"] },
    { isLinked: false, packageIds: ["x-pkg-more"] },
    { isLinked: true, packageIds: ["x-pkg-more", "pkg-more"] },
  ),
});

const situation = fc.record({
  batches: wholeWorld([undefined, undefined, ...WORKSPACE_IDS, "ws-nobody-knows"]),
  /** Each somewhere between two batches. */
  changes: fc.array(fc.record({ change: linkChange, after: fc.nat(30) }), { maxLength: 6 }),
  ids: fc.option(fc.subarray([...WORKSPACE_IDS], { minLength: 1 }), { nil: undefined }),
  sees: fc.constantFrom("all", "some"),
  asOf: asOfArbitrary,
});
type Situation = typeof situation extends fc.Arbitrary<infer Value> ? Value : never;

async function happen({ batches, changes }: Pick<Situation, "batches" | "changes">): Promise<MemoryStores> {
  const stores = memoryStores();
  await openWorkspaces(stores);
  const queue = createQueue(() => stores);
  for (const [index, batch] of [...batches, []].entries()) {
    for (const { change, after } of changes.filter(
      ({ after: place }) => place % (batches.length + 1) === index,
    )) {
      await decide(stores, change);
      if (after % 2 === 0) await follow(() => stores, change);
    }
    await queue.deliver([batch]);
  }
  for (const { change } of changes) await follow(() => stores, change);
  await settleAll(stores);
  return stores;
}

/** The product's views of what happened, and the model of it, asked the same. */
async function bothOf(given: Situation) {
  const stores = await happen(given);
  const { ids, sees, asOf } = given;
  const workspaces = { further: { [CUSTOMER]: ["ws-a", "ws-b"] }, links: decidedLinks(stores) };
  const world = naiveWorld([opening, ...given.batches.flat()], CUSTOMER, workspaces);
  const isNarrow = ids !== undefined && sees === "some";
  const asked: Asked = {
    scope: isNarrow ? only(...ids) : wholeCustomer,
    workspaces: isNarrow ? "all" : (ids ?? "all"),
    asOf,
  };
  const naive: NaiveAsked = { ids, asOf, at: asOf ?? NOW };
  return { views: viewsOf(stores), world, asked, naive };
}

const byText = (left: unknown, right: unknown): number =>
  JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;

/** What the model says of a page, and no more: in its words and its order. */
function shownOn(page: Page) {
  return {
    dataAsOf: page.dataAsOf,
    workspaces: page.workspaces.map(({ workspaceId }) => workspaceId).toSorted(),
    agreements: page.agreements
      .map(({ agreementId, kind, startDate, endDate, status }) => ({
        agreementId,
        kind,
        startDate,
        endDate,
        status,
      }))
      .toSorted(byText),
    packages: packagesOn(page)
      .map(({ packageId, agreementId, startDate, endDate, expiresOn, status, entitlements }) => ({
        packageId,
        agreementId,
        section: page.enterpriseWide.packages.some((each) => each.packageId === packageId)
          ? "enterpriseWide"
          : "addOn",
        startDate,
        endDate,
        expiresOn,
        status,
        lines: entitlements.map((line) => lineShown(line, agreementId, packageId)).toSorted(byText),
      }))
      .toSorted(byText),
    categories: page.enterpriseWide.categories
      .map((each) => ({
        category: each.category,
        isUnmetered: each.isUnmetered,
        purchased: each.purchased,
        consumed: each.consumed,
        remaining: each.remaining,
        expired: each.expired,
        upcoming: each.upcoming,
        overage: each.overage,
        entitlementIds: each.entitlementIds.toSorted(),
      }))
      .toSorted(byText),
    additionalCases: { minutes: page.additionalCases.minutes, rows: page.additionalCases.rows },
  };
}

type LineShown = ReturnType<typeof packagesOn>[number]["entitlements"][number];

function lineShown(line: LineShown, agreementId: string, packageId: string) {
  const { entitlementId, service, unit, isUnmetered, purchased, consumed, remaining, overage, rows } = line;
  const amounts = { isUnmetered, purchased, consumed, remaining, overage, rows };
  return { entitlementId, agreementId, packageId, service, class: line.class, unit, ...amounts };
}

type Category = Page["enterpriseWide"]["categories"][number];

/** Of all workspaces, where nothing is unmetered. */
function expectToAddUp({ purchased, overage, consumed, remaining, expired, upcoming }: Category): void {
  if (purchased === null || remaining === null || expired === null || upcoming === null) return;
  expect(purchased + overage).toBe(consumed + remaining + expired + upcoming);
}

async function drillDownOf(views: Views, asked: Asked, entitlementId: string) {
  try {
    const { figures, line } = await views.drillDown(asked, entitlementId);
    const rows = await views.rows(asked, entitlementId);
    const { purchased, consumed, remaining, overage } = line;
    return {
      purchased: purchased ?? null,
      consumed: consumed ?? null,
      remaining: remaining ?? null,
      overage: overage ?? null,
      count: line.rows,
      lastAt: figures.lastAt ?? null,
      rows: rows.map(rowShown).toSorted(byText),
    };
  } catch (error) {
    if (error instanceof NotFoundError) return "not found";
    throw error;
  }
}

const rowShown = ({ event, at, quantity, workspaceId }: Entry) => ({
  event: `${event.source} ${event.id}`,
  at,
  quantity,
  workspaceId,
});

describe("all that is shown, against a model that knows nothing of roll-ups", () => {
  it("is the same page: agreements, packages, figures, categories, additional cases, at any instant", async () => {
    await fc.assert(
      fc.asyncProperty(situation, async (given) => {
        const { views, world, asked, naive } = await bothOf(given);
        const page = await views.page(asked);
        expect(shownOn(page)).toEqual(naivePage(world, naive));
        if (naive.ids === undefined) page.enterpriseWide.categories.forEach(expectToAddUp);
      }),
      { numRuns: 500 },
    );
  });

  it("is the same drill-down for every entitlement, whose rows add up to its total", async () => {
    await fc.assert(
      fc.asyncProperty(situation, async (given) => {
        const { views, world, asked, naive } = await bothOf(given);
        const everywhere: NaiveAsked = { ...naive, ids: undefined };
        for (const known of world.agreements.values()) {
          const lines = new Map(
            naiveLines(world, naive, known).map((line) => [line.entitlementId, line] as const),
          );
          for (const { entitlementId } of naiveLines(world, everywhere, known)) {
            const line = lines.get(entitlementId);
            const rows = naiveRows(world, naive, `e:${entitlementId}`);
            const shown = await drillDownOf(views, asked, entitlementId);
            if (line === undefined) {
              expect([entitlementId, shown]).toEqual([entitlementId, "not found"]);
              continue;
            }
            const { purchased, consumed, remaining, overage } = line;
            expect(shown).toEqual({
              purchased,
              consumed,
              remaining,
              overage,
              count: line.rows,
              lastAt: latestOf(rows),
              rows: rows
                .map(({ event, at, quantity, workspaceId }) => ({ event, at, quantity, workspaceId }))
                .toSorted(byText),
            });
            expect(rows.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(consumed ?? 0);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("is the same list of additional cases: each once, with every reason, by service", async () => {
    await fc.assert(
      fc.asyncProperty(situation, async (given) => {
        const { views, world, asked, naive } = await bothOf(given);
        const { items, services, ...totals } = await views.additionalCases(asked);
        const shown = items.map(({ number, service, reasons, minutes, rows, lastDeliveredAt }) => ({
          number,
          service,
          reasons,
          minutes,
          rows,
          lastDeliveredAt,
        }));
        const expected = naiveAdditionalCases(world, naive);
        expect({ ...totals, services: services.toSorted(byText), items: shown.toSorted(byText) }).toEqual(
          expected,
        );
      }),
      { numRuns: 300 },
    );
  });
});
