import { describe, expect, it } from "vitest";
import { createRecorder } from "../../src/consumption/record.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement, reversalEvent } from "../fakes/events.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import { now, openRejections } from "./state.ts";
import { type Asked, linesOn, viewsOf, wholeCustomer } from "./views.ts";

/** First instant of each period, and the first one after it, from a table of clocks: an hour before UTC's midnight, in summer two. */
const periods = {
  "the day that is 23 hours long": {
    days: ["2026-03-29", "2026-03-29"],
    from: "2026-03-28T23:00:00.000Z",
    to: "2026-03-29T22:00:00.000Z",
  },
  "the day that is 25 hours long": {
    days: ["2026-10-25", "2026-10-25"],
    from: "2026-10-24T22:00:00.000Z",
    to: "2026-10-25T23:00:00.000Z",
  },
  "a leap day": {
    days: ["2028-02-29", "2028-02-29"],
    from: "2028-02-28T23:00:00.000Z",
    to: "2028-02-29T23:00:00.000Z",
  },
  "the last day of a February that has no leap day": {
    days: ["2026-02-28", "2026-02-28"],
    from: "2026-02-27T23:00:00.000Z",
    to: "2026-02-28T23:00:00.000Z",
  },
  "the first and the last day of a month": {
    days: ["2026-05-31", "2026-06-01"],
    from: "2026-05-30T22:00:00.000Z",
    to: "2026-06-01T22:00:00.000Z",
  },
  "a year with both changes of the clocks": {
    days: ["2026-01-01", "2026-12-31"],
    from: "2025-12-31T23:00:00.000Z",
    to: "2026-12-31T23:00:00.000Z",
  },
  "a year from spring to spring": {
    days: ["2026-03-29", "2027-03-28"],
    from: "2026-03-28T23:00:00.000Z",
    to: "2027-03-28T22:00:00.000Z",
  },
} as const;

const timeZones = ["Europe/Madrid", "Europe/Warsaw", "Europe/Rome"] as const;
const table = Object.entries(periods).flatMap(([period, { days, from, to }]) =>
  timeZones.map((timeZone) => ({ period, timeZone, days, from, to })),
);

const whole: Asked = { scope: wholeCustomer, workspaces: "all" };
const justBefore = (instant: string): string => new Date(Date.parse(instant) - 1).toISOString();

async function worldOf(
  { timeZone, days: [startDate, endDate] }: (typeof table)[number],
  more: readonly string[],
) {
  const stores = memoryStores();
  const { record } = createRecorder(stores, now);
  const entitlements = [
    entitlement("ent-adv", "advisory", { allowance: 20 }),
    entitlement("ent-pro", "proactive", { allowance: 20 }),
  ];
  const packages = [basePackage({ startDate, endDate, entitlements })];
  await record([agreementEvent({ timeZone, startDate, endDate, packages })]);
  await record(more);
  return { views: viewsOf(stores), rejected: openRejections(stores), record };
}

const services = { adv: "advisory", pro: "proactive" } as const;

/** Ten minutes of each service. */
const deliveriesAt = (id: string, deliveredAt: string): string[] =>
  Object.entries(services).map(([suffix, service]) =>
    deliveryEvent(`${suffix}-${id}`, {
      service,
      entitlementId: `ent-${suffix}`,
      quantity: 10,
      deliveredAt,
      request: { number: id, category: null },
    }),
  );

describe.each(table)("an agreement over $period in $timeZone", (row) => {
  const { from, to } = row;
  const all = [
    ...deliveriesAt("early", justBefore(from)),
    ...deliveriesAt("first", from),
    ...deliveriesAt("last", justBefore(to)),
    ...deliveriesAt("late", to),
  ];

  it("counts from its first instant to its last, and nothing beside them", async () => {
    const { views, rejected } = await worldOf(row, all);
    expect(rejected.toSorted()).toEqual(["pro-early: outsideAgreement", "pro-late: outsideAgreement"]);
    const { items } = await views.additionalCases(whole);
    expect(items.map(({ number, reasons, minutes }) => [number, reasons, minutes])).toEqual([
      ["early", ["agreementExpired"], 10],
      ["late", ["agreementExpired"], 10],
    ]);
    for (const suffix of Object.keys(services)) {
      const rows = await views.rows(whole, `ent-${suffix}`);
      expect(rows.map(({ event }) => event.id)).toEqual([`${suffix}-last`, `${suffix}-first`]);
    }
  });

  it("is exactly at its limit then: nothing left and nothing over; one more is over, and taken back there is some left", async () => {
    const { views, record } = await worldOf(row, all);
    const figures = async () => {
      const { line } = await views.drillDown(whole, "ent-adv");
      return [line.consumed, line.remaining, line.overage];
    };
    expect(await figures()).toEqual([20, 0, 0]);
    const request = { number: "more", category: null };
    await record([deliveryEvent("more", { quantity: 1, deliveredAt: justBefore(to), request })]);
    expect(await figures()).toEqual([21, 0, 1]);
    await record([reversalEvent("less", "adv-last", { quantity: 2 }, { time: "2028-03-01T00:00:00Z" })]);
    expect(await figures()).toEqual([19, 1, 0]);
  });

  it("shows, as of each of these instants, what was delivered by then, and the agreement while it is active", async () => {
    const { views } = await worldOf(row, all);
    const shownAt = async (asOf: string) => {
      const page = await views.page({ ...whole, asOf });
      const { line, figures } = await views.drillDown({ ...whole, asOf }, "ent-adv");
      return {
        onPage: linesOn(page).map(({ consumed, remaining }) => [consumed, remaining]),
        status: page.agreements.map(({ status }) => status),
        drillDown: [line.consumed, line.remaining, line.rows],
        dataAsOf: figures.lastAt,
      };
    };
    const none = { onPage: [], status: [] };
    const active = { status: ["active"] };
    const twice = (consumed: number, remaining: number) => [
      [consumed, remaining],
      [consumed, remaining],
    ];
    expect([
      await shownAt(justBefore(from)),
      await shownAt(from),
      await shownAt(justBefore(justBefore(to))),
      await shownAt(justBefore(to)),
      await shownAt(to),
    ]).toEqual([
      { ...none, drillDown: [0, 20, 0], dataAsOf: undefined },
      { ...active, onPage: twice(10, 10), drillDown: [10, 10, 1], dataAsOf: from },
      { ...active, onPage: twice(10, 10), drillDown: [10, 10, 1], dataAsOf: from },
      { ...active, onPage: twice(20, 0), drillDown: [20, 0, 2], dataAsOf: justBefore(to) },
      { ...none, drillDown: [20, 0, 2], dataAsOf: justBefore(to) },
    ]);
  });
});
