import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import { WAITING_MAX } from "../../src/consumption/freshness.ts";
import { AGREEMENT, agreementEvent, basePackage, CUSTOMER, deliveryEvent } from "../fakes/events.ts";
import { eventually } from "../local/service-bus-fixture.ts";
import { type Answer, visible } from "./support/answer.ts";
import { linesOf } from "./support/pages.ts";
import { type PausedApi, startPausedApi } from "./support/paused-api.ts";
import { UPSTREAM } from "./support/running-api.ts";
import {
  additionalCasesSchema,
  entitlementSchema,
  listSchema,
  pageSchema,
  postedSchema,
  rowSchema,
} from "./support/shapes.ts";

const csam: TokenRequest = { email: "csam@provider.example", roles: ["Csam"] };
const anna: TokenRequest = { email: "anna@cust-t.example" };
const path = `customers/${CUSTOMER}`;
const PERIOD = { startDate: "2024-01-01", endDate: "2099-12-31" };
const READS = ["activity", "entitlements/ent-adv", "entitlements/ent-adv/rows", "additionalCases"] as const;

let api: PausedApi;
let workspaceA: string;
let sent = 0;

beforeAll(async () => {
  api = await startPausedApi();
  await api.send([
    agreementEvent({ ...PERIOD, packages: [basePackage(PERIOD)] }),
    agreementEvent({ ...PERIOD, customerId: "cust-u", customerName: "Customer U" }, { id: "other" }),
  ]);
  await api.drained();
  workspaceA = await createWorkspace();
});
afterEach(() => api.resume());
afterAll(() => api.stop());

async function createWorkspace(): Promise<string> {
  const json = {
    name: "A",
    agreements: [{ agreementId: AGREEMENT }],
    administrator: { email: anna.email, name: "Anna" },
  };
  const created = await api.ask(csam, { method: "POST", path: `${path}/workspaces`, json });
  expect(created.status, created.text).toBe(201);
  const invited = z.object({ invitations: z.array(z.object({ invitationId: z.string() })) });
  const id = await eventually(
    async () => (await api.ask(anna, { path: "me" })).read(invited).invitations[0]?.invitationId,
  );
  await api.ask(anna, { method: "POST", path: `me/invitations/${id}/accept` });
  return created.read(z.object({ workspaceId: z.string() })).workspaceId;
}

/** Posts without waiting for anything. @returns the receipts. */
async function post(...events: readonly string[]): Promise<string> {
  const answer = await api.ask(UPSTREAM, { method: "POST", path: "events", json: `[${events.join()}]` });
  expect(answer.status, answer.text).toBe(202);
  return answer
    .read(postedSchema)
    .value.map(({ receipt }) => receipt)
    .join();
}

const delivery = (overrides: Record<string, unknown> = {}): string =>
  deliveryEvent(`fresh-${++sent}`, { quantity: 1, ...overrides });

const read = (caller: TokenRequest, resource: string, query: Record<string, string> = {}): Promise<Answer> =>
  api.ask(caller, { path: `${path}/${resource}`, query });

const statusOf = ({ status, headers }: Answer) => [status, headers.get("freshness")];
const waitedMs = ({ headers }: Answer): number => Number(headers.get("freshness-waited-milliseconds"));

async function consumed(): Promise<number> {
  return (await read(csam, "entitlements/ent-adv")).read(entitlementSchema).consumed ?? 0;
}

describe("a read that names the receipts of events", () => {
  test("shows them, right after they were posted, whichever read it is", async () => {
    for (let round = 0; round < 5; round += 1) {
      const before = await consumed();
      const id = `fresh-${sent + 1}`;
      const waitFor = await post(delivery());
      const answers = await Promise.all(READS.map((resource) => read(csam, resource, { waitFor })));
      expect(answers.map(statusOf)).toEqual(READS.map(() => [200, "reached"]));
      const [page, head, rows] = answers;
      expect(linesOf(page?.read(pageSchema) ?? emptyPage).get("ent-adv")?.consumed).toBe(before + 1);
      expect(head?.read(entitlementSchema).consumed).toBe(before + 1);
      expect(rows?.read(listSchema(rowSchema)).value.map(({ event }) => event.id)).toContain(id);
    }
  });

  test("shows all of several, and the cases that moved after an agreement came", async () => {
    const stray = { agreementId: "agr-t-late", packageId: undefined, entitlementId: "ent-late" };
    const cases = [1, 2, 3].map(() => delivery({ ...stray, quantity: 10 }));
    const first = await read(csam, "additionalCases", { waitFor: await post(...cases) });
    expect([statusOf(first), first.read(additionalCasesSchema).minutes]).toEqual([[200, "reached"], 30]);

    const late = {
      ...basePackage({ ...PERIOD, packageId: "pkg-late" }),
      entitlements: [
        {
          entitlementId: "ent-late",
          name: "Late",
          service: "advisory",
          class: "consumable",
          unit: "minutes",
          allowance: 100,
        },
      ],
    };
    const agreement = agreementEvent(
      { ...PERIOD, agreementId: "agr-t-late", packages: [late] },
      { id: "late" },
    );
    const waitFor = await post(agreement);
    const page = await read(csam, "activity", { waitFor });
    expect(statusOf(page)).toEqual([200, "reached"]);
    expect(linesOf(page.read(pageSchema)).get("ent-late")).toMatchObject({ consumed: 30, remaining: 70 });
    expect(page.read(pageSchema).additionalCases.minutes).toBe(0);
  });

  test("says that one was rejected, and shows its neighbours", async () => {
    const before = await consumed();
    const waitFor = await post(delivery(), delivery({ workspaceId: "ws-nobody-knows" }));
    const answer = await read(csam, "entitlements/ent-adv", { waitFor });
    expect(statusOf(answer)).toEqual([200, "rejected"]);
    expect(answer.read(entitlementSchema).consumed).toBe(before + 1);
  });

  test("is answered with what is there when they do not come, and with them when they come meanwhile", async () => {
    await api.pause(delivery());
    const before = await consumed();
    const waitFor = await post(delivery());
    const early = await read(csam, "entitlements/ent-adv", { waitFor, waitSeconds: "1" });
    expect(statusOf(early)).toEqual([200, "timedOut"]);
    expect(early.read(entitlementSchema).consumed).toBe(before);
    expect(waitedMs(early)).toBeGreaterThanOrEqual(1_000);
    expect(waitedMs(early)).toBeLessThan(5_000);

    const waiting = read(csam, "entitlements/ent-adv", { waitFor, waitSeconds: "30" });
    api.resume();
    const late = await waiting;
    expect(statusOf(late)).toEqual([200, "reached"]);
    expect(late.read(entitlementSchema).consumed).toBe(before + 1);
  });

  test("has the same body and tag as one that does not, and links that do not wait", async () => {
    const waitFor = await post(delivery(), delivery());
    const fresh = await read(csam, "entitlements/ent-adv", { waitFor });
    const plain = await read(csam, "entitlements/ent-adv");
    expect([fresh.text, fresh.headers.get("etag")]).toEqual([plain.text, plain.headers.get("etag")]);
    expect([plain.headers.has("freshness"), plain.headers.has("freshness-waited-milliseconds")]).toEqual([
      false,
      false,
    ]);
    const rows = await read(csam, "entitlements/ent-adv/rows", { waitFor, maxpagesize: "1" });
    expect(rows.text).not.toContain("waitFor");
    const next = rows.read(listSchema(rowSchema)).nextLink ?? "";
    expect((await api.ask(csam, { path: next })).status).toBe(200);
    expect((await api.ask(csam, { path: next, query: { waitFor, waitSeconds: "1" } })).status).toBe(200);
    const known = await api.ask(csam, {
      path: `${path}/entitlements/ent-adv`,
      query: { waitFor },
      headers: { "if-none-match": plain.headers.get("etag") ?? "" },
    });
    expect(statusOf(known)).toEqual([304, "reached"]);
  });
});

describe("a receipt of something that the caller may not know of", () => {
  const requestsOf = async (work: () => Promise<Answer>) => {
    const from = api.stack.cosmos?.requests().at(-1)?.index ?? -1;
    const answer = await work();
    const requests = api.stack.cosmos?.requests().filter(({ index }) => index > from) ?? [];
    return { answer: visible(answer), paths: requests.map((request) => request.path) };
  };

  test("is not found like a forged one, and nothing is read for it but the access", async () => {
    const own = await post(delivery());
    const foreign = await post(delivery({ customerId: "cust-u" }));
    const foreignLike = await post(delivery({ customerId: `${CUSTOMER}-2`, agreementId: undefined }));
    await api.drained();
    const forged = [foreign, foreignLike, "v1.e30.AAAA", `${own.slice(0, -2)}xx`, "x", `${own},${foreign}`];
    for (const resource of [...READS, "entitlements/ent-nobody-knows"]) {
      const absent = await requestsOf(() =>
        api.ask(csam, { path: "customers/cust-nobody/activity", query: { waitFor: own } }),
      );
      expect(absent.answer.status).toBe(404);
      for (const waitFor of forged) {
        const { answer, paths } = await requestsOf(() => read(csam, resource, { waitFor }));
        expect(answer).toEqual(absent.answer);
        expect(paths.filter((each) => !each.includes("/colls/people/"))).toEqual([]);
      }
    }
  });

  test("is, for whoever sees one workspace, also what is no delivery there", async () => {
    await expect.poll(async () => (await read(anna, "activity")).status, { timeout: 10_000 }).toBe(200);
    const there = await post(delivery({ workspaceId: workspaceA }));
    expect(statusOf(await read(anna, "activity", { waitFor: there }))).toEqual([200, "reached"]);
    const elsewhere = await post(delivery());
    const nowhere = await post(delivery({ workspaceId: "ws-nobody-knows" }));
    const amended = await post(
      agreementEvent(
        { ...PERIOD, packages: [basePackage(PERIOD)] },
        { id: "again", type: "support.agreement.amended.v1" },
      ),
    );
    const absent = visible(await read(anna, "activity", { workspaces: "ws-nobody-knows" }));
    for (const waitFor of [elsewhere, nowhere, amended, `${there},${elsewhere}`]) {
      expect(visible(await read(anna, "activity", { waitFor }))).toEqual(absent);
      expect((await read(csam, "activity", { waitFor })).status).toBe(200);
    }
  });
});

test("many that wait keep nobody else waiting, and those on top are answered at once", {
  timeout: 60_000,
}, async () => {
  await api.pause(delivery());
  const waitFor = await post(delivery());
  const extra = 30;
  const waiting = Array.from({ length: WAITING_MAX + extra }, () =>
    read(csam, "entitlements/ent-adv", { waitFor, waitSeconds: "8" }),
  );
  const begun = performance.now();
  const [plain, ...others] = await Promise.all([
    read(csam, "activity"),
    ...Array.from({ length: 10 }, () => read(csam, "entitlements/ent-adv")),
  ]);
  expect([plain?.status, ...others.map(({ status }) => status)]).toEqual(Array(11).fill(200));
  expect(performance.now() - begun).toBeLessThan(6_000);
  const answers = await Promise.all(waiting);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(answers.map(({ headers }) => headers.get("freshness")))).toEqual(new Set(["timedOut"]));
  const atOnce = answers.filter((answer) => waitedMs(answer) < 4_000);
  expect(atOnce).toHaveLength(extra);
});

test.each([
  ["waitSeconds alone", { waitSeconds: "5" }, "waitSeconds"],
  ["no time", { waitFor: "a", waitSeconds: "0" }, "waitSeconds"],
  ["too long a time", { waitFor: "a", waitSeconds: "31" }, "waitSeconds"],
  ["a time that is no number", { waitFor: "a", waitSeconds: "1e1" }, "waitSeconds"],
  ["nothing to wait for", { waitFor: "" }, "waitFor"],
  ["the same twice", { waitFor: "a,a" }, "waitFor"],
  ["too many", { waitFor: Array.from({ length: 11 }, (_, index) => `r${index}`).join() }, "waitFor"],
])("%s is refused before anything is looked up", async (_, query, target) => {
  for (const resource of READS) {
    const answer = await read(csam, resource, query);
    expect([answer.status, JSON.parse(answer.text).error]).toMatchObject([
      400,
      { code: "InvalidQueryParameterValue", target },
    ]);
  }
});

const emptyPage = pageSchema.parse({
  customerId: "",
  asOf: null,
  dataAsOf: null,
  workspaces: [],
  agreements: [],
  enterpriseWide: { categories: [], packages: [] },
  addOn: { agreements: [] },
  additionalCases: { minutes: 0, rows: 0 },
});
