import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import { shownAgreement } from "../../src/consumption/activity.ts";
import { everything } from "../../src/consumption/chosen.ts";
import { ledgerIdSchema } from "../../src/consumption/entry.ts";
import { expirationsOf } from "../../src/consumption/expirations.ts";
import { readFigures } from "../../src/consumption/figures.ts";
import {
  AGREEMENT,
  agreementEvent,
  basePackage,
  CUSTOMER,
  deliveryEvent,
  entitlement,
  reversalEvent,
} from "../fakes/events.ts";
import { inShort, type NoticeWorld, noticeWorld } from "./notice-world.ts";
import { addWebhook } from "./some-notices.ts";

type Facts = Readonly<Record<string, unknown>>;
const ledgerId = ledgerIdSchema.parse(`${CUSTOMER}/${AGREEMENT}`);

const grant = (grantId: string, amount: number, startDate: string, endDate: string, more: Facts = {}) => ({
  grantId,
  amount,
  startDate,
  endDate,
  priority: 1,
  ...more,
});

/** A package of all of 2026 with grants. */
const granted = (grants: readonly unknown[], dates: Facts = {}, envelope: Facts = {}) =>
  agreementEvent(
    {
      ...dates,
      packages: [
        basePackage({ entitlements: [entitlement("ent-adv", "advisory", { allowance: undefined, grants })] }),
      ],
    },
    envelope,
  );

const use = (id: string, quantity: number, day: string) =>
  deliveryEvent(id, { quantity, deliveredAt: `${day}T09:15:00Z` });

/** Only notices of ends. */
async function worldAt(instant: string): Promise<NoticeWorld> {
  const world = noticeWorld(instant);
  await world.setRules({ allowancePercents: [] });
  return world;
}

describe("the end of a grant (CA-20, LE-11)", () => {
  const spring = grant("g-spring", 100, "2026-01-01", "2026-06-30");
  const autumn = grant("g-autumn", 100, "2026-07-01", "2026-12-31");

  it("is told at each threshold once, with what is unused then, and the package's end beside it once", async () => {
    const world = await worldAt("2026-01-15T12:00:00.000Z");
    await world.record(granted([spring, autumn]), use("d-1", 30, "2026-02-01"), use("d-2", 10, "2026-05-15"));
    const told: string[] = [];
    for (let day = Temporal.PlainDate.from("2026-01-15"); day.year < 2027; day = day.add({ days: 1 })) {
      world.at(`${day.toString()}T12:00:00.000Z`);
      for (const notice of [...(await world.look()), ...(await world.look())]) {
        const unused = notice.type === "grantExpiring" ? ` ${notice.grantId} ${notice.unused}` : "";
        told.push(`${day.toString()} ${inShort([notice]).join()}${unused}`);
      }
    }
    // All that is known counts, whatever its time: both deliveries were there from the start.
    expect(told).toEqual([
      "2026-04-01 grantExpiring 90 #1 g-spring 60",
      "2026-05-01 grantExpiring 60 #1 g-spring 60",
      "2026-05-31 grantExpiring 30 #1 g-spring 60",
      "2026-06-23 grantExpiring 7 #1 g-spring 60",
      "2026-10-02 packageExpiring 90 #1",
      "2026-11-01 packageExpiring 60 #1",
      "2026-12-01 packageExpiring 30 #1",
      "2026-12-24 packageExpiring 7 #1",
    ]);
  });

  it("is told from the first instant of its day in the customer's zone, as in the list of what expires", async () => {
    for (const timeZone of ["Europe/Madrid", "Europe/Warsaw", "America/Lima", "Asia/Kolkata"]) {
      const first = Temporal.PlainDate.from("2026-06-23").toZonedDateTime(timeZone).epochMilliseconds;
      const world = await worldAt(new Date(first - 1).toISOString());
      await world.setRules({ expiryDays: [7] });
      await world.record(granted([spring, autumn], { timeZone }), use("d-1", 30, "2026-02-01"));
      expect(await world.look(), timeZone).toEqual([]);
      world.at(new Date(first).toISOString());
      const [notice, ...others] = await world.look();
      expect(others).toEqual([]);
      const at = world.watcher.now();
      const query = { chosen: everything, asOf: undefined, at };
      const figures = await readFigures(world.watcher.activity, ledgerId, query);
      const shown = figures && shownAgreement(figures, { chosen: everything, isNamed: true });
      const [listed] = expirationsOf(shown ? [shown] : [], at, 7);
      expect(notice).toMatchObject({
        endDate: listed?.lastDay,
        daysLeft: listed?.daysLeft,
        grantId: listed?.grantId,
        unused: listed?.unused[0]?.quantity,
      });
      expect(notice).toMatchObject({ endDate: "2026-06-30", daysLeft: 7, unused: 70, unit: "minutes" });
    }
  });

  it("with its package is told as the package's alone, also where the agreement ends both before", async () => {
    const world = await worldAt("2026-12-10T12:00:00.000Z");
    await world.record(granted([autumn, grant("g-long", 50, "2026-01-01", "2027-06-30")]));
    expect(inShort(await world.look())).toEqual(["packageExpiring 30 #1"]);
    const shorter = await worldAt("2026-08-20T12:00:00.000Z");
    await shorter.record(granted([spring, autumn], { endDate: "2026-08-31" }));
    expect(inShort(await shorter.look())).toEqual(["packageExpiring 30 #1"]);
  });

  it("is no news when nothing of it is left, and is when something is given back; each time once", async () => {
    const world = await worldAt("2026-06-10T12:00:00.000Z");
    await world.record(granted([spring, autumn]), use("d-1", 100, "2026-02-01"));
    expect(await world.look()).toEqual([]);
    await world.record(reversalEvent("r-1", "d-1"));
    expect(await world.look()).toMatchObject([{ threshold: 30, daysLeft: 20, unused: 100, crossing: 1 }]);
    await world.record(use("d-2", 40, "2026-03-01"));
    expect(await world.look()).toEqual([]);
    await world.record(use("d-3", 60, "2026-03-02"));
    expect(await world.look()).toEqual([]);
    await world.record(reversalEvent("r-3", "d-3"));
    expect(await world.look()).toMatchObject([{ threshold: 30, unused: 60, crossing: 2 }]);
    expect(await world.look()).toEqual([]);
  });

  it("tells of what is lost, and so nothing of what is carried over", async () => {
    const carried = (amount: number) =>
      grant("g-carried", amount, "2026-07-01", "2026-12-31", { kind: "carryOver", carriedFrom: "g-spring" });
    const world = await worldAt("2026-06-10T12:00:00.000Z");
    await world.record(granted([spring, carried(25)]), use("d-1", 30, "2026-02-01"));
    expect(await world.look()).toMatchObject([{ grantId: "g-spring", unused: 45 }]);
    const whole = await worldAt("2026-06-10T12:00:00.000Z");
    await whole.record(granted([spring, carried(100)]), use("d-1", 30, "2026-02-01"));
    expect(await whole.look()).toEqual([]);
  });

  it("tells nothing of a grant that is over or has not begun, and of one known late only the nearest threshold", async () => {
    const world = await worldAt("2026-07-02T12:00:00.000Z");
    const short = grant("g-short", 10, "2026-07-04", "2026-07-20");
    await world.record(granted([spring, autumn, short]));
    expect(await world.look()).toEqual([]);
    world.at("2026-07-04T12:00:00.000Z");
    expect(inShort(await world.look())).toEqual(["grantExpiring 30 #1"]);
  });

  it("that is put off to the end of the package is armed again, and told again where it is brought forward", async () => {
    const world = await worldAt("2026-06-10T12:00:00.000Z");
    await world.record(granted([spring]));
    expect(inShort(await world.look())).toEqual(["grantExpiring 30 #1"]);
    const amended = (endDate: string, id: string, time: string) =>
      world.record(granted([{ ...spring, endDate }], {}, { id, time }));
    await amended("2026-12-31", "longer", "2026-06-10T01:00:00Z");
    expect(await world.look()).toEqual([]);
    await amended("2026-06-30", "shorter", "2026-06-10T02:00:00Z");
    expect(inShort(await world.look())).toEqual(["grantExpiring 30 #2"]);
  });

  it("is told of each grant by itself, in messages and deliveries that say how much", async () => {
    const world = await worldAt("2026-06-10T12:00:00.000Z");
    await addWebhook(world);
    const other = grant("g/other", 1, "2026-01-01", "2026-06-20");
    await world.record(granted([spring, other]));
    const notices = await world.look();
    expect(notices).toHaveLength(2);
    const amounts = { template: "grantExpiring", entitlementName: "ent-adv", unit: "minutes" };
    expect(world.kept("message")).toMatchObject([
      { language: "es", content: { ...amounts, endDate: "2026-06-20", daysLeft: 10, unused: 1 } },
      { language: "es", content: { ...amounts, endDate: "2026-06-30", daysLeft: 20, unused: 100 } },
    ]);
    const told = { kind: "grantExpiring", entitlementId: "ent-adv", thresholdDays: 30, purchased: null };
    expect(world.kept("webhookDelivery").map(({ body }): unknown => JSON.parse(body))).toMatchObject([
      { data: { ...told, grantId: "g/other", endDate: "2026-06-20", daysLeft: 10, unused: 1 } },
      { data: { ...told, grantId: "g-spring", endDate: "2026-06-30", daysLeft: 20, unused: 100 } },
    ]);
  });
});
