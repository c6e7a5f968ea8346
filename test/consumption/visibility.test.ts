import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Entry, isAdditional } from "../../src/consumption/entry.ts";
import { createRecorder } from "../../src/consumption/record.ts";
import { NotFoundError } from "../../src/platform/errors.ts";
import { AGREEMENT, agreementEvent, basePackage, deliveryEvent, entitlement } from "../fakes/events.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { decide, follow, openWorkspaces } from "./link-checks.ts";
import { createQueue, now, settleAll } from "./state.ts";
import {
  type Asked,
  linesOn,
  only,
  type Page,
  packagesOn,
  type Views,
  viewsOf,
  wholeCustomer,
} from "./views.ts";
import {
  instants,
  type LinkChange,
  linkChangeArbitrary,
  WORKSPACE_IDS,
  workspacesWorldArbitrary,
} from "./worlds.ts";

type Batches = readonly (readonly string[])[];

async function worldOf(batches: Batches, changes: readonly LinkChange[]): Promise<MemoryStores> {
  const stores = memoryStores();
  await openWorkspaces(stores);
  await createQueue(() => stores).deliver(batches);
  for (const change of changes) {
    await decide(stores, change);
    await follow(() => stores, change);
  }
  await settleAll(stores);
  return stores;
}

const caseArbitrary = fc.record({
  batches: workspacesWorldArbitrary,
  changes: fc.array(linkChangeArbitrary, { maxLength: 5 }),
  ids: fc.subarray([...WORKSPACE_IDS], { minLength: 1 }),
  asOf: fc.constantFrom(undefined, undefined, ...instants),
});

/** Every entry of the customer that counts in these workspaces by then, by brute force. */
function entriesIn(stores: MemoryStores, ids: readonly string[], asOf: string | undefined): Entry[] {
  return stores
    .ledgerIds()
    .filter((ledgerId) => ledgerId.startsWith("cust-t/"))
    .flatMap((ledgerId) => stores.documents(ledgerId))
    .flatMap((document) => (document.kind === "entry" && document.state === "posted" ? [document] : []))
    .filter(({ workspaceId = "", at }) => ids.includes(workspaceId) && (asOf === undefined || at <= asOf));
}

const sumOf = <Item>(items: readonly Item[], amount: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + amount(item), 0);
const latestOf = (instants: readonly (string | null | undefined)[]): string | null =>
  instants
    .flatMap((each) => each ?? [])
    .toSorted()
    .at(-1) ?? null;
const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].toSorted();

/** What a page adds up to, by entitlement, for those that it shows. */
const totalsOn = (page: Page) =>
  Object.fromEntries(
    linesOn(page).map(({ entitlementId, consumed, rows }) => [entitlementId, [consumed ?? 0, rows]]),
  );

function addedUp(pages: readonly Page[]) {
  const lines = pages.flatMap(linesOn);
  const ids = sorted(lines.map(({ entitlementId }) => entitlementId));
  return Object.fromEntries(
    ids.map((id) => {
      const own = lines.filter(({ entitlementId }) => entitlementId === id);
      return [id, [sumOf(own, ({ consumed }) => consumed ?? 0), sumOf(own, ({ rows }) => rows)]];
    }),
  );
}

describe("the page of some workspaces", () => {
  it("is the sum of the pages of each, shows what any of them shows, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(caseArbitrary, async ({ batches, changes, ids, asOf }) => {
        const views = viewsOf(await worldOf(batches, changes));
        const whole = await views.page({ scope: wholeCustomer, workspaces: ids, asOf });
        const parts = await Promise.all(
          ids.map((id) => views.page({ scope: wholeCustomer, workspaces: [id], asOf })),
        );
        expect(totalsOn(whole)).toEqual(addedUp(parts));
        for (const member of ["minutes", "rows"] as const) {
          const each = sumOf(parts, ({ additionalCases }) => additionalCases[member]);
          expect(whole.additionalCases[member]).toBe(each);
        }
        expect(whole.dataAsOf).toBe(latestOf(parts.map(({ dataAsOf }) => dataAsOf)));
        const names = (pages: readonly Page[]) => ({
          agreements: sorted(pages.flatMap(({ agreements }) => agreements.map((each) => each.agreementId))),
          packages: sorted(pages.flatMap(packagesOn).map(({ packageId }) => packageId)),
          workspaces: sorted(pages.flatMap(({ workspaces }) => workspaces.map((each) => each.workspaceId))),
        });
        expect(names([whole])).toEqual(names(parts));
        expect(names([whole]).workspaces).toEqual(ids.toSorted());
      }),
      { numRuns: 300 },
    );
  });

  it("comes to every entry in them, as does the whole customer's for all of them", async () => {
    await fc.assert(
      fc.asyncProperty(caseArbitrary, async ({ batches, changes, ids, asOf }) => {
        const stores = await worldOf(batches, changes);
        const views = viewsOf(stores);
        const agreements = Object.keys((await views.customer()).agreements);
        for (const workspaces of [ids, "all"] as const) {
          const page = await views.page({ scope: wholeCustomer, workspaces, agreements, asOf });
          const entries = entriesIn(stores, workspaces === "all" ? WORKSPACE_IDS : workspaces, asOf);
          const additional = entries.filter(({ account }) => account !== undefined && isAdditional(account));
          const { additionalCases, dataAsOf } = await views.page({ scope: wholeCustomer, workspaces, asOf });
          expect(additionalCases.rows).toBe(additional.length);
          expect(additionalCases.minutes).toBe(sumOf(additional, ({ quantity }) => quantity));
          const figures = linesOn(page);
          expect(sumOf(figures, ({ rows }) => rows)).toBe(entries.length - additional.length);
          for (const { entitlementId, consumed, rows } of figures) {
            const own = entries.filter(({ account }) => account === `e:${entitlementId}`);
            expect([consumed ?? 0, rows]).toEqual([sumOf(own, ({ quantity }) => quantity), own.length]);
          }
          expect(latestOf([page.dataAsOf, dataAsOf])).toBe(latestOf(entries.map(({ at }) => at)));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("is the same for whoever sees no more as for whoever chose them of all", async () => {
    await fc.assert(
      fc.asyncProperty(caseArbitrary, async ({ batches, changes, ids, asOf }) => {
        const views = viewsOf(await worldOf(batches, changes));
        const chosen = await views.page({ scope: wholeCustomer, workspaces: ids, asOf });
        const scope = only(...ids, "ws-of-another-customer");
        for (const workspaces of ["all", ids] as const)
          expect(await views.page({ scope, workspaces, asOf })).toEqual(chosen);
      }),
      { numRuns: 200 },
    );
  });

  it("tells nothing of deliveries to others, but for what is left of the allowance (WS-07)", async () => {
    await fc.assert(
      fc.asyncProperty(caseArbitrary, async ({ batches, changes, ids, asOf }) => {
        const views = viewsOf(await worldOf(batches, changes));
        const isElsewhere = (body: string): boolean => {
          const { type, data } = JSON.parse(body);
          return type === "support.delivery.recorded.v1" && !ids.includes(data.workspaceId ?? "ws-default");
        };
        const own = batches.map((batch) => batch.filter((body) => !isElsewhere(body)));
        const without = viewsOf(await worldOf(own, changes));
        const asked: Asked = { scope: only(...ids), workspaces: "all", asOf };
        const [seen, expected] = await Promise.all([views.page(asked), without.page(asked)]);
        expect(withoutShared(seen)).toEqual(withoutShared(expected));
        expect(await views.additionalCases(asked)).toEqual(await without.additionalCases(asked));
        for (const { entitlementId } of linesOn(seen)) {
          const [one, other] = await Promise.all([
            views.drillDown(asked, entitlementId),
            without.drillDown(asked, entitlementId),
          ]);
          expect(one.figures.lastAt).toBe(other.figures.lastAt);
          expect(await views.rows(asked, entitlementId)).toEqual(await without.rows(asked, entitlementId));
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** What is left, also of what is over or has not begun, and what is over it: of the allowance that workspaces share. */
const sharedMembers = ["remaining", "expired", "upcoming", "overage"];
const withoutShared = (page: Page): unknown =>
  JSON.parse(JSON.stringify(page, (key, value) => (sharedMembers.includes(key) ? undefined : value)));

describe("the drill-downs and additional cases of some workspaces", () => {
  it("have the rows that the page's figures are the sum of, and those of each workspace once", async () => {
    await fc.assert(
      fc.asyncProperty(caseArbitrary, async ({ batches, changes, ids, asOf }) => {
        const stores = await worldOf(batches, changes);
        const views = viewsOf(stores);
        const asked: Asked = { scope: only(...ids), workspaces: "all", asOf };
        for (const { entitlementId, consumed, rows: count } of linesOn(await views.page(asked))) {
          const rows = await views.rows(asked, entitlementId);
          expect([sumOf(rows, ({ quantity }) => quantity), rows.length]).toEqual([consumed ?? 0, count]);
          expect((await views.drillDown(asked, entitlementId)).figures.lastAt ?? null).toBe(
            latestOf(rows.map(({ at }) => at)),
          );
          const parts = await Promise.all(
            ids.map((id) => rowsIfAny(views, { ...asked, workspaces: [id] }, entitlementId)),
          );
          expect(
            parts
              .flat()
              .map(({ id }) => id)
              .toSorted(),
          ).toEqual(rows.map(({ id }) => id).toSorted());
        }
        const list = await views.additionalCases(asked);
        const cases = entriesIn(stores, ids, asOf).filter(({ account = "" }) => account.startsWith("a:"));
        expect([list.rows, list.minutes]).toEqual([cases.length, sumOf(cases, ({ quantity }) => quantity)]);
        expect(list.dataAsOf).toBe(latestOf(cases.map(({ at }) => at)));
      }),
      { numRuns: 150 },
    );
  });
});

async function rowsIfAny(views: Views, asked: Asked, entitlementId: string): Promise<readonly Entry[]> {
  try {
    return await views.rows(asked, entitlementId);
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}

const addOn = {
  ...basePackage({ packageId: "pkg-extra", section: "addOn" }),
  entitlements: [entitlement("ent-extra-adv", "advisory")],
};
const contacts = entitlement("ent-con", "supportContacts", { unit: "contacts", allowance: 20 });
const base = agreementEvent({
  packages: [basePackage({ entitlements: [entitlement("ent-adv", "advisory"), contacts] })],
});
const extra = agreementEvent(
  { agreementId: "agr-t-extra", kind: "addOn", packages: [addOn] },
  { id: "extra" },
);
const linkExtra: LinkChange = {
  workspaceId: "ws-b",
  agreementId: "agr-t-extra",
  link: { isLinked: false, packageIds: ["pkg-extra"] },
};
const inExtra = {
  agreementId: "agr-t-extra",
  packageId: "pkg-extra",
  entitlementId: "ent-extra-adv",
  workspaceId: "ws-b",
};

const world = () =>
  worldOf(
    [
      [base, extra],
      [deliveryEvent("d1"), deliveryEvent("d2", inExtra)],
    ],
    [linkExtra],
  );

/** How a request ends, and what it cost. */
async function endOf(views: Views, run: () => Promise<unknown>) {
  const before = views.calls().length;
  const error = await run().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { isNotFound: error instanceof NotFoundError, calls: views.calls().slice(before) };
}

const notFound = { isNotFound: true, calls: [] };
/** Between the two deliveries' day and its end, so that an answer needs more than roll-ups. */
const MID_DAY = "2026-03-01T09:00:00.000Z";

describe("what a caller may not know of", () => {
  it("is a workspace that is unknown, another's, closed or only looks alike: all the same, before anything is read", async () => {
    const stores = await world();
    const views = viewsOf(stores);
    await closeWorkspace(stores, "ws-a");
    for (const id of [
      "ws-nobody-knows",
      "ws-b",
      "ws-a",
      "ws-default ",
      "WS-DEFAULT",
      "ws-defaultı",
      "toString",
    ]) {
      const scope = only("ws-default", "ws-a", "ws-gone");
      for (const workspaces of [[id], ["ws-default", id]])
        expect(await endOf(views, () => views.page({ scope, workspaces })), id).toEqual(notFound);
    }
    expect(await endOf(views, () => views.page({ scope: only("ws-a"), workspaces: "all" }))).toEqual(
      notFound,
    );
    const { workspaces } = await views.page({ scope: only("ws-default", "ws-a"), workspaces: "all" });
    expect(workspaces).toEqual([{ workspaceId: "ws-default", name: "Default workspace" }]);
    const closed = await views.page({ scope: wholeCustomer, workspaces: ["ws-a"] });
    expect(closed.workspaces).toHaveLength(1);
  });

  it("is an agreement with nothing of it in the caller's workspaces, after as many reads as one that there is not", async () => {
    const views = viewsOf(await world());
    for (const [view, asOf] of (["page", "additionalCases"] as const).flatMap((each) =>
      [undefined, MID_DAY].map((instant) => [each, instant] as const),
    )) {
      const end = (agreementId: string, scope = only("ws-default", "ws-a")) =>
        endOf(views, () => views[view]({ scope, workspaces: "all", agreements: [agreementId], asOf }));
      const hidden = await end("agr-t-extra");
      expect(hidden.isNotFound).toBe(true);
      expect(hidden).toEqual(await end("agr-nobody-knows"));
      expect((await end("agr-t-extra", only("ws-b"))).isNotFound).toBe(false);
    }
    const chosen = { scope: wholeCustomer, workspaces: ["ws-a"], agreements: ["agr-t-extra"] };
    const page = await views.page(chosen);
    expect(page.agreements.map(({ agreementId }) => agreementId)).toEqual(["agr-t-extra"]);
    expect(linesOn(page)).toEqual([]);
  });

  it("is an entitlement with nothing of it in the caller's workspaces, after as many reads as one that there is not", async () => {
    const views = viewsOf(await world());
    for (const asOf of [undefined, MID_DAY]) {
      const end = (entitlementId: string, scope = only("ws-default", "ws-a")) =>
        endOf(views, () => views.drillDown({ scope, workspaces: "all", asOf }, entitlementId));
      const hidden = await end("ent-extra-adv");
      expect(hidden.isNotFound).toBe(true);
      expect(hidden).toEqual(await end("ent-nobody-knows"));
      expect((await end("ent-extra-adv", only("ws-b"))).isNotFound).toBe(false);
      expect((await end("ent-adv", only("ws-b"))).isNotFound).toBe(true);
    }
  });
});

describe("the default page", () => {
  it("of a workspace has the agreements linked to it, and of the customer all active ones (CA-03)", async () => {
    const views = viewsOf(await world());
    const shown = async (asked: Asked) => {
      const page = await views.page(asked);
      return [
        page.agreements.map((each) => each.agreementId),
        linesOn(page).map((each) => each.entitlementId),
      ];
    };
    const all = { scope: wholeCustomer, workspaces: "all" } as const;
    const agreements = ["agr-t-opening", AGREEMENT, "agr-t-extra"];
    expect(await shown(all)).toEqual([agreements, ["ent-adv", "ent-con", "ent-extra-adv"]]);
    expect(await shown({ ...all, workspaces: ["ws-default"] })).toEqual([
      [AGREEMENT],
      ["ent-adv", "ent-con"],
    ]);
    expect(await shown({ ...all, workspaces: ["ws-b"] })).toEqual([["agr-t-extra"], ["ent-extra-adv"]]);
    expect(await shown({ ...all, scope: only("ws-a") })).toEqual([[], []]);
  });

  it("counts a case of an agreement that is not linked as an additional one of its workspace, and no agreement with it", async () => {
    const stores = await world();
    await createRecorder(stores, now).record([deliveryEvent("stray", { workspaceId: "ws-a" })]);
    const page = await viewsOf(stores).page({ scope: only("ws-a"), workspaces: "all" });
    expect(page).toMatchObject({ agreements: [], additionalCases: { minutes: 15, rows: 1 } });
    expect(page.dataAsOf).toBe("2026-03-01T09:15:00.000Z");
  });

  it("shows what was delivered before a link was taken away, but nothing else of the package", async () => {
    const proactive = { service: "proactive", entitlementId: "ent-pro", workspaceId: "ws-a" };
    const stores = await worldOf([[agreementEvent()], [deliveryEvent("d1", proactive)]], []);
    const page = await viewsOf(stores).page({ scope: only("ws-a"), workspaces: "all" });
    expect(linesOn(page)).toMatchObject([
      { entitlementId: "ent-pro", consumed: 15, rows: 1, remaining: 4_785 },
    ]);
  });

  it("has the support contacts in the default workspace, and what is left of them everywhere", async () => {
    const stores = await world();
    const linkBase: LinkChange = {
      ...linkExtra,
      agreementId: AGREEMENT,
      link: { isLinked: true, packageIds: [] },
    };
    await decide(stores, linkBase);
    await follow(() => stores, linkBase);
    const views = viewsOf(stores);
    const line = async (workspaces: Asked["workspaces"]) =>
      linesOn(await views.page({ scope: wholeCustomer, workspaces })).find(
        (each) => each.entitlementId === "ent-con",
      );
    expect(await line("all")).toMatchObject({ consumed: 1, rows: 1, remaining: 19 });
    expect(await line(["ws-default"])).toMatchObject({ consumed: 1, rows: 1, remaining: 19 });
    expect(await line(["ws-b"])).toMatchObject({ consumed: 0, rows: 0, remaining: 19 });
    expect(await line(["ws-a"])).toBeUndefined();
  });
});

async function closeWorkspace(stores: MemoryStores, id: string): Promise<void> {
  const before = await stores.customers.read((await viewsOf(stores).customer()).customerId);
  if (before === undefined) throw new Error("there is no customer");
  const workspaces = before.value.workspaces.map((each) =>
    each.workspaceId === id ? { ...each, status: "inactive" as const } : each,
  );
  expect(await stores.customers.save({ ...before.value, workspaces }, before.etag)).toBe(true);
}
