import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import { ledgerIdSchema } from "../../src/consumption/entry.ts";
import { expirationsOf } from "../../src/consumption/expirations.ts";
import { AGREEMENT, agreementEvent, basePackage, CUSTOMER, entitlement } from "../fakes/events.ts";
import { inShort, noticeWorld } from "./notice-world.ts";

const ledgerId = ledgerIdSchema.parse(`${CUSTOMER}/${AGREEMENT}`);
const START = "2025-01-01";

/** An agreement of a zone whose package ends on that day. */
const ending = (timeZone: string, endDate: string, envelope: Readonly<Record<string, unknown>> = {}) =>
  agreementEvent(
    {
      timeZone,
      startDate: START,
      endDate: "2027-12-31",
      packages: [
        basePackage({ startDate: START, endDate, entitlements: [entitlement("ent-adv", "advisory")] }),
      ],
    },
    envelope,
  );

/** The last instant of a day in a zone, and the first of the next. */
function midnightAfter(day: string, timeZone: string): readonly [string, string] {
  const next = Temporal.PlainDate.from(day).add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds;
  return [new Date(next - 1).toISOString(), new Date(next).toISOString()];
}

describe("the end of a package (CA-20)", () => {
  // Clocks go forward on 2026-03-29 and back on 2026-10-25 in both; elsewhere on other days, or half an hour.
  const zones = [
    ["Europe/Madrid", "2026-06-27", "2026-03-29T21:59:59.999Z"],
    ["Europe/Madrid", "2026-12-31", "2026-10-01T22:00:00.000Z"],
    ["Europe/Warsaw", "2026-06-27", "2026-03-29T21:59:59.999Z"],
    ["Europe/Warsaw", "2027-01-23", "2026-10-25T22:59:59.999Z"],
    ["Europe/Warsaw", "2027-01-24", "2026-10-25T23:00:00.000Z"],
    ["America/Lima", "2026-08-31", "2026-06-03T04:59:59.999Z"],
    ["Pacific/Auckland", "2026-08-31", "2026-06-01T12:00:00.000Z"],
    ["Australia/Lord_Howe", "2026-06-30", "2026-03-31T13:00:00.000Z"],
  ] as const;

  it.each(zones)(
    "in %s on %s is told from the first instant of the day 90 days before",
    async (zone, endDate) => {
      for (const days of [90, 60, 30, 7]) {
        const first = Temporal.PlainDate.from(endDate).subtract({ days });
        const [before, instant] = midnightAfter(first.subtract({ days: 1 }).toString(), zone);
        const world = noticeWorld(before);
        await world.setRules({ expiryDays: [days] });
        await world.record(ending(zone, endDate));
        expect(await world.look(), `${days} days, ${before}`).toEqual([]);
        world.at(instant);
        expect(await world.look(), `${days} days, ${instant}`).toMatchObject([
          { type: "packageExpiring", threshold: days, crossing: 1, daysLeft: days, endDate },
        ]);
        world.at(midnightAfter(first.toString(), zone)[0]);
        expect(await world.look()).toEqual([]);
      }
    },
  );

  it.each(zones)("in %s on %s: the day as counted by hand is the day", async (zone, endDate, byHand) => {
    const world = noticeWorld(byHand);
    await world.record(ending(zone, endDate));
    const [notice] = await world.look();
    const isLastInstant = byHand.endsWith("59.999Z");
    // By hand: the last instant of the day 90 days before, or its first one.
    expect(notice).toMatchObject({ daysLeft: 90, threshold: 90 });
    world.at(new Date(Date.parse(byHand) + (isLastInstant ? 1 : -1)).toISOString());
    const other = noticeWorld(world.watcher.now());
    await other.record(ending(zone, endDate));
    expect((await other.look()).map((each) => each.type === "packageExpiring" && each.daysLeft)).toEqual(
      isLastInstant ? [89] : [],
    );
  });

  it("is told at each threshold once, on the last day still and after it no more", async () => {
    const world = noticeWorld("2026-09-01T12:00:00.000Z");
    await world.record(ending("Europe/Madrid", "2026-12-31"));
    const told: string[] = [];
    for (let day = Temporal.PlainDate.from("2026-09-01"); day.year < 2028; day = day.add({ days: 1 })) {
      world.at(`${day.toString()}T12:00:00.000Z`);
      for (const notice of [...(await world.look()), ...(await world.look())])
        told.push(`${day.toString()} ${inShort([notice]).join()}`);
    }
    expect(told).toEqual([
      "2026-10-02 packageExpiring 90 #1",
      "2026-11-01 packageExpiring 60 #1",
      "2026-12-01 packageExpiring 30 #1",
      "2026-12-24 packageExpiring 7 #1",
    ]);
  });

  it("that comes to be known late is told as it is: the nearest threshold alone", async () => {
    const world = noticeWorld("2026-12-10T12:00:00.000Z");
    await world.record(ending("Europe/Madrid", "2026-12-31"));
    expect(await world.look()).toMatchObject([{ threshold: 30, daysLeft: 21 }]);
    world.at("2026-12-31T22:59:59.999Z");
    expect(await world.look()).toMatchObject([{ threshold: 7, daysLeft: 0 }]);
    world.at("2026-12-31T23:00:00.000Z");
    await world.setRules({ expiryDays: [5, 3] });
    expect(await world.look()).toEqual([]);
  });

  it("that is put off is armed again, and told again", async () => {
    const world = noticeWorld("2026-12-26T12:00:00.000Z");
    await world.record(ending("Europe/Madrid", "2026-12-31"));
    expect(inShort(await world.look())).toEqual(["packageExpiring 7 #1"]);
    await world.record(ending("Europe/Madrid", "2027-06-30", { id: "longer", time: "2026-12-26T00:00:00Z" }));
    expect(await world.look()).toEqual([]);
    world.at("2027-06-29T12:00:00.000Z");
    expect(inShort(await world.look())).toEqual(["packageExpiring 7 #2"]);
  });

  it("is that of its agreement where this ends first, as in the list of what expires", async () => {
    const shorter = agreementEvent({
      endDate: "2026-06-30",
      packages: [basePackage({ endDate: "2026-12-31", entitlements: [entitlement("ent-adv", "advisory")] })],
    });
    const world = noticeWorld("2026-06-22T21:59:59.999Z");
    await world.setRules({ expiryDays: [7, 0] });
    await world.record(shorter);
    const terms = (await world.stores.store.readHead(ledgerId))?.value.terms;
    if (terms === undefined) throw new Error("no terms");
    const listed = () =>
      expirationsOf([{ terms, packages: terms.packages, lines: [] }], world.watcher.now(), 365)
        .filter(({ kind }) => kind === "package")
        .map(({ lastDay: endDate, daysLeft }) => ({ endDate, daysLeft }));
    expect(await world.look()).toEqual([]);
    for (const instant of ["2026-06-22T22:00:00.000Z", "2026-06-30T21:59:59.999Z"]) {
      world.at(instant);
      const told = await world.look();
      expect(told).toMatchObject([{ type: "packageExpiring", endDate: "2026-06-30" }]);
      expect(told).toMatchObject(listed());
    }
    world.at("2026-06-30T22:00:00.000Z");
    await world.setRules({ expiryDays: [200] });
    expect(await world.look()).toEqual([]);
  });

  it("is written to people as a day, whatever their zone, in their language", async () => {
    const world = noticeWorld("2026-12-24T12:00:00.000Z");
    await world.record(ending("Europe/Madrid", "2026-12-31"));
    await world.look();
    expect(world.kept("message")).toMatchObject([
      { language: "es", content: { template: "packageExpiring", endDate: "2026-12-31", daysLeft: 7 } },
    ]);
  });
});
