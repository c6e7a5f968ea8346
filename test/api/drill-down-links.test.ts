import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { agreementEvent, basePackage, CUSTOMER, deliveryEvent, entitlement } from "../fakes/events.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";

const CSAM = { email: "csam@provider.example", roles: ["Csam"] } as const;
const PAGE = `customers/${CUSTOMER}/activity`;
/** More days than a history has points. */
const LONG = { startDate: "2015-01-01", endDate: "2098-12-31" };
const OVER = "agr-t-over";

const consumables = [
  entitlement("ent-prs", "problemResolution", { allowance: null }),
  entitlement("ent-adv", "advisory"),
  entitlement("ent-pro", "proactive"),
  entitlement("ent-dse", "designatedSupportEngineering"),
  entitlement("ent-edu", "education", { unit: "activities" }),
  entitlement("ent-asm", "assessment", { unit: "executions" }),
  entitlement("ent-crd", "proactiveCredits", { unit: "credits" }),
  entitlement("ent-oth", "other"),
];
const packages = [
  basePackage({
    ...LONG,
    entitlements: [
      ...consumables,
      entitlement("ent-con", "supportContacts", { unit: "contacts", allowance: 5 }),
      { entitlementId: "ent-sdm", name: "Management", service: "other", class: "benefit" },
    ],
  }),
];
const events = [
  agreementEvent({ ...LONG, packages }),
  agreementEvent(
    {
      agreementId: OVER,
      startDate: "2023-01-01",
      endDate: "2023-12-31",
      packages: [
        // Its last day is after the agreement's, which is what counts.
        basePackage({
          packageId: "pkg-over",
          startDate: "2023-01-01",
          endDate: "2098-12-31",
          entitlements: [entitlement("ent-over", "proactiveCredits", { unit: "credits", allowance: 10 })],
        }),
      ],
    },
    { id: "over" },
  ),
  deliveryEvent("credits", {
    agreementId: OVER,
    packageId: "pkg-over",
    entitlementId: "ent-over",
    service: "proactiveCredits",
    unit: "credits",
    quantity: 3,
    deliveredAt: "2023-06-01T10:00:00Z",
  }),
];

const drillDownSchema = z.object({
  status: z.string(),
  endDate: z.string(),
  expiresOn: z.string(),
  rowsLink: z.url().nullable(),
  casesLink: z.url().nullable(),
  historyLink: z.url().nullable(),
});
type DrillDown = z.infer<typeof drillDownSchema>;

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
  const tally = await api.send(events);
  expect(tally).toMatchObject({ rejected: 0, recorded: events.length });
  await api.drained();
});

afterAll(() => api.stack.stop());

async function drillDown(id: string, query: Record<string, string> = {}): Promise<DrillDown> {
  const answer = await api.ask(CSAM, { path: `customers/${CUSTOMER}/entitlements/${id}`, query });
  expect(answer.status, answer.text).toBe(200);
  return answer.read(drillDownSchema);
}

const linksOf = ({ rowsLink, casesLink, historyLink }: DrillDown) => [rowsLink, casesLink, historyLink];
const listsOf = (each: DrillDown) =>
  linksOf(each).map((link) => link && new URL(link).pathname.split("/").at(-1));

describe("the links of a drill-down (CA-10)", () => {
  test("are those of what it has: contacts are of no case and have no history, a benefit has no rows", async () => {
    for (const { entitlementId } of consumables)
      expect(listsOf(await drillDown(String(entitlementId)))).toEqual(["rows", "cases", "history"]);
    expect(listsOf(await drillDown("ent-con"))).toEqual(["rows", null, null]);
    expect(listsOf(await drillDown("ent-sdm"))).toEqual([null, null, null]);
  });

  test("all lead to an answer of the same workspaces and instant, of every entitlement that the page shows", async () => {
    for (const asOf of [{}, { asOf: "2024-03-02T09:00:00Z" }]) {
      const query = { ...asOf, workspaces: "ws-default" };
      const page = await api.ask(CSAM, { path: PAGE, query });
      const ids = [...page.text.matchAll(/"entitlementId":"([^"]+)"/g)].map(([, id = ""]) => id);
      expect(ids).toHaveLength(consumables.length + 2);
      for (const id of [...ids, "ent-over"]) {
        for (const link of linksOf(await drillDown(id, query))) {
          if (link === null) continue;
          const answer = await api.ask(CSAM, { path: link });
          expect([link, answer.status]).toEqual([link, 200]);
          const kept = Object.fromEntries(new URL(link).searchParams);
          expect(kept).toMatchObject(query);
        }
      }
    }
  });
});

describe("the day that an entitlement really ends (CA-09)", () => {
  const expected = { endDate: "2098-12-31", expiresOn: "2023-12-31" };

  test.each([
    ["2023-12-31T22:59:59.999Z", "active"],
    ["2023-12-31T23:00:00.000Z", "inactive"],
  ])("is said alike by the page and the drill-down, and so is its status as of %s", async (asOf, status) => {
    const page = await api.ask(CSAM, { path: PAGE, query: { agreements: OVER, asOf } });
    const item = z.object({ endDate: z.string(), expiresOn: z.string(), status: z.string() });
    const shape = z.object({ enterpriseWide: z.object({ packages: z.array(item) }) });
    const { packages: shown } = page.read(shape).enterpriseWide;
    expect(shown).toEqual([{ ...expected, status }]);
    expect(await drillDown("ent-over", { asOf })).toMatchObject({ ...expected, status });
  });

  test("is said alike by its rows of credits and by the list of what expires", async () => {
    const { rowsLink } = await drillDown("ent-over");
    const rows = await api.ask(CSAM, { path: rowsLink ?? "" });
    const rowsShape = z.object({ value: z.array(z.object({ expiresOn: z.string() })) });
    expect(rows.read(rowsShape).value).toEqual([{ expiresOn: expected.expiresOn }]);
    const path = `customers/${CUSTOMER}/expirations`;
    const query = { agreements: OVER, asOf: "2023-12-31T22:59:59.999Z", withinDays: "0" };
    const list = await api.ask(CSAM, { path, query });
    const listShape = z.object({ value: z.array(z.object({ kind: z.string(), lastDay: z.string() })) });
    expect(list.read(listShape).value).toEqual([
      { kind: "agreement", lastDay: expected.expiresOn },
      { kind: "package", lastDay: expected.expiresOn },
    ]);
  });
});
