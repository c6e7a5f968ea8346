import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountSchema, entitlementAccount, ledgerIdOf } from "../../src/consumption/entry.ts";
import { agreementEvent, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { type StandIns, startStandIns } from "../reports/support/stand-ins.ts";
import { agreementId, customerId, memoryWorld, type World } from "../reports/support/world.ts";

const ledgerId = ledgerIdOf(customerId, agreementId);
const advisory = entitlementAccount("ent-adv");
const proactive = entitlementAccount("ent-pro");
const instants = [
  "2026-03-30T23:59:59.999Z",
  "2026-03-31T00:00:00.000Z",
  "2026-03-31T21:59:59.999Z",
  "2026-03-31T22:00:00.000Z",
  "2026-04-01T00:00:00.000Z",
  "2026-05-10T12:00:00.000Z",
];
const pro = { entitlementId: "ent-pro", service: "proactive", request: undefined };

async function fill(world: World): Promise<void> {
  const bodies = instants.flatMap((deliveredAt, index) => [
    deliveryEvent(`a${index}`, { deliveredAt, quantity: index + 1 }),
    deliveryEvent(`p${index}`, { ...pro, deliveredAt, quantity: 10 * (index + 1) }),
  ]);
  await world.record(agreementEvent(), ...bodies, reversalEvent("back", "a3", { quantity: 2 }));
}

describe("what is read of ledgers between borders of grants", () => {
  let standIns: StandIns;
  const worlds: World[] = [memoryWorld()];
  beforeAll(async () => {
    standIns = await startStandIns();
    worlds.push(await standIns.world());
    for (const world of worlds) await fill(world);
  });
  afterAll(() => standIns.close());

  it("is the days of the named accounts and months, and of no others", async () => {
    for (const { activity } of worlds) {
      const accounts = [advisory, accountSchema.parse("e:none")];
      const days = await activity.daysIn(ledgerId, accounts, ["2026-03", "2026-05"]);
      const shown = new Map(days.map((each) => [`${each.account} ${each.month}`, each.days]));
      expect(shown).toEqual(
        new Map([
          ["e:ent-adv 2026-03", { "ws-default": { "30": [1, 1], "31": [2 + 3 + 4 - 2, 4] } }],
          ["e:ent-adv 2026-05", { "ws-default": { "10": [6, 1] } }],
        ]),
      );
      expect(await activity.daysIn(ledgerId, [], ["2026-03"])).toEqual([]);
    }
  });

  it("is the entries of the named accounts in periods with their first instant and without their last", async () => {
    for (const { activity } of worlds) {
      const periods = [
        { from: "2026-03-31T00:00:00.000Z", to: "2026-03-31T22:00:00.000Z" },
        { from: "2026-04-01T00:00:00.000Z", to: "2026-04-01T00:00:00.001Z" },
      ];
      const entries = await activity.countedIn(ledgerId, [advisory, proactive], periods);
      expect(entries.map(({ account, quantity }) => `${account} ${quantity}`).toSorted()).toEqual(
        [
          "e:ent-adv 2",
          "e:ent-adv 3",
          "e:ent-adv 5",
          "e:ent-pro 20",
          "e:ent-pro 30",
          "e:ent-pro 50",
        ].toSorted(),
      );
      const [period] = periods;
      const first = period === undefined ? [] : await activity.countedIn(ledgerId, [advisory], [period]);
      expect(first.map(({ at }) => at).toSorted()).toEqual([instants[1], instants[2]]);
      expect(await activity.countedIn(ledgerId, [advisory], [])).toEqual([]);
    }
  });

  it("is both rows of what was partly taken back, at the instant of its delivery", async () => {
    for (const { activity } of worlds) {
      const day = { from: "2026-03-31T22:00:00.000Z", to: "2026-04-01T00:00:00.000Z" };
      const entries = await activity.countedIn(ledgerId, [advisory], [day]);
      expect(entries.map(({ quantity, at }) => `${quantity} at ${at}`).toSorted()).toEqual([
        `-2 at ${instants[3]}`,
        `4 at ${instants[3]}`,
      ]);
    }
  });
});
