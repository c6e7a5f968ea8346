import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ActivityStore } from "../../src/consumption/activity-store.ts";
import type { AdditionalEntry, CaseKey } from "../../src/consumption/case-store.ts";
import { type Chosen, chooseWorkspaces, everything } from "../../src/consumption/chosen.ts";
import { additionalAccount, entitlementAccount, ledgerIdOf } from "../../src/consumption/entry.ts";
import { rowSortPaths, sortKeyOf } from "../../src/consumption/row-store.ts";
import { AGREEMENT, agreementEvent, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { type StandIns, startStandIns } from "../reports/support/stand-ins.ts";
import { agreementId, customerId, customerOf, memoryWorld, type World } from "../reports/support/world.ts";
import { decide, follow, openWorkspaces } from "./link-checks.ts";
import { wholeCustomer } from "./views.ts";
import { type LinkChange, WORKSPACE_IDS } from "./worlds.ts";

const ledgerId = ledgerIdOf(customerId, agreementId);
const accounts = [entitlementAccount("ent-adv"), additionalAccount("advisory", "minutes")];
const linkA: LinkChange = {
  workspaceId: "ws-a",
  agreementId: AGREEMENT,
  link: { isLinked: true, packageIds: [] },
};

/** Some on the entitlement and some additional, in three workspaces and two months, several at one instant. */
const deliveries = Array.from({ length: 24 }, (_, index) =>
  deliveryEvent(`d${index}`, {
    quantity: index + 1,
    workspaceId: WORKSPACE_IDS[index % 3],
    deliveredAt: `2026-0${3 + (index % 2)}-1${index % 4}T10:00:00Z`,
    request:
      index % 9 === 8
        ? undefined
        : { number: `CASE-${index % 7}`, title: "地 'ł\"", category: index % 5 === 0 ? "SU" : null },
  }),
);
const reversals = [1, 2, 6].map((index) => reversalEvent(`back-${index}`, `d${index}`, { quantity: 1 }));

async function fill(world: World): Promise<void> {
  await openWorkspaces(world.ledgers);
  await world.record(agreementEvent());
  await world.record(...deliveries, ...reversals);
  await decide(world.ledgers, linkA);
  await follow(() => world.ledgers, linkA);
}

async function viewsFor(world: World): Promise<readonly Chosen[]> {
  const customer = await customerOf(world);
  const sets = [["ws-a"], ["ws-b"], ["ws-a", "ws-default"], [...WORKSPACE_IDS]];
  return [everything, ...sets.map((ids) => chooseWorkspaces(customer, wholeCustomer, ids))];
}

const instants = [
  undefined,
  "2026-03-12T10:00:00.000Z",
  "2026-04-11T09:59:59.999Z",
  "2026-01-01T00:00:00.000Z",
];

async function additionalOf(
  store: ActivityStore,
  chosen: Chosen,
  asOf: string | undefined,
  keys?: readonly CaseKey[],
) {
  const all: AdditionalEntry[] = [];
  const query = { chosen, asOf, filter: undefined, keys };
  for await (const page of store.additional(ledgerId, query)) all.push(...page);
  return all
    .map(({ id, at, quantity, reasons, number, title, category }) => ({
      id,
      at,
      quantity,
      reasons,
      number,
      title,
      category,
    }))
    .toSorted((left, right) => (left.id < right.id ? -1 : 1));
}

describe("what is read of ledgers", () => {
  let standIns: StandIns;
  let real: World;
  const memory = memoryWorld();
  beforeAll(async () => {
    standIns = await startStandIns();
    real = await standIns.world();
    await fill(real);
    await fill(memory);
  });
  afterAll(() => standIns.close());

  /** Asks both stores the same, for every choice of workspaces and every instant, and counts what was not empty. */
  async function checkSame<Answer>(
    ask: (store: ActivityStore, chosen: Chosen, asOf: string | undefined) => Promise<Answer>,
    isEmpty: (answer: Answer) => boolean,
  ): Promise<void> {
    let filled = 0;
    for (const chosen of await viewsFor(memory)) {
      for (const asOf of instants) {
        const [expected, answer] = await Promise.all([
          ask(memory.activity, chosen, asOf),
          ask(real.activity, chosen, asOf),
        ]);
        expect(answer).toEqual(expected);
        if (!isEmpty(answer)) filled += 1;
      }
    }
    expect(filled).toBeGreaterThan(10);
  }

  it.each(accounts)("are the same rows of %s in the same order, page by page", async (account) => {
    for (const sort of ["deliveredAt", "quantity"] as const) {
      for (const descending of [true, false]) {
        await checkSame(
          async (store, chosen, asOf) => {
            const query = { account, chosen, asOf, sort, descending, filter: undefined };
            const first = await store.rows(ledgerId, { ...query, after: undefined, limit: 4 });
            const last = first.at(-1);
            const after = last && { key: last[rowSortPaths[sort]], id: last.id };
            return [...first, ...(await store.rows(ledgerId, { ...query, after, limit: 100 }))];
          },
          (rows) => rows.length === 0,
        );
      }
    }
  });

  it.each(["title", "number", "status"] as const)("are the same rows in order of their %s", async (sort) => {
    for (const account of accounts) {
      for (const descending of [true, false]) {
        const query = { account, sort, descending, filter: undefined, limit: 4 };
        await checkSame(
          async (store, chosen, asOf) => {
            const rows = [...(await store.rows(ledgerId, { ...query, chosen, asOf, after: undefined }))];
            for (let last = rows.at(-1); last !== undefined; ) {
              const after = { key: sortKeyOf(last, sort), id: last.id };
              const page = await store.rows(ledgerId, { ...query, chosen, asOf, after });
              rows.push(...page);
              last = page.at(-1);
            }
            return rows;
          },
          (rows) => rows.length === 0,
        );
      }
    }
  });

  it("are the same additional rows, rows by case and sums of cases", async () => {
    for (const number of [null, "CASE-1", "CASE-3"]) {
      for (const account of accounts) {
        const on = (chosen: Chosen, asOf: string | undefined) => ({
          account,
          chosen,
          asOf,
          filter: undefined,
          limit: 9,
          numbers: undefined,
        });
        const up = { isDescending: false };
        const down = { isDescending: true };
        const numbers = ["CASE-2", null, "CASE-5"];
        await checkSame(
          async (store, chosen, asOf) => [
            await store.caseRows(ledgerId, { ...on(chosen, asOf), ...up, after: undefined }),
            await store.caseRows(ledgerId, { ...on(chosen, asOf), ...up, after: { number } }),
            await store.caseRows(ledgerId, { ...on(chosen, asOf), ...down, after: { number } }),
            await store.caseRows(ledgerId, { ...on(chosen, asOf), ...down, after: undefined, numbers }),
            await store.caseNumbers(ledgerId, { ...on(chosen, asOf), ...down, after: { number } }),
            await store.lastOfCase(ledgerId, { ...on(chosen, asOf), number }),
            (await store.caseSum(ledgerId, { ...on(chosen, asOf), number })).quantity || 0,
          ],
          ([rows]) => Array.isArray(rows) && rows.length === 0,
        );
      }
    }
    const page = {
      sort: "deliveredAt",
      descending: true,
      after: undefined,
      filter: undefined,
      limit: 5,
    } as const;
    await checkSame(
      (store, chosen, asOf) => store.additionalRows(ledgerId, { ...page, chosen, asOf }),
      (rows) => rows.length === 0,
    );
  });

  it("is the same that counts on an account in some periods", async () => {
    const periods = [
      { from: "2026-03-10T00:00:00.000Z", to: "2026-03-12T10:00:00.000Z" },
      { from: "2026-04-13T10:00:00.000Z", to: "2026-04-14T00:00:00.000Z" },
    ];
    for (const account of accounts) {
      for (const some of [periods, periods.slice(1), []]) {
        const read = async ({ activity }: World) =>
          (await activity.within(ledgerId, account, some)).toSorted((left, right) =>
            left.id < right.id ? -1 : 1,
          );
        const expected = await read(memory);
        expect(await read(real)).toEqual(expected);
        expect(expected.length > 0).toBe(some.length > 0);
      }
    }
  });

  it.each([undefined, ...accounts])("is the same last delivery on %s", async (account) => {
    await checkSame(
      (store, chosen, upTo = "2027") => store.lastAt(ledgerId, { chosen, account, upTo }),
      (lastAt) => lastAt === undefined,
    );
  });

  it.each(accounts)("are the same days of %s, of every month", async (account) => {
    const daysOf = async ({ activity }: World) =>
      (await activity.daysOf(ledgerId, account))
        .map(({ month, lastAt, totals, days }) => ({ month, lastAt, totals, days }))
        .toSorted((left, right) => (left.month < right.month ? -1 : 1));
    const answer = await daysOf(real);
    expect(answer).toEqual(await daysOf(memory));
    expect(answer.map(({ month }) => month)).toEqual(["2026-03", "2026-04"]);
  });

  it("are the same numbers of cases, additional cases and entries by their ids", async () => {
    for (const account of accounts) {
      await checkSame(
        async (store, chosen, asOf) => {
          const query = { account, chosen, asOf, filter: undefined };
          const quantities = await store.caseQuantities(ledgerId, query);
          return [new Set(quantities), new Set(await store.differentNumbers(ledgerId, query))];
        },
        ([quantities]) => quantities?.size === 0,
      );
    }
    await checkSame(additionalOf, (entries) => entries.length === 0);
    const scope = { asOf: undefined, filter: undefined, after: undefined, limit: 100 };
    const keys = await memory.activity.additionalKeys(ledgerId, { ...scope, chosen: everything });
    expect(keys.map(({ number }) => number)).toContain(null);
    await checkSame(
      (store, chosen, asOf) =>
        additionalOf(
          store,
          chosen,
          asOf,
          keys.filter((_, index) => index % 2 === 0),
        ),
      (entries) => entries.length === 0,
    );
    for (const after of [undefined, ...keys]) {
      await checkSame(
        (store, chosen, asOf) =>
          store.additionalKeys(ledgerId, { chosen, asOf, filter: undefined, after, limit: 7 }),
        () => false,
      );
    }
    await checkSame(
      (store, chosen, asOf) => store.additionalLastAt(ledgerId, { chosen, asOf, filter: undefined }),
      (lastAt) => lastAt === undefined,
    );
    const [account = entitlementAccount("none")] = accounts;
    const query = { account, chosen: everything, asOf: undefined, filter: undefined, after: undefined };
    const some = await memory.activity.rows(ledgerId, {
      ...query,
      sort: "quantity",
      descending: false,
      limit: 9,
    });
    const ids = [...some.map(({ id }) => id), "none"];
    await checkSame(
      async (store, chosen) =>
        (await store.entriesById(ledgerId, chosen, ids)).toSorted((left, right) =>
          left.id < right.id ? -1 : 1,
        ),
      (entries) => entries.length === 0,
    );
  });

  it("are the same head, with its links, and the same roll-ups", async () => {
    const ledgerOf = async ({ activity }: World) => {
      const ledger = await activity.ledger(ledgerId);
      const rollups = ledger?.rollups.map(({ account, month, lastAt, totals }) => ({
        account,
        month,
        lastAt,
        totals,
      }));
      return {
        head: ledger?.head,
        rollups: rollups?.toSorted((left, right) =>
          `${left.account}${left.month}` < `${right.account}${right.month}` ? -1 : 1,
        ),
      };
    };
    const answer = await ledgerOf(real);
    expect(answer).toEqual(await ledgerOf(memory));
    expect(answer.head?.links).toEqual({ "ws-a": linkA.link });
    expect(answer.rollups?.length).toBeGreaterThan(3);
  });
});
