import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { linesOf, quantityOf, readRows } from "./support/pages.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import { additionalCasesSchema, pageSchema } from "./support/shapes.ts";

const folder = new URL("../../../shared/data/", import.meta.url);
const eventsFile = new URL("deliveries.ndjson", folder);
const logFile = new URL("source/incident_event_log.csv", folder);
const isThere = existsSync(eventsFile) && existsSync(logFile);

/** How the log was made into events: what its locations and categories stand for. */
const MINUTES_PER_UPDATE = 15;
const CUSTOMER_OF: Readonly<Record<string, string>> = {
  "Location 204": "a",
  "Location 143": "b",
  "Location 161": "b",
};
const ELSEWHERE = "c";
const ADVISORY = new Set(["Category 9", "Category 20", "Category 23", "Category 37", "Category 40"]);
const CODED = new Set(["Category 35", "Category 44", "Category 45", "Category 61"]);
const BOOKED_TO_NO_AGREEMENT = new Set(["Category 32"]);
/** First instant after each agreement: the others last longer than the log. */
const ENDS: Readonly<Record<string, string>> = {
  a: "2017-01-31T23:00:00.000Z",
  b: "2016-03-14T23:00:00.000Z",
  c: "2017-01-31T23:00:00.000Z",
};

const casesOf = (items: readonly { readonly number: string | null }[]): number =>
  new Set(items.map(({ number }) => number)).size;

type Update = {
  readonly number: string;
  readonly customer: string;
  readonly at: string;
  /** Of the entitlement; undefined for an additional case. */
  readonly entitlementId: string | undefined;
};

/** `29-02-2016 01:23` in UTC. */
function instantOf(text: string): string {
  const [day = "", time = ""] = text.split(" ");
  return `${day.split("-").toReversed().join("-")}T${time}:00.000Z`;
}

function readLog(): readonly Update[] {
  const [header = "", ...lines] = readFileSync(logFile, "utf8").trimEnd().split("\n");
  const names = header.split(",");
  return lines.map((line): Update => {
    const fields = line.split(",");
    const field = (name: string): string => fields[names.indexOf(name)] ?? "";
    const customer = CUSTOMER_OF[field("location")] ?? ELSEWHERE;
    const category = field("category");
    const at = instantOf(field("sys_updated_at"));
    const isAdditional =
      CODED.has(category) || BOOKED_TO_NO_AGREEMENT.has(category) || at >= (ENDS[customer] ?? "");
    const service = ADVISORY.has(category) ? "adv" : "prs";
    const entitlementId = isAdditional ? undefined : `ent-${customer}-${service}`;
    return { number: field("number"), customer, at, entitlementId };
  });
}

const MONTH_ENDS = Array.from({ length: 14 }, (_, index) =>
  new Date(Date.UTC(2016, 1 + index, 1) - 1).toISOString(),
);

/** A year of a real service desk's log. It is not part of the project: where it is absent this is skipped. */
describe.skipIf(!isThere)("a year of real deliveries, month by month", { timeout: 120_000 }, () => {
  let api: RunningApi;
  let log: readonly Update[];

  beforeAll(async () => {
    log = readLog();
    expect(log.length).toBeGreaterThan(5_000);
    api = await startApi();
    const lines = readFileSync(eventsFile, "utf8").trimEnd().split("\n");
    expect(await api.send(lines)).toMatchObject({ rejected: 0, pending: 0 });
    await api.drained();
  }, 120_000);

  afterAll(() => api.stack.stop());

  const adminOf = (customer: string) => ({ email: `admin@cust-${customer}.example` });

  async function shownAt(customer: string, asOf: string) {
    const path = `customers/cust-${customer}`;
    const query = { agreements: `agr-${customer}-base`, asOf };
    const admin = adminOf(customer);
    const page = (await api.ask(admin, { path: `${path}/activity`, query })).read(pageSchema);
    // A page of named agreements has their cases alone; some of these belong to no agreement.
    const whole = (await api.ask(admin, { path: `${path}/activity`, query: { asOf } })).read(pageSchema);
    const cases = (
      await api.ask(admin, { path: `${path}/additionalCases`, query: { asOf, maxpagesize: "1" } })
    ).read(additionalCasesSchema);
    const lines = linesOf(page);
    const line = (id: string) => {
      const { consumed, rows } = lines.get(id) ?? {};
      return { consumed, rows };
    };
    return {
      asOf,
      reactive: line(`ent-${customer}-prs`),
      advisory: line(`ent-${customer}-adv`),
      onPage: whole.additionalCases,
      listed: { cases: cases.cases, minutes: cases.minutes, rows: cases.rows },
      // Of an agreement that is over the whole page has the cases alone.
      dataAsOf:
        [page.dataAsOf, whole.dataAsOf]
          .filter((at) => at !== null)
          .toSorted()
          .at(-1) ?? null,
    };
  }

  function expectedAt(customer: string, asOf: string) {
    const known = log.filter((update) => update.customer === customer && update.at <= asOf);
    const line = (id: string) => {
      const rows = known.filter(({ entitlementId }) => entitlementId === id).length;
      return { consumed: rows * MINUTES_PER_UPDATE, rows };
    };
    const additional = known.filter(({ entitlementId }) => entitlementId === undefined);
    const totals = { minutes: additional.length * MINUTES_PER_UPDATE, rows: additional.length };
    return {
      asOf,
      reactive: line(`ent-${customer}-prs`),
      advisory: line(`ent-${customer}-adv`),
      onPage: totals,
      listed: { ...totals, cases: casesOf(additional) },
      dataAsOf:
        known
          .map(({ at }) => at)
          .toSorted()
          .at(-1) ?? null,
    };
  }

  test.each(["a", "b", "c"])(
    "the page and the additional cases of customer %s are the log's at every month's end",
    async (customer) => {
      const shown: unknown[] = [];
      for (const asOf of MONTH_ENDS) shown.push(await shownAt(customer, asOf));
      expect(shown).toEqual(MONTH_ENDS.map((asOf) => expectedAt(customer, asOf)));
    },
  );

  test.each(["a", "b", "c"])(
    "the rows of customer %s are, month by month, the log's updates",
    async (customer) => {
      for (const service of ["prs", "adv"]) {
        const id = `ent-${customer}-${service}`;
        const path = `customers/cust-${customer}/entitlements/${id}`;
        const rows = await readRows(api, adminOf(customer), path, { maxpagesize: "1000" });
        const updates = log.filter(({ entitlementId }) => entitlementId === id);
        const byMonth = <Item>(items: readonly Item[], at: (item: Item) => string) =>
          Map.groupBy(items, (item) => at(item).slice(0, 7));
        const shown = [...byMonth(rows, ({ deliveredAt }) => deliveredAt)].map(
          ([month, group]) => [month, [quantityOf(group), casesOf(group)]] as const,
        );
        const expected = [...byMonth(updates, ({ at }) => at)].map(
          ([month, group]) => [month, [group.length * MINUTES_PER_UPDATE, casesOf(group)]] as const,
        );
        expect([id, new Map(shown)]).toEqual([id, new Map(expected)]);
      }
    },
  );
});
