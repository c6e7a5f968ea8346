import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../local/service-bus-fixture.ts";
import { type RunningApi, startApi, UPSTREAM } from "./support/running-api.ts";
import { outcomesSchema, postedSchema } from "./support/shapes.ts";
import { expectTotals } from "./support/totals.ts";
import { createTraffic, type Traffic } from "./support/traffic.ts";

const SEED = 7;
const DELIVERIES = 800;
const BATCH_EVENTS = 400;

describe("the product on a folder of its own", () => {
  let dataDir: string;
  let running: RunningApi | undefined;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "api-restart-"));
  });

  afterEach(async () => {
    await running?.stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function start(): Promise<RunningApi> {
    running = await startApi({ dataDir });
    return running;
  }

  /** And waits for what follows from them: a kill before that would leave it to a timer, and timers do not run here. */
  async function sendAgreements(api: RunningApi, traffic: Traffic): Promise<void> {
    await api.send(traffic.agreements);
    await api.drained();
  }

  /** Posts without waiting for what becomes of it. @returns the receipts. */
  async function post(api: RunningApi, lines: readonly string[]): Promise<string[]> {
    const receipts: string[] = [];
    for (let from = 0; from < lines.length; from += BATCH_EVENTS) {
      const json = `[${lines.slice(from, from + BATCH_EVENTS).join(",")}]`;
      const answer = await api.ask(UPSTREAM, { method: "POST", path: "events", json });
      expect(answer.status, answer.text).toBe(202);
      receipts.push(...answer.read(postedSchema).value.map(({ receipt }) => receipt ?? "none"));
    }
    return receipts;
  }

  const waiting = (api: RunningApi): number => {
    const { active, locked } = api.serviceBus.counts("delivery-events");
    return active + locked;
  };

  test("ended between accepting and counting, counts everything once after the next start", async () => {
    const traffic = createTraffic(DELIVERIES, SEED);
    const first = await start();
    await sendAgreements(first, traffic);
    const receipts = await post(first, traffic.lines);
    expect(waiting(first)).toBeGreaterThan(0);
    await first.stack.stop();

    const second = await start();
    await second.drained();
    await expectTotals(second, traffic);
    const asked = await second.ask(UPSTREAM, {
      method: "POST",
      path: "events/outcomes",
      json: { receipts: receipts.slice(0, 100) },
    });
    const statuses = new Set(asked.read(outcomesSchema).value.map(({ status }) => status));
    expect([...statuses].filter((status) => status !== "recorded" && status !== "repeated")).toEqual([]);

    const again = await second.send([...traffic.agreements, ...traffic.lines]);
    expect(again).toMatchObject({ recorded: 0, rejected: 0 });
    await expectTotals(second, traffic);
  });

  test("ended by a kill of the app in the middle of a batch, counts everything once after the next start", async () => {
    const traffic = createTraffic(DELIVERIES, SEED + 1);
    const first = await start();
    await sendAgreements(first, traffic);
    await post(first, traffic.lines);
    await eventually(() => first.serviceBus.counts("delivery-events").locked > 0 || undefined);
    process.kill(first.stack.host.pid, "SIGKILL");
    await first.stack.stop();

    const second = await start();
    await second.drained();
    await expectTotals(second, traffic);
  });
});
