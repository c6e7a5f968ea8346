import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { requestNumberSchema } from "../../src/support/request.ts";
import { changeCalendar, currentCalendar, defaultCalendar } from "../../src/support/target-calendar.ts";
import { createCalendars } from "../../src/support/target-calendar-cache.ts";
import { openTargetStores, targetWorld } from "./target-world.ts";

const AT = "2026-06-02T08:00:00.000Z";
const madrid = defaultCalendar("Europe/Madrid");
const rome = defaultCalendar("Europe/Rome");

let stores: Awaited<ReturnType<typeof openTargetStores>>;
beforeAll(async () => {
  stores = await openTargetStores();
});
afterAll(() => stores.close());

/** Calls to the store. Beside each query the SDK asks for its plan, which reads nothing and which nobody waits for. */
async function costOf(work: () => Promise<unknown>): Promise<number> {
  const before = stores.requests().length;
  await work();
  return stores
    .requests()
    .slice(before)
    .filter(({ operation }) => operation !== "queryPlan").length;
}

describe("the calendar by which a customer's requests are counted", () => {
  it("is the default in the customer's own zone, until one is set, and costs one call", async () => {
    const world = await targetWorld(stores.container);
    expect(await costOf(() => world.calendars.facts(world.customerId))).toBe(1);
    expect(currentCalendar(await world.calendars.facts(world.customerId))).toEqual({
      calendar: madrid,
      revision: 0,
    });
    await world.setCalendar(AT, rome);
    await world.setCalendar(AT.replace("08", "09"), madrid);
    expect(currentCalendar(await world.calendars.facts(world.customerId)).revision).toBe(2);
  });

  it("and the request come by one call together, also where nothing is remembered", async () => {
    const world = await targetWorld(stores.container);
    const request = await world.open("INC1", AT);
    const key = { customerId: world.customerId, number: requestNumberSchema.parse("INC1") };
    const calendars = createCalendars(world.calendars, world.requests);
    for (const what of ["cold", "remembered"]) {
      expect(await costOf(() => calendars.withRequest(key)), what).toBe(1);
      const { known, current } = await calendars.withRequest(key);
      expect([known?.value, current.calendar], what).toEqual([request, madrid]);
      expect(known?.etag, what).toBe((await world.requests.read(key))?.etag);
    }
    expect(await costOf(() => calendars.current(world.customerId))).toBe(0);
    const other = { ...key, number: requestNumberSchema.parse("INC2") };
    expect((await calendars.withRequest(other)).known).toBeUndefined();
    calendars.forget(world.customerId);
    expect((await calendars.withRequest(other)).known).toBeUndefined();
  });

  it("is remembered by who asked before, until it is forgotten, and asked for anew by who has to know", async () => {
    const world = await targetWorld(stores.container);
    const calendars = createCalendars(world.calendars, world.requests);
    await calendars.current(world.customerId);
    await world.setCalendar(AT, rome);
    expect((await calendars.current(world.customerId)).calendar).toEqual(madrid);
    expect((await calendars.fresh(world.customerId)).calendar).toEqual(rome);
    calendars.forget(world.customerId);
    expect((await calendars.current(world.customerId)).calendar).toEqual(rome);
  });

  it("is not remembered from a read that failed", async () => {
    const world = await targetWorld(stores.container);
    let fails = true;
    const failing = async (): Promise<never> => Promise.reject(new Error("the store is away"));
    const calendars = createCalendars(
      {
        facts: (customerId) => (fails ? failing() : world.calendars.facts(customerId)),
        withRequest: (key) => (fails ? failing() : world.calendars.withRequest(key)),
      },
      world.requests,
    );
    const key = { customerId: world.customerId, number: requestNumberSchema.parse("INC1") };
    await expect(calendars.withRequest(key)).rejects.toThrow("away");
    await expect(calendars.current(world.customerId)).rejects.toThrow("away");
    fails = false;
    expect((await calendars.current(world.customerId)).calendar).toEqual(madrid);
  });

  it("of one customer is nothing to another, and two changes at once are not both made", async () => {
    const world = await targetWorld(stores.container);
    const other = await targetWorld(stores.container, { timeZone: "Asia/Kolkata" });
    const change = (key: string) => {
      const doing = { customerId: world.customerId, actor: { subject: "csam" }, at: AT, key };
      return world.calendars.commit(changeCalendar(doing, undefined, madrid, rome));
    };
    const both = await Promise.all([change("one"), change("other")]);
    expect(both.toSorted()).toEqual([false, true]);
    expect(await world.auditActions()).toEqual(["businessCalendarChanged"]);
    expect(currentCalendar(await other.calendars.facts(other.customerId)).calendar.timeZone).toBe(
      "Asia/Kolkata",
    );
    const nobody = customerIdSchema.parse("cust-nobody");
    expect(await world.calendars.facts(nobody)).toEqual({ known: undefined, timeZone: undefined });
  });
});
