import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { loadDemoOnce } from "../../local/demo.ts";
import { done } from "../api/support/access-steps.ts";
import { type RunningApi, startApi } from "../api/support/running-api.ts";

const CUSTOMER = "cust-narew";
const at = (name: string) => ({ email: `${name}@narew.example` });
const listSchema = z.object({
  count: z.int(),
  value: z.array(z.looseObject({ requestId: z.string(), status: z.string() })),
});
/** Reports are made meanwhile, by the timer. */
const entriesSchema = z
  .object({ value: z.array(z.looseObject({ action: z.string() })) })
  .transform(({ value }) => value.filter(({ action }) => !action.startsWith("report")));
const subscriptionsSchema = z.object({
  value: z.array(z.looseObject({ status: z.string(), nextDueTimes: z.array(z.unknown()) })),
});
const all = { count: "true", maxpagesize: "1000" };

let api: RunningApi;
let dataDir: string;
let loaded: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "demo-"));
  api = await startApi();
  loaded = await load();
});
afterAll(async () => {
  await api.stack.stop();
  await rm(dataDir, { recursive: true });
});

/** As after an end in the middle of it. */
async function load(): Promise<string> {
  await writeFile(join(dataDir, "demo-unfinished"), "");
  return loadDemoOnce(api.stack, { dataDir, signal: new AbortController().signal });
}

const requestsOf = async (name: string, query: Readonly<Record<string, string>> = {}) =>
  (await done(api, at(name), { path: "supportRequests", query: { ...all, ...query } })).read(listSchema);
const statusFor = async (name: string, path: string): Promise<number> =>
  (await api.ask(at(name), { path })).status;

describe("the demo", () => {
  test("has all of its events accepted but those that are meant to be rejected", () => {
    expect(loaded).toMatch(/^\d+ events, and 3 that are rejected on purpose$/);
  });

  test("shows a request to its creator, to the group that it is shared with, and not to the next contact", async () => {
    const { value } = await requestsOf("contact1", { search: "backups" });
    const path = `supportRequests/${value[0]?.requestId}`;
    for (const part of ["", "/notes", "/communications", "/activity", "/shares", "/appointmentSlots"]) {
      const statuses = await Promise.all(
        ["contact1", "contact2", "contact3", "ewa"].map((name) => statusFor(name, `${path}${part}`)),
      );
      expect([part, statuses]).toEqual([part, [200, 200, 404, 404]]);
    }
  });

  test("has requests of both workspaces in every status, each for its own people", async () => {
    const [whole, first, second] = await Promise.all(
      ["dyrektor", "admin", "ewa"].map((name) => requestsOf(name)),
    );
    expect(whole?.count).toBe((first?.count ?? 0) + (second?.count ?? 0));
    expect(second?.count).toBeGreaterThan(0);
    const statuses = new Set(whole?.value.map(({ status }) => status));
    expect([...statuses].toSorted()).toEqual(["attentionNeeded", "closed", "open"]);
  });

  test("has a subscription to a report, which is due every month", async () => {
    const path = `customers/${CUSTOMER}/reportSubscriptions`;
    const { value } = (await done(api, at("dyrektor"), { path })).read(subscriptionsSchema);
    expect(value.map(({ status, nextDueTimes }) => [status, nextDueTimes.length])).toEqual([["active", 5]]);
  });

  test("loaded again, changes nothing", async () => {
    const state = async () => ({
      requests: await requestsOf("dyrektor"),
      subscriptions: (await done(api, at("dyrektor"), { path: `customers/${CUSTOMER}/reportSubscriptions` }))
        .text,
      entries: (
        await done(api, at("dyrektor"), {
          path: `customers/${CUSTOMER}/auditEntries`,
          query: { maxpagesize: "1000" },
        })
      ).read(entriesSchema),
    });
    const before = await state();
    expect(await load()).toBe(loaded);
    expect(await state()).toEqual(before);
  });
});
