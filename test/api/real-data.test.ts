import { existsSync, readFileSync } from "node:fs";
import { CosmosClient } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { cosmosLedgerStore } from "../../src/consumption/ledger-store.ts";
import { rebuildLedger } from "../../src/consumption/verify.ts";
import { linesOf, quantityOf, readAll, readRows } from "./support/pages.ts";
import { type RunningApi, startApi, UPSTREAM } from "./support/running-api.ts";
import {
  additionalCasesSchema,
  caseSchema,
  entitlementSchema,
  pageSchema,
  rejectedEventSchema,
  rowSchema,
} from "./support/shapes.ts";

const folder = new URL("../../../shared/data/", import.meta.url);
const eventsFile = new URL("deliveries.ndjson", folder);
const expectedFile = new URL("deliveries.expected.json", folder);
const isThere = existsSync(eventsFile) && existsSync(expectedFile);

const expectedSchema = z.object({
  events: z.int(),
  entitlements: z.record(z.string(), z.object({ cases: z.int(), consumed: z.int(), rows: z.int() })),
  additionalCases: z.record(
    z.string(),
    z.object({ cases: z.int(), minutes: z.int(), reasons: z.record(z.string(), z.int()) }),
  ),
});

const countSchema = z.object({ count: z.int() });
const sum = (list: readonly z.infer<typeof caseSchema>[], name: "quantity" | "rows"): number =>
  list.reduce((total, each) => total + each[name], 0);

const CUSTOMERS = ["cust-a", "cust-b", "cust-c"];
const ALL_AT_ONCE = { maxpagesize: "1000" };
const adminOf = (customerId: string) => ({ email: `admin@${customerId}.example` });
/** `ent-a-prs` is customer A's. */
const customerOf = (entitlementId: string): string => `cust-${entitlementId.split("-")[1]}`;
const entitlementPath = (id: string): string => `customers/${customerOf(id)}/entitlements/${id}`;

/** A year of a real service desk's log. It is not part of the project: where it is absent this is skipped. */
describe.skipIf(!isThere)("a year of real deliveries, sent through the API", { timeout: 120_000 }, () => {
  let api: RunningApi;
  let lines: readonly string[];
  let expected: z.infer<typeof expectedSchema>;

  beforeAll(async () => {
    lines = readFileSync(eventsFile, "utf8").trimEnd().split("\n");
    expected = expectedSchema.parse(JSON.parse(readFileSync(expectedFile, "utf8")));
    api = await startApi();
  });

  afterAll(() => api.stack.stop());

  /** What the API says, in the form of what is expected. */
  async function totals() {
    const entitlements = await Promise.all(
      Object.keys(expected.entitlements).map(async (id) => {
        const answer = await api.ask(adminOf(customerOf(id)), { path: entitlementPath(id) });
        const { consumed, rows } = answer.read(entitlementSchema);
        const list = { path: `${entitlementPath(id)}/cases`, query: { count: "true", top: "1" } };
        const counted = await api.ask(adminOf(customerOf(id)), list);
        return [id, { cases: counted.read(countSchema).count, consumed, rows }] as const;
      }),
    );
    const additionalCases = await Promise.all(
      CUSTOMERS.map(async (customerId) => {
        const path = `customers/${customerId}/additionalCases`;
        const answer = await api.ask(adminOf(customerId), { path });
        const { cases, minutes, reasons } = answer.read(additionalCasesSchema);
        return [customerId, { cases, minutes, reasons }] as const;
      }),
    );
    return {
      events: lines.length,
      entitlements: Object.fromEntries(entitlements),
      additionalCases: Object.fromEntries(additionalCases),
    };
  }

  test("stopped half-way and started again, it comes to the totals computed from the source log", async () => {
    const stop = new AbortController();
    const stopHalfWay = ({ posted }: { readonly posted: number }): void => {
      if (posted > lines.length / 2) stop.abort();
    };
    await expect(api.send(lines, { signal: stop.signal, onProgress: stopHalfWay })).rejects.toThrow();
    const tally = await api.send(lines);
    expect(tally).toMatchObject({ posted: expected.events, rejected: 0, pending: 0 });
    expect(tally.recorded + tally.repeated).toBe(expected.events);
    expect(tally.repeated).toBeGreaterThan(0);
    expect(tally.recorded).toBeGreaterThan(0);
    expect(await totals()).toEqual(expected);
    expect(await readAll(api, UPSTREAM, { path: "rejectedEvents" }, rejectedEventSchema)).toEqual([]);
  });

  test("the rows behind each total are that many, each once, and add up to it", async () => {
    for (const [id, { consumed, rows, cases }] of Object.entries(expected.entitlements)) {
      const grid = await readRows(api, adminOf(customerOf(id)), entitlementPath(id), ALL_AT_ONCE);
      const numbers = new Set(grid.map(({ number }) => number));
      expect([id, grid.length, quantityOf(grid), numbers.size]).toEqual([id, rows, consumed, cases]);
    }
  });

  test("the cases of each are that many, each once with all of its rows, and add up to it", async () => {
    for (const [id, { consumed, rows, cases }] of Object.entries(expected.entitlements)) {
      const request = { path: `${entitlementPath(id)}/cases` };
      const list = await readAll(api, adminOf(customerOf(id)), request, caseSchema);
      const numbers = new Set(list.map(({ number }) => number));
      expect([id, list.length, numbers.size]).toEqual([id, cases, cases]);
      expect([sum(list, "quantity"), sum(list, "rows")]).toEqual([consumed, rows]);
      const [first] = list;
      if (first === undefined) continue;
      const behind = await readAll(api, adminOf(customerOf(id)), { path: first.rowsLink }, rowSchema);
      expect([behind.length, quantityOf(behind)]).toEqual([first.rows, first.quantity]);
    }
  });

  test("the page shows the same, and at any instant what the rows until then come to", async () => {
    for (const customerId of CUSTOMERS) {
      const agreements = `agr-${customerId.slice(-1)}-base`;
      const path = `customers/${customerId}/activity`;
      const ids = Object.keys(expected.entitlements).filter((id) => customerOf(id) === customerId);
      const grids = await Promise.all(
        ids.map((id) => readRows(api, adminOf(customerId), entitlementPath(id), ALL_AT_ONCE)),
      );
      for (const asOf of [
        "2016-03-01T11:07:00.000Z",
        "2016-06-30T23:59:59.999Z",
        "2018-01-01T00:00:00.000Z",
      ]) {
        const answer = await api.ask(adminOf(customerId), { path, query: { agreements, asOf } });
        const shown = linesOf(answer.read(pageSchema));
        const sums = grids.map((rows) => quantityOf(rows.filter(({ deliveredAt }) => deliveredAt <= asOf)));
        expect([asOf, ids.map((id) => shown.get(id)?.consumed)]).toEqual([asOf, sums]);
      }
    }
  });

  test("the timer that proves the roll-ups finds no difference, and rebuilt ones are the live ones", async () => {
    const { ledgers, differences } = await api.verifyLedgers();
    expect(ledgers).toBeGreaterThanOrEqual(2 * CUSTOMERS.length);
    expect(differences).toBe(0);
    const { COSMOS_ENDPOINT: endpoint = "", COSMOS_KEY: key = "", COSMOS_DATABASE = "" } = api.stack.settings;
    const client = new CosmosClient({ endpoint, key });
    const store = cosmosLedgerStore(client.database(COSMOS_DATABASE).container("ledgers"));
    for await (const page of store.allLedgers()) {
      for (const ledgerId of page) {
        const live = (await store.allRollups(ledgerId)).map(({ value }) => value);
        await rebuildLedger(store, ledgerId);
        const rebuilt = (await store.allRollups(ledgerId)).map(({ value }) => value);
        expect(rebuilt).toEqual(live);
      }
    }
    client.dispose();
    expect(await totals()).toEqual(expected);
  });

  test("sent once more, all of it is repeated and nothing changes", async () => {
    expect(await api.send(lines)).toMatchObject({ recorded: 0, rejected: 0, repeated: expected.events });
    expect(await totals()).toEqual(expected);
  });
});
