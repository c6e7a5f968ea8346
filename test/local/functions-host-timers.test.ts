import { describe, expect, test } from "vitest";
import * as z from "zod";
import type { FunctionsHost } from "../../local/functions-host/host.ts";
import { parseSchedule, retryDelayMs } from "../../local/functions-host/schedule.ts";
import { timerData } from "../../local/functions-host/timer-trigger.ts";
import { useSample } from "./sample-app/start-sample.ts";

const NEVER_SOON = "0 0 0 1 1 *";

const told = z.object({
  every: z.array(z.object({ isPastDue: z.boolean(), scheduleStatus: z.record(z.string(), z.string()) })),
  retried: z.array(
    z
      .object({
        retryCount: z.number(),
        maxRetryCount: z.number(),
        exception: z.object({ message: z.string() }),
      })
      .nullable(),
  ),
  growing: z.array(z.number()),
  start: z.array(z.boolean()),
  mostParallel: z.number(),
});

async function ask(host: FunctionsHost): Promise<z.infer<typeof told>> {
  return told.parse(await (await fetch(`${host.url}/api/told`)).json());
}

async function trigger(host: FunctionsHost, path: string, body?: string): Promise<[number, string]> {
  const response = await fetch(`${host.url}/admin/functions/${path}`, {
    method: "POST",
    ...(body !== undefined && { body }),
  });
  return [response.status, await response.text()];
}

describe("a timer function", () => {
  test("runs by its schedule and never overlaps with itself, whoever starts it", async () => {
    await using sample = useSample();
    const host = await sample.start("timer-app.ts", { settings: { EVERY: "* * * * * *" } });
    await expect.poll(async () => (await ask(host)).every.length, { timeout: 5000 }).toBeGreaterThan(0);
    expect(await trigger(host, "every?wait=true")).toEqual([200, ""]);
    await expect.poll(async () => (await ask(host)).every.length, { timeout: 9000 }).toBeGreaterThan(2);
    const { every, mostParallel } = await ask(host);
    expect(mostParallel).toBe(1);
    expect(every[0]?.isPastDue).toBe(false);
    expect(Object.keys(every[0]?.scheduleStatus ?? {}).sort()).toEqual(["last", "lastUpdated", "next"]);
  });

  test("runs at the start when it asks for that, and not otherwise", async () => {
    await using sample = useSample();
    const host = await sample.start("timer-app.ts", { settings: { EVERY: NEVER_SOON } });
    await expect.poll(async () => (await ask(host)).start).toEqual([false]);
    expect((await ask(host)).every).toEqual([]);
  });

  test("runs on request alone when timers are off", async () => {
    await using sample = useSample();
    const host = await sample.start("timer-app.ts", {
      settings: { EVERY: "* * * * * *" },
      timers: false,
    });
    expect(await trigger(host, "START", "{}")).toEqual([202, ""]);
    await expect.poll(async () => (await ask(host)).start).toEqual([false]);
    expect(await trigger(host, "start?wait=true", '{"input":"now"}')).toEqual([200, ""]);
    expect((await ask(host)).start.length).toBe(2);
    expect((await ask(host)).every).toEqual([]);
  });

  test("that throws is tried again as its policy says, and told of the failure before", async () => {
    await using sample = useSample();
    const host = await sample.start("timer-app.ts", { settings: { EVERY: NEVER_SOON } });
    expect(await trigger(host, "retried?wait=true")).toEqual([500, '{"message":"never again"}']);
    const { retried } = await ask(host);
    expect(retried).toEqual([
      null,
      { retryCount: 1, maxRetryCount: 2, exception: { message: "never again" } },
      { retryCount: 2, maxRetryCount: 2, exception: { message: "never again" } },
    ]);
    expect(await trigger(host, "growing?wait=true")).toEqual([200, ""]);
    expect((await ask(host)).growing).toEqual([0, 1, 2]);
  });

  test("is told when it is more than a second late", () => {
    const due = new Date("2026-03-01T00:00:00Z");
    const isPastDue = (now: string): unknown => {
      const { json = "" } = timerData({ due, now: new Date(now), last: undefined, next: undefined });
      return z.object({ IsPastDue: z.boolean() }).parse(JSON.parse(json)).IsPastDue;
    };
    expect(isPastDue("2026-03-01T00:00:00.900Z")).toBe(false);
    expect(isPastDue("2026-03-01T00:00:01.100Z")).toBe(true);
  });
});

describe("the administration", () => {
  test("lists the functions with their bindings and knows no other paths", async () => {
    await using sample = useSample();
    const host = await sample.start("timer-app.ts", { settings: { EVERY: NEVER_SOON } });
    const listed = z
      .array(
        z.object({
          name: z.string(),
          config: z.object({ bindings: z.array(z.object({ type: z.string() })) }),
        }),
      )
      .parse(await (await fetch(`${host.url}/admin/functions`)).json());
    expect(listed.map(({ name, config }) => [name, config.bindings[0]?.type])).toContainEqual([
      "retried",
      "timerTrigger",
    ]);
    expect((await trigger(host, "unknown"))[0]).toBe(404);
    expect((await trigger(host, "told"))[0]).toBe(400);
    expect((await trigger(host, "start", "{"))[0]).toBe(400);
    expect((await fetch(`${host.url}/admin/elsewhere`)).status).toBe(404);
  });
});

describe("a schedule", () => {
  const from = new Date("2026-01-01T00:00:00Z");
  const firstOf = (expression: string): string | undefined =>
    parseSchedule(expression).after(from)?.toISOString();

  test("has six fields, in UTC, from the second to the day of the week", () => {
    expect(firstOf("0 */5 * * * *")).toBe("2026-01-01T00:05:00.000Z");
    expect(firstOf("30 15 6 * * MON-FRI")).toBe("2026-01-01T06:15:30.000Z");
    expect(firstOf("0 5/20 * * * *")).toBe("2026-01-01T00:05:00.000Z");
    expect(() => parseSchedule("*/5 * * * *")).toThrow("5 fields instead of 6");
  });

  test("wants both the day of the month and the day of the week", () => {
    expect(firstOf("0 0 0 13 * FRI")).toBe("2026-02-13T00:00:00.000Z");
  });

  test("is rejected where the platform would reject it, or when it never occurs", () => {
    for (const wrong of ["0 0 0 L * *", "0 0 0 ? * *", "0 0 0 * * 5#2", "0 0 0 * * 7", "61 * * * * *"])
      expect(() => parseSchedule(wrong), wrong).toThrow();
    expect(() => parseSchedule("0 0 0 31 2 *")).toThrow("never occurs");
  });
});

describe("a retry policy", () => {
  test("with a fixed delay waits the same each time, up to its number of retries", () => {
    const fixed = { retryStrategy: "fixedDelay", maxRetryCount: 2, delayInterval: { seconds: 3 } };
    expect([1, 2, 3].map((retry) => retryDelayMs(fixed, retry, 0.5))).toEqual([3000, 3000, undefined]);
    expect(retryDelayMs({ ...fixed, maxRetryCount: -1 }, 1000, 0.5)).toBe(3000);
    expect(retryDelayMs(undefined, 1, 0.5)).toBeUndefined();
  });

  test("that grows doubles from its minimum to its maximum, give or take a tenth", () => {
    const growing = {
      retryStrategy: "exponentialBackoff",
      maxRetryCount: 5,
      minimumInterval: { seconds: 2 },
      maximumInterval: { seconds: 10 },
    };
    expect([1, 2, 3, 4].map((retry) => retryDelayMs(growing, retry, 0.5))).toEqual([
      2000, 4000, 8000, 10_000,
    ]);
    expect(retryDelayMs(growing, 2, 0)).toBeCloseTo(3600);
    expect(retryDelayMs(growing, 2, 1)).toBeCloseTo(4400);
  });
});
