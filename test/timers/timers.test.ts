import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { requestMonthlyCpods } from "../../functions/timer/cpod.ts";
import { settleLedgers, verifyLedgers } from "../../functions/timer/ledgers.ts";
import type { CustomerId } from "../../src/agreements/ids.ts";
import type { LedgerId } from "../../src/consumption/entry.ts";
import { readFonts } from "../../src/platform/report-fonts.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement } from "../fakes/events.ts";
import { type MemoryWorld, memoryWorld, RETENTION_DAYS } from "../reports/support/world.ts";
import { keptLog } from "./kept-log.ts";

const CUSTOMERS = ["cust-1", "cust-2", "cust-3"];
const BAD = "cust-2";

/** Each customer with an agreement and a delivery of its own, so with two ledgers: its own of no agreement too. */
async function worldOfThree(): Promise<MemoryWorld> {
  const world = memoryWorld();
  for (const customerId of CUSTOMERS) {
    const packages = [basePackage({ entitlements: [entitlement("ent-adv", "advisory")] })];
    await world.record(
      agreementEvent({ customerId, packages }, { id: `${customerId}-activated` }),
      deliveryEvent(`${customerId}-one`, { customerId }),
    );
  }
  return world;
}

/** The clock stands still: no run is out of time. */
const runOf = (world: MemoryWorld) => ({ log: keptLog(), now: () => Date.parse(world.clock.now()) });

const isBad = (ledgerId: LedgerId): boolean => ledgerId.startsWith(`${BAD}/`);

describe("a timer", () => {
  it("asks for the monthly reports of every customer but the one that fails (EX-10)", async () => {
    const world = await worldOfThree();
    const { reports, files, activity, clock } = world;
    const customers = {
      ...world.ledgers.customers,
      async *all() {
        yield await Promise.resolve(world.ledgers.customersKept());
      },
    };
    const failing = {
      ...reports,
      read: async (customerId: CustomerId, id: string) => {
        if (customerId === BAD) throw new Error("no such customer today");
        return reports.read(customerId, id);
      },
    };
    const sent: string[] = [];
    const app = {
      customers,
      reportMaker: {
        reports: failing,
        files,
        activity,
        directory: world.ledgers.directory,
        customers,
        incentiveNumbers: async () => new Set<string>(),
        fonts: readFonts,
        retentionDays: RETENTION_DAYS,
        now: clock.now,
        newId: randomUUID,
      },
      reportQueue: {
        send: async (jobs: readonly { readonly customerId: string }[]) => {
          sent.push(...jobs.map(({ customerId }) => customerId));
        },
      },
    };
    const run = runOf(world);
    await expect(requestMonthlyCpods(app, run)).rejects.toThrow("monthlyCpods: 1 of 3 failed");
    expect([...new Set(sent)].toSorted()).toEqual(["cust-1", "cust-3"]);
    expect(run.log.errors).toEqual([`{"event":"monthlyCpodsFailed","id":"${BAD}"}`]);
  });

  it("catches up with every unsettled ledger but the one that fails, and says what is unfinished", async () => {
    const world = await worldOfThree();
    const ledgerIds = world.ledgers.ledgerIds();
    const caughtUp: LedgerId[] = [];
    const recorder = {
      catchUp: async (ledgerId: LedgerId) => {
        if (isBad(ledgerId)) throw new Error("contended");
        caughtUp.push(ledgerId);
        return ledgerId !== caughtUp[0];
      },
    };
    const run = runOf(world);
    const settling = settleLedgers({ ledgers: { unsettled: async () => ledgerIds }, recorder }, run);
    await expect(settling).rejects.toThrow("settleLedgers");
    expect(caughtUp.toSorted()).toEqual(ledgerIds.filter((ledgerId) => !isBad(ledgerId)).toSorted());
    expect(run.log.infos).toEqual([expect.stringContaining('"unfinished":1')]);
  });

  it("proves every ledger but the one that cannot be read, and tells each difference", async () => {
    const world = await worldOfThree();
    const { store } = world.ledgers;
    const readable = {
      ...store,
      readHead: async (ledgerId: LedgerId) => {
        if (isBad(ledgerId)) throw new Error("not readable");
        return store.readHead(ledgerId);
      },
    };
    const sound = runOf(world);
    await expect(verifyLedgers({ ledgers: readable }, sound)).rejects.toThrow("verifyLedgers: 2 of 6 failed");
    expect(sound.log.infos).toEqual([expect.stringContaining('"ledgers":4,"differences":0')]);

    world.ledgers.dropRollups();
    const dropped = runOf(world);
    await expect(verifyLedgers({ ledgers: readable }, dropped)).rejects.toThrow();
    const told = dropped.log.errors.filter((line) => line.includes("rollupDiffers"));
    expect(told).toHaveLength(2);
  });
});
