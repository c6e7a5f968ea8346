import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  AGREEMENT,
  additional,
  agreements,
  CUSTOMER,
  consumedAsOf,
  delivered,
  ENDED_AGREEMENT,
  entitlementIds,
  lines,
} from "./support/journey-world.ts";
import { linesOf, quantityOf, readAll, readRows } from "./support/pages.ts";
import { type RunningApi, startApi, UPSTREAM } from "./support/running-api.ts";
import {
  type ActivityPage,
  additionalCasesSchema,
  entitlementSchema,
  outcomesSchema,
  pageSchema,
  postedSchema,
} from "./support/shapes.ts";

const ADMIN = { email: "admin@cust-t.example" };
const PAGE = `customers/${CUSTOMER}/activity`;
const END = "2099-01-01T00:00:00.000Z";
const entitlementPath = (id: string): string => `customers/${CUSTOMER}/entitlements/${id}`;

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
  await api.send([...agreements, ...lines]);
});

afterAll(() => api.stack.stop());

async function readPage(query: Record<string, string> = {}): Promise<ActivityPage> {
  const answer = await api.ask(ADMIN, { path: PAGE, query });
  expect(answer.status, answer.text).toBe(200);
  return answer.read(pageSchema);
}

describe("sending", () => {
  test("an event that is sent again is repeated and changes nothing", async () => {
    const before = await readPage();
    const tally = await api.send([...agreements, ...lines, ...lines.slice(0, 20)]);
    expect(tally).toMatchObject({
      recorded: 0,
      rejected: 0,
      repeated: agreements.length + lines.length + 20,
    });
    expect(await readPage()).toEqual(before);
  });

  test("every event of a batch has its own answer, and a bad one holds up no other", async () => {
    const good = lines[0] ?? "";
    const answer = await api.ask(UPSTREAM, {
      method: "POST",
      path: "events",
      json: `[${good},{"id":"x"},7]`,
    });
    expect(answer.status).toBe(202);
    const { value } = answer.read(postedSchema);
    expect(value.map(({ status }) => status)).toEqual(["accepted", "rejected", "rejected"]);
    const receipts = [value[0]?.receipt ?? "", "made up"];
    await api.drained();
    const asked = await api.ask(UPSTREAM, { method: "POST", path: "events/outcomes", json: { receipts } });
    expect(asked.read(outcomesSchema).value.map(({ status }) => status)).toEqual(["repeated", "unknown"]);
  });
});

describe("the page", () => {
  test("shows for every entitlement what was delivered, less what was taken back", async () => {
    const shown = linesOf(await readPage());
    for (const id of entitlementIds)
      expect([id, shown.get(id)?.consumed]).toEqual([id, consumedAsOf(id, END)]);
    const advisory = consumedAsOf("ent-adv", END);
    expect(shown.get("ent-adv")).toMatchObject({
      purchased: 600,
      remaining: Math.max(0, 600 - advisory),
      overage: Math.max(0, advisory - 600),
    });
    expect(shown.get("ent-prs")).toMatchObject({ isUnmetered: true, purchased: null, remaining: null });
    expect(shown.get("ent-sdm")).toMatchObject({ consumed: null, remaining: null, unit: null });
    expect(shown.get("ent-con")).toMatchObject({ purchased: 20, consumed: 1, remaining: 19 });
  });

  test("adds up each category of the enterprise-wide section", async () => {
    const { enterpriseWide } = await readPage();
    const consumed = new Map(enterpriseWide.categories.map((each) => [each.category, each.consumed]));
    expect(consumed.get("asNeeded")).toBe(consumedAsOf("ent-prs", END) + consumedAsOf("ent-adv", END));
    expect(consumed.get("proactive")).toBe(consumedAsOf("ent-pro", END));
    expect(consumed.get("education")).toBe(consumedAsOf("ent-edu", END));
  });

  test("is as of the last delivery that it includes", async () => {
    const instants = [...delivered.map(({ at }) => at), ...additional.map(({ at }) => at)];
    expect((await readPage()).dataAsOf).toBe(instants.toSorted().at(-1));
  });

  test("shows agreements in force without being asked, and ended ones when they are named", async () => {
    expect((await readPage()).agreements.map(({ agreementId }) => agreementId)).toEqual([AGREEMENT]);
    const named = await readPage({ agreements: `${ENDED_AGREEMENT},${AGREEMENT}` });
    expect(named.agreements).toMatchObject([
      { agreementId: ENDED_AGREEMENT, status: "inactive", endDate: "2023-12-31" },
      { agreementId: AGREEMENT, status: "active" },
    ]);
    const then = await readPage({ asOf: "2023-06-01T00:00:00Z" });
    expect(then.agreements.map(({ agreementId }) => agreementId)).toEqual([ENDED_AGREEMENT]);
  });

  test("shows only the add-on packages that are asked for, by id and by status, beside all enterprise-wide ones", async () => {
    const ids = ({ enterpriseWide, addOn }: ActivityPage) =>
      [...enterpriseWide.packages, ...addOn.agreements.flatMap((each) => each.packages)].map(
        ({ packageId }) => packageId,
      );
    expect(ids(await readPage())).toEqual(["pkg-base", "pkg-dse", "pkg-short"]);
    expect(ids(await readPage({ packages: "pkg-dse" }))).toEqual(["pkg-base", "pkg-dse"]);
    expect(ids(await readPage({ packageStatus: "inactive" }))).toEqual(["pkg-base", "pkg-short"]);
    expect(ids(await readPage({ packageStatus: "active" }))).toEqual(["pkg-base", "pkg-dse"]);
    const inFebruary = await readPage({ packageStatus: "active", asOf: "2024-02-29T22:59:59Z" });
    expect(ids(inFebruary)).toContain("pkg-short");
    const inMarch = await readPage({ packageStatus: "active", asOf: "2024-02-29T23:00:00Z" });
    expect(ids(inMarch)).not.toContain("pkg-short");
  });

  test("gives of the only workspace whatever there is, but for add-on packages that nobody put or used there", async () => {
    const [whole, own] = await Promise.all([readPage(), readPage({ workspaces: "ws-default" })]);
    const { addOn, ...others } = own;
    expect(whole).toMatchObject(others);
    const short = linesOf(whole).get("ent-short");
    expect(short?.rows).toBe(0);
    expect([...linesOf(own).values(), short]).toEqual([...linesOf(whole).values()]);
    expect(addOn.agreements.flatMap(({ packages }) => packages.map((item) => item.packageId))).toEqual([
      "pkg-dse",
    ]);
  });

  test.each([
    { workspaces: "ws-unknown" },
    { agreements: "agr-unknown" },
    { agreements: `${AGREEMENT},agr-unknown` },
  ])("answers 404 for %o", async (query) => {
    expect((await api.ask(ADMIN, { path: PAGE, query })).status).toBe(404);
  });

  test("is not sent again to whoever has it", async () => {
    const first = await api.ask(ADMIN, { path: PAGE });
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[\w-]+"$/);
    const again = await api.ask(ADMIN, { path: PAGE, headers: { "if-none-match": etag } });
    expect([again.status, again.text, again.headers.get("etag")]).toEqual([304, "", etag]);
    const other = await api.ask(ADMIN, {
      path: PAGE,
      query: { packages: "pkg-dse" },
      headers: { "if-none-match": etag },
    });
    expect(other.status).toBe(200);
  });
});

describe("as of an instant", () => {
  const instants = delivered.map(({ at }) => at).toSorted();
  const middle = instants[Math.floor(instants.length / 2)] ?? END;
  const asOfs = [
    "2023-01-01T00:00:00.000Z",
    middle,
    new Date(Date.parse(middle) - 1).toISOString(),
    "2024-02-29T23:59:59.999Z",
    "2024-03-01T00:00:00.000Z",
    instants.at(-1) ?? END,
    END,
  ];

  test.each(asOfs)("%s: page, drill-down and rows are the same sum of deliveries", async (asOf) => {
    const shown = linesOf(await readPage({ asOf, agreements: AGREEMENT }));
    for (const id of entitlementIds) {
      const expected = consumedAsOf(id, asOf);
      const drillDown = (await api.ask(ADMIN, { path: entitlementPath(id), query: { asOf } })).read(
        entitlementSchema,
      );
      const rows = await readRows(api, ADMIN, entitlementPath(id), { asOf });
      expect([id, shown.get(id)?.consumed, drillDown.consumed, quantityOf(rows), rows.length]).toEqual([
        id,
        expected,
        expected,
        expected,
        drillDown.rows,
      ]);
    }
    const cases = await api.ask(ADMIN, { path: `customers/${CUSTOMER}/additionalCases`, query: { asOf } });
    const minutes = additional.filter(({ at }) => at <= asOf).reduce((sum, each) => sum + each.minutes, 0);
    expect(cases.read(additionalCasesSchema).minutes).toBe(minutes);
  });

  test("an offset names the same instant", async () => {
    const shifted = await readPage({ asOf: "2024-03-01T01:00:00+01:00" });
    expect(shifted).toEqual(await readPage({ asOf: "2024-03-01T00:00:00Z" }));
  });
});

describe("the drill-down", () => {
  test("shows what the contract says of the entitlement, and a link to its rows", async () => {
    const answer = await api.ask(ADMIN, { path: entitlementPath("ent-prs") });
    const entitlement = answer.read(entitlementSchema);
    expect(entitlement).toMatchObject({
      description: "Help with what is broken",
      actionUrl: "https://support.example/new",
    });
    expect((await api.ask(ADMIN, { path: entitlement.rowsLink })).status).toBe(200);
  });

  test.each(["1", "7", "100"])(
    "pages of %s hold every row once, in order, and add up",
    async (maxpagesize) => {
      for (const id of ["ent-pro", "ent-crd"]) {
        const rows = await readRows(api, ADMIN, entitlementPath(id), { maxpagesize });
        expect(rows.map(({ event }) => event.id).toSorted()).toEqual(
          delivered
            .filter(({ entitlementId }) => entitlementId === id)
            .map((each) => each.id)
            .toSorted(),
        );
        expect(quantityOf(rows)).toBe(consumedAsOf(id, END));
        const instants = rows.map(({ deliveredAt }) => deliveredAt);
        expect(instants).toEqual(instants.toSorted().toReversed());
      }
    },
  );

  test.each(["quantity asc", "quantity desc", "recordedAt asc", "deliveredAt asc"])(
    "in the order %s no row is lost or doubled",
    async (orderby) => {
      const rows = await readRows(api, ADMIN, entitlementPath("ent-pro"), { orderby, maxpagesize: "5" });
      expect(quantityOf(rows)).toBe(consumedAsOf("ent-pro", END));
      const [field, direction] = orderby.split(" ");
      if (field !== "quantity") return;
      const quantities = rows.map(({ quantity }) => quantity);
      const ascending = quantities.toSorted((left, right) => left - right);
      expect(quantities).toEqual(direction === "asc" ? ascending : ascending.toReversed());
    },
  );

  test("a filter gives just the rows that it is true of", async () => {
    const all = await readRows(api, ADMIN, entitlementPath("ent-pro"));
    const filter = "quantity gt 40 and deliveredAt lt 2024-03-01T00:00:00Z";
    const some = await readRows(api, ADMIN, entitlementPath("ent-pro"), { filter, maxpagesize: "3" });
    const wanted = all.filter(
      ({ quantity, deliveredAt }) => quantity > 40 && deliveredAt < "2024-03-01T00:00:00.000Z",
    );
    expect(wanted.length).toBeGreaterThan(0);
    expect(some).toEqual(wanted);
  });

  test("top ends the list", async () => {
    const rows = await readRows(api, ADMIN, entitlementPath("ent-pro"), { top: "8", maxpagesize: "3" });
    expect(rows).toHaveLength(8);
  });

  test("a reversal is a row of its own that names what it took back", async () => {
    const everything = await Promise.all(
      entitlementIds.map((id) => readRows(api, ADMIN, entitlementPath(id))),
    );
    const reversals = everything.flat().filter(({ kind }) => kind === "reversal");
    const names = reversals.map(({ event, reverses }) => `${event.id} of ${reverses?.id}`);
    expect(names.toSorted()).toEqual(["r-early of d-5", "r-part of d-4", "r-whole of d-3"]);
  });
});

describe("additional cases", () => {
  const path = `customers/${CUSTOMER}/additionalCases`;

  test("are all there, each with every reason that holds, and counted by reason and service", async () => {
    const list = (await api.ask(ADMIN, { path })).read(additionalCasesSchema);
    const shown = list.value.map(({ key, reasons, minutes }) => ({ key, reasons, minutes }));
    expect(shown).toEqual(
      additional
        .map(({ id, reasons, minutes }) => ({ key: `CASE-${id}`, reasons: [...reasons], minutes }))
        .toSorted((left, right) => (left.key < right.key ? -1 : 1)),
    );
    expect(list).toMatchObject({
      cases: 4,
      minutes: 210,
      rows: 4,
      reasons: { agreementExpired: 1, category: 2, noMatchingEntitlement: 2 },
      services: [{ service: "advisory", requests: 4, minutes: 210 }],
    });
  });

  test("are the page's figure, by pages too", async () => {
    const page = await readPage();
    expect(page.additionalCases).toMatchObject({ minutes: 210, rows: 4 });
    const schema = additionalCasesSchema.shape.value.element;
    const all = await readAll(api, ADMIN, { path, query: { maxpagesize: "1" } }, schema);
    expect(all.reduce((sum, { minutes }) => sum + minutes, 0)).toBe(210);
  });
});

test("the roll-ups are what the rows make them", async () => {
  expect(await api.verifyLedgers()).toMatchObject({ differences: 0 });
});
