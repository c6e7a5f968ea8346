import { describe, expect, it } from "vitest";
import { ledgerIdSchema } from "../../src/consumption/entry.ts";
import { createLedgerCache } from "../../src/consumption/ledger-cache.ts";
import { settleLedger } from "../../src/consumption/settle.ts";
import {
  AGREEMENT,
  agreementEvent,
  basePackage,
  CUSTOMER,
  deliveryEvent,
  entitlement,
  reversalEvent,
} from "../fakes/events.ts";
import { agreementId, customerId, inShort, noticeWorld, oneAllowance } from "./notice-world.ts";

const use = (id: string, quantity: number) => deliveryEvent(id, { quantity });

describe("a share of an allowance (CA-20)", () => {
  it("is told exactly at the threshold and not one unit before it", async () => {
    const world = noticeWorld();
    await world.record(oneAllowance(), use("d-1", 449));
    expect(await world.look()).toEqual([]);
    expect(world.kept("noticeState")).toEqual([]);
    await world.record(use("d-2", 1));
    expect(await world.look()).toMatchObject([
      { type: "allowanceUsed", threshold: 75, crossing: 1, consumed: 450, purchased: 600, unit: "minutes" },
    ]);
  });

  it("is told twice when it is crossed, falls back by a reversal and is crossed again", async () => {
    const world = noticeWorld();
    await world.record(oneAllowance(), use("d-1", 440), use("d-2", 20));
    expect(inShort(await world.look())).toEqual(["allowanceUsed 75 #1"]);
    await world.record(reversalEvent("r-1", "d-2", { quantity: 11 }));
    expect(await world.look()).toEqual([]);
    await world.record(use("d-3", 1));
    expect(inShort(await world.look())).toEqual(["allowanceUsed 75 #2"]);
    expect(await world.look()).toEqual([]);
  });

  it("is told of every threshold that one delivery crosses, and written to each person once", async () => {
    const world = noticeWorld();
    await world.record(oneAllowance(), use("d-1", 601));
    expect(inShort(await world.look())).toEqual([75, 90, 100].map((each) => `allowanceUsed ${each} #1`));
    const messages = world.kept("message");
    expect(messages.map(({ to }) => to.email)).toEqual(["admin@cust-t.example"]);
    expect(messages[0]?.content).toMatchObject({ template: "allowanceUsed", percent: 100, consumed: 601 });
  });

  it("is not told again by a replay of everything, roll-ups built anew, settling, or more looks", async () => {
    const world = noticeWorld();
    const events = [oneAllowance(), use("d-1", 500), use("d-2", 50), reversalEvent("r-1", "d-2")];
    await world.record(...events);
    expect(inShort(await world.look())).toEqual(["allowanceUsed 75 #1"]);
    await world.record(...events.toReversed(), ...events);
    expect(await world.look()).toEqual([]);
    const rollups = world.stores.documents(ledgerId).filter(({ kind }) => kind === "rollup");
    const dropped = world.stores.dropRollups();
    expect(dropped).toBeUndefined();
    await world.stores.store.commit(
      ledgerId,
      rollups.map((document) => ({ type: "create" as const, document })),
    );
    const { store } = world.stores;
    const deadline = "2026-06-01T13:00:00.000Z";
    await settleLedger(
      { store, cache: createLedgerCache(store), now: world.watcher.now },
      ledgerId,
      deadline,
    );
    for (let looks = 0; looks < 3; looks++) expect(await world.look()).toEqual([]);
    expect(world.kept("message")).toHaveLength(1);
  });

  it("is armed again by a larger allowance, and by one for which nothing is used", async () => {
    const world = noticeWorld();
    await world.record(oneAllowance(), use("d-1", 600));
    expect(await world.look()).toHaveLength(3);
    await world.record(oneAllowance(1_000, { id: "more", time: "2026-02-01T00:00:00Z" }));
    expect(await world.look()).toEqual([]);
    await world.record(use("d-2", 150));
    expect(inShort(await world.look())).toEqual(["allowanceUsed 75 #2"]);
    await world.record(oneAllowance(600, { id: "less", time: "2026-03-01T00:00:00Z" }));
    expect(inShort(await world.look())).toEqual(["allowanceUsed 90 #2", "allowanceUsed 100 #2"]);
  });

  it("is told of what is current alone when old events are loaded", async () => {
    const old = noticeWorld("2027-06-01T12:00:00.000Z");
    await old.record(oneAllowance(), use("d-1", 600));
    expect(await old.look()).toEqual([]);
    const endsEarly = { startDate: "2026-01-01", endDate: "2026-05-31" };
    const partly = noticeWorld();
    const packages = [
      basePackage({ ...endsEarly, entitlements: [entitlement("ent-adv", "advisory")] }),
      basePackage({ packageId: "pkg-more", entitlements: [entitlement("ent-pro", "proactive")] }),
    ];
    await partly.record(
      agreementEvent({ packages }),
      use("d-1", 600),
      deliveryEvent("d-2", {
        packageId: "pkg-more",
        entitlementId: "ent-pro",
        service: "proactive",
        quantity: 450,
      }),
    );
    expect(await partly.look()).toMatchObject([{ entitlementId: "ent-pro", threshold: 75 }]);
  });

  it("is told of no entitlement that ended, is unmetered or a benefit, or of nothing used of nothing", async () => {
    const world = noticeWorld();
    const unmetered = entitlement("ent-prs", "problemResolution", { allowance: null });
    const none = entitlement("ent-none", "proactive", { allowance: 0 });
    const ended = entitlement("ent-adv", "advisory");
    const benefit = { entitlementId: "ent-sdm", name: "SDM", service: "other", class: "benefit" };
    const with_ = (entitlements: unknown[], id: string, time: string) =>
      agreementEvent({ packages: [basePackage({ entitlements })] }, { id, time });
    await world.record(
      with_([unmetered, none, ended, benefit], "first", "2026-01-01T00:00:00Z"),
      use("d-1", 600),
    );
    await world.record(with_([unmetered, none, benefit], "second", "2026-04-01T00:00:00Z"));
    await world.record(deliveryEvent("d-2", { entitlementId: "ent-prs", service: "problemResolution" }));
    expect(await world.look()).toEqual([]);
    await world.record(
      deliveryEvent("d-3", { entitlementId: "ent-none", service: "proactive", quantity: 1 }),
    );
    expect(inShort(await world.look())).toEqual([75, 90, 100].map((each) => `allowanceUsed ${each} #1`));
  });

  it("follows the customer's rules, and is told of nothing while notices are off", async () => {
    const world = noticeWorld();
    await world.setRules({ allowancePercents: [50, 110], expiryDays: [] });
    await world.record(oneAllowance(), use("d-1", 599));
    expect(inShort(await world.look())).toEqual(["allowanceUsed 50 #1"]);
    await world.setRules({ isEnabled: false });
    await world.record(use("d-2", 100));
    expect(await world.look()).toEqual([]);
    await world.setRules({ isEnabled: true });
    expect(inShort(await world.look())).toEqual(["allowanceUsed 110 #1"]);
  });

  it("asks for a fixed number of reads, whatever was delivered, and for no people where there is no news", async () => {
    const counted = async (deliveries: number) => {
      const world = noticeWorld();
      await world.record(oneAllowance(100_000));
      await world.record(...Array.from({ length: deliveries }, (_, index) => use(`d-${index}`, 1)));
      const calls: string[] = [];
      const { watcher } = world;
      const count =
        <Args extends unknown[], Value>(name: string, run: (...args: Args) => Value) =>
        (...args: Args) => {
          calls.push(name);
          return run(...args);
        };
      await world.look({
        ...watcher,
        notices: {
          ...watcher.notices,
          settings: count("settings", watcher.notices.settings),
          states: count("states", watcher.notices.states),
        },
        customers: { read: count("customer", watcher.customers.read) },
        activity: { ...watcher.activity, ledger: count("ledger", watcher.activity.ledger) },
        directory: {
          ofPerson: count("ofPerson", watcher.directory.ofPerson),
          roleAssignments: count("roleAssignments", watcher.directory.roleAssignments),
          supportContacts: count("supportContacts", watcher.directory.supportContacts),
        },
      });
      return calls;
    };
    const few = await counted(1);
    expect(few.toSorted()).toEqual(["customer", "ledger", "settings", "states", "supportContacts"]);
    expect(await counted(200)).toEqual(few);
  });
});

const ledgerId = ledgerIdSchema.parse(`${CUSTOMER}/${AGREEMENT}`);

describe("another agreement or customer", () => {
  it("has thresholds of its own", async () => {
    const world = noticeWorld();
    await world.record(oneAllowance(), use("d-1", 500));
    await world.look();
    expect(await world.notices.states(customerId, agreementId)).toHaveLength(1);
    const other = { customerId: "cust-u" };
    await world.record(
      agreementEvent(
        { ...other, packages: [basePackage({ entitlements: [entitlement("ent-adv", "advisory")] })] },
        { id: "u" },
      ),
      deliveryEvent("d-u", { ...other, quantity: 10 }),
    );
    expect(await world.look()).toEqual([]);
  });
});
