import { describe, expect, it } from "vitest";
import { runSubscriptions } from "../../functions/timer/subscriptions.ts";
import type { Recipient } from "../../src/subscriptions/subscription.ts";
import { START, type SubscriptionWorld, subscriptionWorld } from "../subscriptions/subscription-world.ts";
import { keptLog } from "./kept-log.ts";

const MINUTE_MS = 60_000;
const NAMES = ["first", "bad", "last"] as const;
const recipientOf = (name: string): Recipient => ({ email: `${name}@cust-t.example` });

/** Three subscriptions that are due. */
async function worldOfThree(): Promise<SubscriptionWorld> {
  const world = subscriptionWorld(START);
  for (const name of NAMES) await world.create({ name, recipients: [recipientOf(name)] });
  world.at("2026-02-10T00:00:00.000Z");
  return world;
}

const runOf = (world: SubscriptionWorld) => ({ log: keptLog(), now: () => Date.parse(world.now()) });

const sentTo = (world: SubscriptionWorld): readonly string[] =>
  world
    .kept("reportDelivery")
    .map(({ email }) => email)
    .toSorted();

async function runTimer(world: SubscriptionWorld) {
  const run = runOf(world);
  await runSubscriptions({ subscriptions: world.dependencies }, run);
  return run.log;
}

describe("the timer of subscriptions", () => {
  it("plans what is due, asks for the reports at once, and sends them when they are made, once (EX-10)", async () => {
    const world = await worldOfThree();
    const log = await runTimer(world);
    expect(log.infos).toEqual([expect.stringContaining('"planned":3,"leftOut":0,"ended":0')]);
    expect(await world.allReports()).not.toEqual([]);
    await world.make();
    world.pass(MINUTE_MS);
    expect((await runTimer(world)).infos).toEqual([
      expect.stringContaining('"planned":0,"leftOut":0,"ended":3'),
    ]);
    expect(sentTo(world)).toEqual(NAMES.map((name) => recipientOf(name).email).toSorted());
    world.pass(MINUTE_MS);
    expect((await runTimer(world)).infos).toEqual([expect.stringContaining('"done":0,"failed":0')]);
    expect(sentTo(world)).toHaveLength(NAMES.length);
  });

  it("goes on behind one that fails, shows that it failed, and makes up for it (EX-10)", async () => {
    const world = await worldOfThree();
    const { dependencies } = world;
    const read: typeof dependencies.subscriptions.read = async (customerId, subscriptionId) => {
      if (subscriptionId === idOf(world, "bad")) throw new Error("not today");
      return dependencies.subscriptions.read(customerId, subscriptionId);
    };
    const failing = { ...dependencies, subscriptions: { ...dependencies.subscriptions, read } };
    const run = runOf(world);
    await expect(runSubscriptions({ subscriptions: failing }, run)).rejects.toThrow(
      "runSubscriptions: 1 of 3 failed",
    );
    expect(run.log.errors).toEqual([expect.stringContaining(`due/cust-t/${idOf(world, "bad")}`)]);
    await world.make();
    world.pass(MINUTE_MS);
    await expect(runSubscriptions({ subscriptions: failing }, run)).rejects.toThrow("1 of 3 failed");
    expect(sentTo(world)).toEqual(["first@cust-t.example", "last@cust-t.example"]);
    await world.settle();
    expect(sentTo(world)).toEqual(["bad@cust-t.example", "first@cust-t.example", "last@cust-t.example"]);
  });

  it("says in the log what is left out for good after a long outage", async () => {
    const world = subscriptionWorld(START);
    await world.create();
    world.at("2026-12-20T00:00:00.000Z");
    const [leftOut] = (await runTimer(world)).infos;
    expect(JSON.parse(leftOut ?? "")).toMatchObject({
      event: "occurrencesLeftOut",
      customerId: "cust-t",
      leftOut: ["2026-02", "2026-03", "2026-04", "2026-05", "2026-06"],
    });
  });
});

function idOf(world: SubscriptionWorld, name: string): string {
  const found = world.kept("reportSubscription").find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no subscription ${name}`);
  return found.subscriptionId;
}
