import { describe, expect, it } from "vitest";
import { agreementEvent, basePackage, deliveryEvent, entitlement } from "../fakes/events.ts";
import { inShort, noticeWorld } from "./notice-world.ts";

const grant = (grantId: string, amount: number, startDate: string, endDate: string) => ({
  grantId,
  amount,
  startDate,
  endDate,
  priority: 1,
});

const granted = (...grants: readonly unknown[]) =>
  agreementEvent({
    packages: [
      basePackage({ entitlements: [entitlement("ent-adv", "advisory", { allowance: undefined, grants })] }),
    ],
  });

const use = (id: string, quantity: number, day: string) =>
  deliveryEvent(id, { quantity, deliveredAt: `${day}T09:15:00Z` });

describe("a share of an allowance in grants", () => {
  const first = grant("g-1", 1_000, "2026-01-01", "2026-03-31");

  it("is that of what may be used now: what expired unused is of no account", async () => {
    const world = noticeWorld();
    await world.record(
      granted(first, grant("g-2", 100, "2026-04-01", "2026-12-31")),
      use("d-1", 50, "2026-02-01"),
      use("d-2", 74, "2026-04-10"),
    );
    expect(await world.look()).toEqual([]);
    await world.record(use("d-3", 26, "2026-04-11"));
    expect(await world.look()).toMatchObject(
      [75, 90, 100].map((threshold) => ({ threshold, consumed: 100, purchased: 100 })),
    );
    expect(world.kept("message")).toMatchObject([{ content: { percent: 100 } }]);
  });

  it("is that of all active grants together, and of none that has not begun", async () => {
    const world = noticeWorld();
    await world.record(
      granted(
        grant("g-1", 100, "2026-01-01", "2026-12-31"),
        grant("g-2", 100, "2026-04-01", "2026-12-31"),
        grant("g-3", 800, "2026-07-01", "2026-12-31"),
      ),
      use("d-1", 149, "2026-04-10"),
    );
    expect(await world.look()).toEqual([]);
    await world.record(use("d-2", 1, "2026-04-11"));
    expect(await world.look()).toMatchObject([{ threshold: 75, consumed: 150, purchased: 200 }]);
  });

  it("is more than all with overage, and is armed again by a grant that begins", async () => {
    const world = noticeWorld("2026-03-20T12:00:00.000Z");
    await world.setRules({ allowancePercents: [100, 110] });
    await world.record(
      granted(first, grant("g-2", 1_000, "2026-04-01", "2026-12-31")),
      use("d-1", 1_100, "2026-02-01"),
    );
    expect(await world.look()).toMatchObject([
      { threshold: 100, consumed: 1_100, purchased: 1_000 },
      { threshold: 110, consumed: 1_100, purchased: 1_000 },
    ]);
    world.at("2026-06-01T12:00:00.000Z");
    expect(await world.look()).toEqual([]);
    await world.record(use("d-2", 999, "2026-04-10"));
    expect(await world.look()).toEqual([]);
    await world.record(use("d-3", 1, "2026-04-11"));
    // The 100 that no earlier grant covered are not of this one.
    expect(await world.look()).toMatchObject([{ threshold: 100, crossing: 2, consumed: 1_000 }]);
    await world.record(use("d-4", 100, "2026-04-12"));
    expect(inShort(await world.look())).toEqual(["allowanceUsed 110 #2"]);
  });

  it("is told of what is used while no grant is active, once", async () => {
    const world = noticeWorld();
    await world.record(granted(first), use("d-1", 2_000, "2026-02-01"));
    expect(await world.look()).toEqual([]);
    await world.record(use("d-2", 5, "2026-04-10"));
    expect(await world.look()).toMatchObject(
      [75, 90, 100].map((threshold) => ({ threshold, consumed: 5, purchased: 0 })),
    );
    expect(await world.look()).toEqual([]);
  });
});
