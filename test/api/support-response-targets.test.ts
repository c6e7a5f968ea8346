import { CosmosClient } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { requestKeyOf, type SupportRequest } from "../../src/support/request.ts";
import { cosmosRequestStore, type RequestStore } from "../../src/support/request-store.ts";
import { defaultCalendar } from "../../src/support/target-calendar.ts";
import { withTargets } from "../../src/support/target-check.ts";
import { CUSTOMER, communicatedEvent, upsertedEvent } from "../fakes/events.ts";
import { done } from "./support/access-steps.ts";
import {
  type OpenedRequest,
  PEOPLE,
  type PersonName,
  type SupportWorld,
  startSupportWorld,
} from "./support/support-world.ts";

const HOUR_MS = 3_600_000;
const PATH = `customers/${CUSTOMER}/businessCalendar`;

let world: SupportWorld;
let container: ReturnType<ReturnType<CosmosClient["database"]>["container"]>;
let requests: RequestStore;
let client: CosmosClient;

beforeAll(async () => {
  world = await startSupportWorld();
  const { settings } = world.api.stack;
  client = new CosmosClient({
    endpoint: settings["COSMOS_ENDPOINT"] ?? "",
    key: settings["COSMOS_KEY"] ?? "",
  });
  container = client.database(settings["COSMOS_DATABASE"] ?? "").container("customers");
  requests = cosmosRequestStore(container);
});
afterAll(async () => {
  client.dispose();
  await world.api.stack.stop();
});

const get = (who: PersonName) => world.api.ask(PEOPLE[who], { path: PATH });
const put = (who: PersonName, json: unknown, headers = {}) =>
  world.api.ask(PEOPLE[who], { method: "PUT", path: PATH, json, headers });

const targetSchema = z.looseObject({ state: z.string() });
const detailsSchema = z.looseObject({
  targets: z.object({ asOf: z.string(), firstResponse: targetSchema, nextUpdate: targetSchema }),
});
const details = async (who: PersonName, requestId: string) =>
  (await done(world.api, PEOPLE[who], { path: `supportRequests/${encodeURIComponent(requestId)}` })).read(
    detailsSchema,
  );

async function timer(name: string): Promise<void> {
  const response = await fetch(`${world.api.stack.apiUrl}/admin/functions/${name}?wait=true`, {
    method: "POST",
  });
  expect(response.ok).toBe(true);
}

async function kept<Schema extends z.ZodType>(kind: string, schema: Schema): Promise<z.infer<Schema>[]> {
  const query = {
    query: "SELECT * FROM c WHERE c.kind = @kind",
    parameters: [{ name: "@kind", value: kind }],
  };
  const { resources } = await container.items.query<unknown>(query).fetchAll();
  return resources.map((each) => schema.parse(each));
}

/** Makes it as if the request had been opened so long ago, in milliseconds. */
async function openedAgo(opened: OpenedRequest, ageMs: number, facts: Partial<SupportRequest> = {}) {
  const key = requestKeyOf(opened.requestId);
  const known = key && (await requests.read(key));
  if (known === undefined) throw new Error("it is not there");
  const createdAt = new Date(Date.now() - ageMs).toISOString();
  const statusFacts = known.value.statusFacts.map((fact) => ({ ...fact, at: createdAt }));
  const calendar = { calendar: defaultCalendar("UTC"), revision: 0 };
  const document = withTargets({ ...known.value, createdAt, statusFacts, ...facts }, calendar, createdAt);
  const { customerId } = document;
  await requests.commit({ customerId, writes: [{ document, etag: known.etag }], audit: [] });
  return document;
}

describe("the business calendar of a customer", () => {
  it("is Monday to Friday, nine to five, until the account team sets it, and read by whoever belongs there", async () => {
    const first = await get("member");
    expect(first.status).toBe(200);
    expect(first.read(z.looseObject({ timeZone: z.string() }))).toEqual(defaultCalendar("Europe/Madrid"));
    for (const who of ["admin", "contact", "customerAdministrator", "requestAdmin", "advocate"] as const) {
      expect((await get(who)).status, who).toBe(200);
      expect((await put(who, defaultCalendar("Europe/Rome"))).status, who).toBe(404);
    }
    expect([(await get("stranger")).status, (await put("stranger", {})).status]).toEqual([404, 404]);
  });

  it("is set as a whole, over no newer one, and the trail says what it was", async () => {
    const before = await get("csam");
    const calendar = {
      ...defaultCalendar("Europe/Madrid"),
      holidays: ["2026-12-25", "2026-01-06", "2026-12-25"],
    };
    const match = { "if-match": before.headers.get("etag") ?? "" };
    const changed = await put("csam", calendar, match);
    const now = { ...calendar, holidays: ["2026-01-06", "2026-12-25"] };
    expect(changed.read(z.unknown())).toEqual(now);
    expect((await put("csam", calendar, match)).status).toBe(412);
    expect((await get("member")).headers.get("etag")).toBe(changed.headers.get("etag"));
    const entries = await kept("auditEntry", z.looseObject({ action: z.string() }));
    expect(entries.filter(({ action }) => action === "businessCalendarChanged")).toMatchObject([
      {
        before: defaultCalendar("Europe/Madrid"),
        after: now,
        target: `/customers/${CUSTOMER}/businessCalendar`,
      },
    ]);
  });

  it.each([
    ["another member", { ...defaultCalendar("UTC"), isSettled: true }, "isSettled"],
    [
      "a day that is none",
      { ...defaultCalendar("UTC"), week: { ...defaultCalendar("UTC").week, funday: [] } },
      "funday",
    ],
    ["an offset", defaultCalendar("+02:00"), "timeZone"],
    ["a day off that is none", { ...defaultCalendar("UTC"), holidays: ["2026-02-30"] }, "holidays"],
    ["nothing", {}, "week"],
  ])("is refused with %s, and says where", async (_, calendar, where) => {
    const refused = await put("csam", calendar);
    expect([refused.status, refused.text.includes(where)]).toEqual([400, true]);
  });
});

describe("the targets of a request", () => {
  it("are in its details: what is left, and whether it stands still", async () => {
    const { requestId } = await world.open({ severity: "critical" });
    const { firstResponse, nextUpdate } = (await details("contact", requestId)).targets;
    expect(firstResponse).toMatchObject({ state: "running", remainingMinutes: 119 });
    expect(nextUpdate).toEqual({ state: "notApplicable" });
    const json = { status: "attentionNeeded" };
    const path = `supportRequests/${encodeURIComponent(requestId)}`;
    await done(world.api, PEOPLE.contact, { method: "PATCH", path, json });
    const waiting = (await details("contact", requestId)).targets;
    expect(waiting.firstResponse).toEqual({ state: "paused", remainingMinutes: 119 });
    const key = requestKeyOf(requestId);
    expect((key && (await requests.read(key)))?.value.nextTargetCheckAt).toBeNull();
  });

  it("cost no call to the store besides those for the person and the request", async () => {
    const { requestId } = await world.open();
    await details("admin", requestId);
    const from = world.api.stack.cosmos?.requests().at(-1)?.index ?? -1;
    await details("admin", requestId);
    const calls = world.api.stack.cosmos?.requests().filter(({ index }) => index > from) ?? [];
    expect(calls.length).toBeLessThanOrEqual(2);
  });
});

describe("the timer of response targets", () => {
  const milestoneSchema = z.looseObject({ requestNumber: z.string(), target: z.string() });
  const messageSchema = z.looseObject({
    to: z.object({ email: z.string() }),
    content: z.looseObject({ template: z.string(), number: z.string().optional() }),
  });
  const told = async (number: string): Promise<string[]> =>
    (await kept("message", messageSchema))
      .filter(({ content }) => content.template === "supportRequestTargetMissed" && content.number === number)
      .map(({ to }) => to.email)
      .toSorted();
  const milestones = async (number: string) =>
    (await kept("requestMilestone", milestoneSchema)).filter((each) => each.requestNumber === number);

  it("notices what was missed once, and tells the advocate and the account manager", async () => {
    const advocate = { name: "Alma", email: PEOPLE.advocate.email };
    const opened = await world.open({ severity: "critical" });
    const { createdAt } = await openedAgo(opened, 3 * HOUR_MS, { advocate });
    const missedAt = new Date(Date.parse(createdAt) + 2 * HOUR_MS).toISOString();
    await Promise.all([timer("noticeMissedTargets"), timer("noticeMissedTargets")]);
    await timer("noticeMissedTargets");
    expect(await milestones(opened.number)).toMatchObject([
      { target: "firstResponse", missedAt, at: missedAt },
    ]);
    expect(await told(opened.number)).toEqual([PEOPLE.advocate.email, PEOPLE.csam.email].toSorted());
    const { targets } = await details("contact", opened.requestId);
    expect(targets.firstResponse).toEqual({ state: "missed", missedAt, respondedAt: null });
  });

  it("tells nobody of an incentive-related request, nor of what was missed long ago", async () => {
    const hidden = await world.open({ severity: "critical", isIncentiveRelated: true });
    await openedAgo(hidden, 3 * HOUR_MS);
    const old = await world.open({ severity: "critical" });
    await openedAgo(old, 27 * HOUR_MS);
    await timer("noticeMissedTargets");
    for (const { number } of [hidden, old]) {
      expect(await milestones(number)).toHaveLength(1);
      expect(await told(number)).toEqual([]);
    }
  });

  it("notices the update that an e-mail of the support desk promised, and shows it on the timeline", async () => {
    const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
    const [openedAt, sentAt] = [ago(4 * HOUR_MS), ago(2.5 * HOUR_MS)];
    const number = "INC-TARGET";
    await world.api.send([
      upsertedEvent("upserted", { number, severity: "critical", openedAt }, { time: openedAt }),
      communicatedEvent("communicated", { number, sentAt }, { time: sentAt }),
    ]);
    await world.api.drained();
    await timer("noticeMissedTargets");
    const missedAt = new Date(Date.parse(sentAt) + 2 * HOUR_MS).toISOString();
    const { targets } = await details("csam", `${CUSTOMER}~${number}`);
    expect(targets.firstResponse).toEqual({ state: "met", metAt: sentAt });
    expect(targets.nextUpdate).toEqual({ state: "missed", missedAt, respondedAt: null });
    expect(await told(number)).toEqual([PEOPLE.csam.email]);
    const path = `supportRequests/${encodeURIComponent(`${CUSTOMER}~${number}`)}/activity`;
    const activity = await done(world.api, PEOPLE.csam, { path });
    const entries = activity.read(
      z.looseObject({ value: z.array(z.looseObject({ type: z.string() })) }),
    ).value;
    expect(entries.filter(({ type }) => type === "responseTargetMissed")).toMatchObject([
      { at: missedAt, target: "nextUpdate" },
    ]);
  });

  it("counts open requests by a calendar that was changed", async () => {
    const opened = await world.open({ severity: "minimal" });
    const key = requestKeyOf(opened.requestId);
    const read = async () => (key && (await requests.read(key)))?.value;
    const revision = (await read())?.targetMarks?.calendarRevision ?? 0;
    const always = [{ from: "00:00", to: "24:00" }];
    const { week } = defaultCalendar("UTC");
    const round = Object.fromEntries(Object.keys(week).map((day) => [day, always]));
    await done(world.api, PEOPLE.csam, {
      method: "PUT",
      path: PATH,
      json: { timeZone: "UTC", week: round, holidays: [] },
    });
    await timer("recountTargets");
    const after = await read();
    expect(after?.targetMarks?.calendarRevision).toBe(revision + 1);
    const dueMs = Date.parse(after?.createdAt ?? "") + 8 * HOUR_MS + 1;
    expect(after?.nextTargetCheckAt).toBe(new Date(dueMs).toISOString());
    expect(customerIdSchema.parse(CUSTOMER)).toBe(after?.customerId);
  });
});
