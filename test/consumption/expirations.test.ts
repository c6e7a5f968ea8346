import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { statusAt } from "../../src/agreements/window.ts";
import { shownAgreement } from "../../src/consumption/activity.ts";
import { chooseWorkspaces } from "../../src/consumption/chosen.ts";
import { type Expiration, expirationKey, expirationsOf } from "../../src/consumption/expirations.ts";
import { createRecorder } from "../../src/consumption/record.ts";
import { readAgreements, readCustomer } from "../../src/consumption/selection.ts";
import { agreementEvent, basePackage, CUSTOMER, deliveryEvent, entitlement } from "../fakes/events.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import { memoryActivityStore } from "../reports/support/memory-activity.ts";
import { shiftDay, timeZones } from "./grants-arbitrary.ts";
import { dayOn } from "./naive-grants.ts";
import { now } from "./state.ts";
import { packagesOn, viewsOf, wholeCustomer } from "./views.ts";

type Asked = {
  readonly at: string;
  readonly withinDays?: number;
  readonly workspaces?: readonly string[];
  readonly named?: readonly string[];
};

/** What is listed of a customer to whom these events happened. */
async function listOf(bodies: readonly string[], asked: Asked): Promise<readonly Expiration[]> {
  const { at, withinDays = 90, workspaces = "all", named } = asked;
  const stores = memoryStores();
  const outcomes = await createRecorder(stores, now).record(bodies);
  expect(outcomes.filter(({ status }) => status !== "recorded")).toEqual([]);
  const customer = await readCustomer(stores.customers, customerIdSchema.parse(CUSTOMER));
  const chosen = chooseWorkspaces(customer, wholeCustomer, workspaces);
  const store = memoryActivityStore(stores);
  const figures = await readAgreements(store, customer, chosen, named, at, at);
  const isNamed = named !== undefined;
  const shown = figures.flatMap((each) => shownAgreement(each, { chosen, isNamed }) ?? []);
  return expirationsOf(shown, at, withinDays);
}

const short = ({ kind, packageId, grantId, lastDay, daysLeft }: Expiration) =>
  [kind, grantId ?? packageId, lastDay, daysLeft].filter((each) => each !== null).join(" ");

const year = { startDate: "2026-01-01", endDate: "2026-12-31" };
const spring = basePackage({ ...year, packageId: "pkg-spring", endDate: "2026-03-29", entitlements: [] });
const atNoon = (day: string): string => `${day}T12:00:00.000Z`;

describe("what expires soon (CA-09)", () => {
  const twoPackages = agreementEvent({ ...year, packages: [basePackage(year), spring] });

  it("is listed with exactly so many days left as asked for, and not with one more", async () => {
    for (const [withinDays, expected] of [
      [28, ["package pkg-spring 2026-03-29 28"]],
      [27, []],
    ] as const) {
      const list = await listOf([twoPackages], { at: atNoon("2026-03-01"), withinDays });
      expect(list.map(short)).toEqual(expected);
    }
  });

  it("has no day left on its last day, up to its last instant, and is gone after it", async () => {
    const on = async (at: string) => (await listOf([twoPackages], { at })).map(short);
    // In Madrid the clocks change on that day: it ends at 22:00 in UTC, having begun at 23:00.
    expect(await on("2026-03-28T22:59:59.999Z")).toEqual(["package pkg-spring 2026-03-29 1"]);
    expect(await on("2026-03-28T23:00:00.000Z")).toEqual(["package pkg-spring 2026-03-29 0"]);
    expect(await on("2026-03-29T21:59:59.999Z")).toEqual(["package pkg-spring 2026-03-29 0"]);
    expect(await on("2026-03-29T22:00:00.000Z")).toEqual([]);
  });

  it("is soonest first, of one day agreements before packages before grants, each with what is unused", async () => {
    const grants = [
      { grantId: "first", amount: 100, priority: 1, startDate: "2026-01-01", endDate: "2026-11-30" },
      { grantId: "last", amount: 50, priority: 1, startDate: "2026-12-01", endDate: "2026-12-31" },
    ];
    const entitlements = [
      entitlement("ent-pro", "proactive", { allowance: undefined, grants }),
      entitlement("ent-adv", "advisory", { allowance: 60 }),
      entitlement("ent-prs", "problemResolution", { allowance: null }),
    ];
    const delivery = { quantity: 30, deliveredAt: "2026-02-01T10:00:00Z" };
    const list = await listOf(
      [
        agreementEvent({ ...year, packages: [basePackage({ ...year, entitlements })] }),
        deliveryEvent("pro", {
          ...delivery,
          service: "proactive",
          entitlementId: "ent-pro",
          request: undefined,
        }),
        deliveryEvent("adv", { ...delivery, quantity: 60 }),
      ],
      { at: atNoon("2026-11-01") },
    );
    expect(list.map(short)).toEqual([
      "grant first 2026-11-30 29",
      "agreement 2026-12-31 60",
      "package pkg-base 2026-12-31 60",
      "grant last 2026-12-31 60",
    ]);
    const unused = list.map((each) =>
      each.unused.map(({ entitlementId, quantity }) => [entitlementId, quantity]),
    );
    expect(unused).toEqual([[["ent-pro", 70]], [["ent-pro", 70]], [["ent-pro", 70]], [["ent-pro", 50]]]);
    expect(list.map(({ status }) => status)).toEqual(["active", "active", "active", "upcoming"]);
  });

  it("ends with whatever ends first: its package, its agreement, or an amendment", async () => {
    const grants = [
      { grantId: "long", amount: 5, priority: 1, startDate: "2026-01-01", endDate: "2027-06-30" },
    ];
    const line = entitlement("ent-pro", "proactive", { allowance: undefined, grants });
    const long = basePackage({ ...year, endDate: "2027-03-31", entitlements: [line] });
    const first = agreementEvent({ ...year, packages: [long, spring] });
    const amendment = { id: "amended", time: "2026-02-10T12:00:00Z", type: "support.agreement.amended.v1" };
    expect((await listOf([first], { at: atNoon("2026-12-01") })).map(short)).toEqual([
      "agreement 2026-12-31 30",
      "package pkg-base 2026-12-31 30",
      "grant long 2026-12-31 30",
    ]);
    const without = agreementEvent({ ...year, packages: [long] }, amendment);
    const on = async (at: string) => (await listOf([first, without], { at })).map(short);
    expect(await on(atNoon("2026-02-09"))).toEqual(["package pkg-spring 2026-02-10 1"]);
    expect(await on("2026-02-10T12:00:00.000Z")).toEqual([]);
  });

  it("ends on the day that page and drill-down name, active until then and inactive after", async () => {
    const line = (id: string) => entitlement(id, "proactiveCredits", { unit: "credits", allowance: 5 });
    const base = basePackage({
      ...year,
      endDate: "2027-03-31",
      entitlements: [line("ent-a"), line("ent-b")],
    });
    const dropped = basePackage({ ...year, packageId: "pkg-drop", entitlements: [line("ent-c")] });
    const never = basePackage({
      ...year,
      packageId: "pkg-never",
      startDate: "2026-11-01",
      entitlements: [line("ent-d")],
    });
    const amendment = { id: "amended", time: "2026-02-10T12:00:00Z", type: "support.agreement.amended.v1" };
    const kept = { ...base, entitlements: [line("ent-a")] };
    const events = [
      agreementEvent({ ...year, packages: [base, dropped, never] }),
      agreementEvent({ ...year, packages: [kept] }, amendment),
    ];
    const stores = memoryStores();
    await createRecorder(stores, now).record(events);
    const views = viewsOf(stores);
    const seen = async (asOf: string) => {
      const asked = { scope: wholeCustomer, workspaces: "all", agreements: ["agr-t-base"], asOf } as const;
      const ends = packagesOn(await views.page(asked)).map(({ packageId, expiresOn, status }) => [
        packageId,
        expiresOn,
        status,
      ]);
      const lines = ["ent-a", "ent-b", "ent-c", "ent-d"].map(async (id) => {
        const { expiresOn, window } = (await views.drillDown(asked, id)).line;
        return `${id} ${expiresOn} ${statusAt(window, asOf)}`;
      });
      const listed = (await listOf(events, { at: asOf, withinDays: 400, named: ["agr-t-base"] }))
        .filter(({ kind }) => kind === "package")
        .map(({ packageId, lastDay, status }) => [packageId, lastDay, status]);
      const shown = ends.filter(([, , status]) => status !== "inactive");
      expect(new Set(listed.map(String))).toEqual(new Set(shown.map(String)));
      expect(listed).toHaveLength(shown.length);
      return { packages: ends.map((each) => each.join(" ")), lines: await Promise.all(lines) };
    };
    const unbegun = "pkg-never 2026-02-10 inactive";
    expect(await seen("2026-02-10T11:59:59.999Z")).toEqual({
      packages: ["pkg-base 2026-12-31 active", "pkg-drop 2026-02-10 active", unbegun],
      lines: [
        "ent-a 2026-12-31 active",
        "ent-b 2026-02-10 active",
        "ent-c 2026-02-10 active",
        "ent-d 2026-02-10 inactive",
      ],
    });
    expect(await seen("2026-12-31T22:59:59.999Z")).toEqual({
      packages: ["pkg-base 2026-12-31 active", "pkg-drop 2026-02-10 inactive", unbegun],
      lines: [
        "ent-a 2026-12-31 active",
        "ent-b 2026-02-10 inactive",
        "ent-c 2026-02-10 inactive",
        "ent-d 2026-02-10 inactive",
      ],
    });
    expect((await seen("2026-12-31T23:00:00.000Z")).packages[0]).toBe("pkg-base 2026-12-31 inactive");
  });

  it("is narrowed to what applies to the chosen workspaces, and to the agreements that are named", async () => {
    const extra = agreementEvent(
      {
        ...year,
        agreementId: "agr-t-extra",
        kind: "addOn",
        packages: [basePackage({ ...year, packageId: "pkg-extra", section: "addOn", entitlements: [] })],
      },
      { id: "extra" },
    );
    const at = atNoon("2026-12-31");
    const on = async (asked: Omit<Asked, "at">) =>
      (await listOf([twoPackages, extra], { at, ...asked })).map(short);
    const own = ["agreement 2026-12-31 0", "package pkg-base 2026-12-31 0"];
    const others = ["agreement 2026-12-31 0", "package pkg-extra 2026-12-31 0"];
    expect(await on({})).toEqual([own[0], others[0], own[1], others[1]]);
    expect(await on({ workspaces: ["ws-default"] })).toEqual(own);
    expect(await on({ named: ["agr-t-extra"] })).toEqual(others);
    expect(await on({ named: ["agr-t-extra"], workspaces: ["ws-default"] })).toEqual([
      "agreement 2026-12-31 0",
    ]);
  });

  it("has the days left that the customer's calendar counts, in every time zone and around changes of clocks", async () => {
    const around = fc.constantFrom("2018-02-17", "2018-11-04", "2024-02-29", "2024-03-31", "2024-10-27");
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...timeZones),
        around,
        fc.integer({ min: -3, max: 3 }),
        fc.integer({ min: -5 * 1_440, max: 5 * 1_440 }),
        fc.integer({ min: 1, max: 6 }),
        async (timeZone, day, days, minutes, withinDays) => {
          const endDate = shiftDay(day, days);
          const at = new Date(Date.parse(day) + minutes * 60_000).toISOString();
          const wide = { startDate: "2017-01-01", endDate: "2099-12-31" };
          const item = basePackage({ ...wide, packageId: "pkg-x", endDate, entitlements: [] });
          const list = await listOf([agreementEvent({ ...wide, timeZone, packages: [item] })], {
            at,
            withinDays,
          });
          const left = daysBetween(dayOn(at, timeZone), endDate);
          const expected = left >= 0 && left <= withinDays ? [`package pkg-x ${endDate} ${left}`] : [];
          expect(list.map(short)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("has a key of its own for every one, in the order of the list", async () => {
    const list = await listOf([twoPackages], { at: atNoon("2026-03-01"), withinDays: 730 });
    const keys = list.map(expirationKey);
    expect(keys).toEqual([...new Set(keys)].toSorted());
  });
});

/** One after the other on the calendar. */
function daysBetween(from: string, to: string): number {
  if (from > to) return -1;
  let days = 0;
  for (let day = from; day < to; day = shiftDay(day, 1)) days += 1;
  return days;
}
