import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { seal } from "../../src/platform/signed-token.ts";
import { DELIVERY_TOKEN } from "../../src/subscriptions/delivery-link.ts";
import { AGREEMENT, CUSTOMER } from "../fakes/events.ts";
import { done } from "./support/access-steps.ts";
import { expectRefusal } from "./support/expect-refusal.ts";
import { readAll } from "./support/pages.ts";
import { listSchema } from "./support/shapes.ts";
import {
  CHIEF,
  CSAM,
  deliverySchema,
  MONTHLY,
  mailsTo,
  makeDue,
  runsAfterOneTick,
  runTimer,
  type ShownRun,
  SUBSCRIPTIONS,
  type SubscriptionWorld,
  settledRuns,
  startSubscriptionWorld,
  TEACHER,
} from "./support/subscription-world.ts";

const READER = "reader@elsewhere.example";
const SECOND_READER = "lettore@elsewhere.example";
const DAY_MS = 86_400_000;

let world: SubscriptionWorld;
let subscriptionId: string;
let run: ShownRun;
let link: URL;

async function subscribed(json: Readonly<Record<string, unknown>>, by = CHIEF): Promise<string> {
  const whole = {
    reportKind: "cpod",
    agreementId: AGREEMENT,
    schedule: MONTHLY,
    formats: ["pdf", "xlsx"],
    ...json,
  };
  const answer = await done(world.api, by, { method: "POST", path: SUBSCRIPTIONS, json: whole });
  return answer.read(z.object({ subscriptionId: z.string() })).subscriptionId;
}

beforeAll(async () => {
  world = await startSubscriptionWorld();
  const recipients = [
    { email: READER, name: "Reader", language: "en" },
    { email: SECOND_READER, language: "it" },
  ];
  subscriptionId = await subscribed({ name: "Monthly proof", recipients });
  await makeDue(world, subscriptionId);
  // The report is asked for by the timer, and what it is for goes on when it is made.
  const [only] = await runsAfterOneTick(world, subscriptionId);
  if (only === undefined) throw new Error("there is no run");
  run = only;
  link = await linkTo(READER);
});
afterAll(() => world.stop());

async function linkTo(email: string): Promise<URL> {
  const [mail] = await mailsTo(world, email);
  return new URL(/http\S+reportDeliveries\S+/.exec(mail?.text ?? "")?.[0] ?? "");
}

/** As a browser, which has no token. */
const open = (url: URL, init: RequestInit = {}): Promise<Response> =>
  fetch(url, { redirect: "manual", ...init });

/** Where the buttons of a page lead, by the name of the file and its language. */
function buttonsOf(html: string): ReadonlyMap<string, URL> {
  const actions = [...html.matchAll(/<form method="post" action="([^"]+)"/g)];
  return new Map(
    actions.map(([, action = ""]) => {
      const url = new URL(action.replaceAll("&amp;", "&"), link);
      return [`${url.pathname.split("/").at(-1)} ${url.searchParams.get("language")}`, url];
    }),
  );
}

async function deliveriesOf(of = subscriptionId, { runId } = run) {
  const path = `${SUBSCRIPTIONS}/${of}/runs/${runId}/deliveries`;
  return (await done(world.api, CSAM, { path })).read(listSchema(deliverySchema)).value;
}
const deliveryTo = async (email: string) =>
  (await deliveriesOf()).find(({ recipient }) => recipient.email === email);

const trailOf = async (action: string) => {
  const entry = z.object({
    action: z.string(),
    target: z.string(),
    actor: z.object({ subject: z.string().optional(), email: z.string().nullish() }),
    after: z.unknown(),
  });
  const trail = await readAll(world.api, CSAM, { path: `customers/${CUSTOMER}/auditEntries` }, entry);
  return trail.filter((each) => each.action === action);
};

test("what is due is made and sent once to every recipient, however often the timer runs (EX-10)", async () => {
  await runTimer(world);
  expect(await settledRuns(world, subscriptionId)).toEqual([run]);
  expect(run).toMatchObject({ status: "delivered", isCorrection: false, deliveries: 2, reason: null });
  expect(run.period.from).toBe(`${world.month}-01T00:00:00.000Z`);
  expect([(await mailsTo(world, READER)).length, (await mailsTo(world, SECOND_READER)).length]).toEqual([
    1, 1,
  ]);
  const subscription = await done(world.api, CHIEF, { path: `${SUBSCRIPTIONS}/${subscriptionId}` });
  expect(subscription.read(z.object({ lastRun: z.unknown() })).lastRun).toMatchObject({
    runId: run.runId,
    occurrence: run.occurrence,
    status: "delivered",
  });
  const report = await done(world.api, CHIEF, { path: `customers/${CUSTOMER}/reports/${run.reportId}` });
  expect(report.read(z.object({ languages: z.array(z.string()) })).languages).toEqual(["en", "it"]);
  expect((await trailOf("reportRequested")).map(({ actor }) => actor.email)).toEqual([CHIEF.email]);
});

test("the recipient's own link opens a page without signing in, and to look at it downloads nothing (EX-08)", async () => {
  for (const method of ["HEAD", "GET", "GET"]) {
    const answer = await open(link, { method });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
    expect(answer.headers.get("x-robots-tag")).toContain("noindex");
    const html = await answer.text();
    if (method === "HEAD") expect(html).toBe("");
    else expect(html).toContain("Customer T");
  }
  expect(await deliveryTo(READER)).toMatchObject({ status: "open", language: "en", downloads: [] });
  for (const url of buttonsOf(await (await open(link)).text()).values())
    for (const method of ["GET", "HEAD"]) expect((await open(url, { method })).status).toBe(405);
  expect(await trailOf("reportDownloaded")).toEqual([]);
});

test("a button of the page leads to the one file for a minute, and the download is written down before (EX-08)", async () => {
  const page = await open(link);
  const html = await page.text();
  const buttons = buttonsOf(html);
  // Of the report's CSV and Italian nobody said that this reader is to get them.
  expect([...buttons.keys()].toSorted()).toEqual(["pdf en", "xlsx en"]);
  expect(html).not.toContain("version before");
  // As a form without fields is sent.
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await open(buttons.get("pdf en") ?? link, { method: "POST", headers });
  expect(answer.status).toBe(303);
  const location = new URL(answer.headers.get("location") ?? "");
  const expiresAt = Date.parse(location.searchParams.get("se") ?? "");
  expect(expiresAt - Date.now()).toBeLessThanOrEqual(60_000);
  expect([location.searchParams.get("sp"), location.searchParams.get("sr")]).toEqual(["r", "b"]);
  // A browser holds the form to the policy of its page where it is sent on to, too.
  const policy = page.headers.get("content-security-policy") ?? "";
  expect(policy).toContain(`form-action 'self' ${location.origin};`);
  const bytes = Buffer.from(await (await fetch(location)).arrayBuffer());
  expect(bytes.subarray(0, 5).toString()).toBe("%PDF-");
  expect(html).toContain(createHash("sha256").update(bytes).digest("hex"));

  const delivery = await deliveryTo(READER);
  expect(delivery?.downloads.map(({ file }) => file)).toEqual(["pdf"]);
  const target = `/${SUBSCRIPTIONS}/${subscriptionId}/runs/${run.runId}/deliveries/${delivery?.deliveryId}`;
  expect(await trailOf("reportDownloaded")).toMatchObject([
    { actor: { email: READER }, target, after: { file: "pdf", language: "en", version: 1 } },
  ]);
  expect(await deliveryTo(SECOND_READER)).toMatchObject({ downloads: [] });
});

test("downloads at the same time are all written down, however many", async () => {
  const many = Array.from({ length: 25 }, () => "xlsx");
  const url = buttonsOf(await (await open(await linkTo(SECOND_READER))).text()).get("xlsx it") ?? link;
  const before = (await trailOf("reportDownloaded")).length;
  const answers = await Promise.all(many.map(() => open(url, { method: "POST" })));
  expect(answers.map(({ status }) => status)).toEqual(many.map(() => 303));
  expect((await deliveryTo(SECOND_READER))?.downloads.map(({ file }) => file)).toEqual(many);
  expect((await trailOf("reportDownloaded")).length).toBe(before + many.length);
});

describe("a link does not open, and says so in the same words,", () => {
  const changed = (change: (url: URL) => void): URL => {
    const url = new URL(link);
    change(url);
    return url;
  };
  const sealed = (purpose: string, payload: object, expiresInMs = DAY_MS): URL => {
    const key = Buffer.from(world.api.stack.settings["SIGNING_KEY"] ?? "", "base64");
    const expiresAt = new Date(Date.now() + expiresInMs);
    return changed((url) => url.searchParams.set(DELIVERY_TOKEN, seal(payload, purpose, key, { expiresAt })));
  };
  const own = () => ({ customerId: CUSTOMER, deliveryId: link.pathname.split("/").at(-1) });
  const closed: readonly (readonly [string, () => URL | Promise<URL>])[] = [
    ["without its token", () => changed((url) => url.searchParams.delete(DELIVERY_TOKEN))],
    ["with a changed one", () => changed((url) => url.searchParams.set(DELIVERY_TOKEN, "e30.e30"))],
    ["with that of another purpose", () => sealed("reportDownload", own())],
    ["with one that has expired", () => sealed("reportDelivery", own(), -1)],
    ["with that of another customer", () => sealed("reportDelivery", { ...own(), customerId: "cust-u" })],
    [
      "with that of another recipient",
      async () => {
        const { pathname } = await linkTo(SECOND_READER);
        return changed((url) => {
          url.pathname = pathname;
        });
      },
    ],
    [
      "of a delivery that there is not",
      () => {
        const url = sealed("reportDelivery", { customerId: CUSTOMER, deliveryId: "none" });
        url.pathname = url.pathname.replace(/[^/]+$/, "none");
        return url;
      },
    ],
  ];

  test.each(closed)("%s", async (_name, urlOf) => {
    const url = await urlOf();
    const file = new URL(url);
    file.pathname += "/files/pdf";
    const before = (await trailOf("reportDownloaded")).length;
    const expected = await (await open(changed((each) => each.searchParams.delete(DELIVERY_TOKEN)))).text();
    for (const answer of [await open(url), await open(file, { method: "POST" })]) {
      expect(answer.status).toBe(404);
      expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(answer.headers.get("x-robots-tag")).toContain("noindex");
      expect(await answer.text()).toBe(expected);
    }
    expect((await trailOf("reportDownloaded")).length).toBe(before);
  });

  test("though one that is sealed in the same way, and is right, opens", async () => {
    expect((await open(sealed("reportDelivery", own()))).status).toBe(200);
  });

  test("of a file that there is not, or that is for other recipients or for nobody", async () => {
    const [[, button = link] = []] = buttonsOf(await (await open(link)).text());
    const others = [
      ["pdf", "pl"],
      ["pdf", "it"],
      ["csv-delivery", "en"],
      ["none", "en"],
    ] as const;
    for (const [name, language] of others) {
      const url = new URL(button);
      url.pathname = url.pathname.replace(/[^/]+$/, name);
      url.searchParams.set("language", language);
      expect((await open(url, { method: "POST" })).status, name).toBe(404);
    }
  });

  test("in the language that the browser asks for", async () => {
    const url = changed((each) => each.searchParams.delete(DELIVERY_TOKEN));
    for (const [accepted, language] of [
      ["pl-PL,pl;q=0.9,en;q=0.8", "pl"],
      ["it", "it"],
      ["de", "en"],
    ] as const) {
      const html = await (await open(url, { headers: { "accept-language": accepted } })).text();
      expect(html).toContain(`<html lang="${language}">`);
    }
  });
});

test("the token of a link is in no line of the log", () => {
  const token = link.searchParams.get(DELIVERY_TOKEN) ?? "";
  expect(token.length).toBeGreaterThan(40);
  expect(world.api.logs.filter(({ message }) => message.includes(token))).toEqual([]);
});

test("a link that is revoked opens no more, the others do, and it stays so after the subscription is deleted", async () => {
  const other = await subscribed({
    name: "To be revoked",
    recipients: [{ email: "first@elsewhere.example" }, { email: "other@elsewhere.example" }],
  });
  await makeDue(world, other);
  const [made] = await settledRuns(world, other);
  if (made === undefined) throw new Error("there is no run");
  const links = [await linkTo("first@elsewhere.example"), await linkTo("other@elsewhere.example")] as const;
  const deliveries = await deliveriesOf(other, made);
  const pathOf = (email: string) => {
    const found = deliveries.find(({ recipient }) => recipient.email === email);
    return `${SUBSCRIPTIONS}/${other}/runs/${made.runId}/deliveries/${found?.deliveryId}/revoke`;
  };
  const path = pathOf("first@elsewhere.example");
  const refused = await world.api.ask(TEACHER, { method: "POST", path });
  expect(`${refused.status} ${expectRefusal(refused, "revoke")}`).toBe("404 ResourceNotFound");
  const revoked = await done(world.api, CSAM, { method: "POST", path });
  expect(revoked.read(deliverySchema)).toMatchObject({ status: "revoked", downloads: [] });
  expect((await done(world.api, CSAM, { method: "POST", path })).text).toBe(revoked.text);
  expect([(await open(links[0])).status, (await open(links[1])).status]).toEqual([404, 200]);
  expect(await trailOf("reportLinkRevoked")).toHaveLength(1);

  await done(world.api, CHIEF, { method: "DELETE", path: `${SUBSCRIPTIONS}/${other}` });
  expect((await open(links[1])).status).toBe(200);
  await done(world.api, CHIEF, { method: "POST", path: pathOf("other@elsewhere.example") });
  expect((await open(links[1])).status).toBe(404);
});

test("deliveries and runs are those of their own subscription alone", async () => {
  const other = await subscribed({ name: "Another", recipients: [{ email: READER }] });
  const [{ deliveryId } = { deliveryId: "" }] = await deliveriesOf();
  const path = `${SUBSCRIPTIONS}/${other}/runs/${run.runId}/deliveries`;
  expect((await world.api.ask(CSAM, { path })).status).toBe(404);
  expect((await world.api.ask(CSAM, { method: "POST", path: `${path}/${deliveryId}/revoke` })).status).toBe(
    404,
  );
  expect(await deliveryTo(READER)).toMatchObject({ status: "open" });
});

// It takes the right away for good, so it comes last.
test("an owner who loses the right pauses the subscription and is told; whoever resumes it owns it (EX-03)", async () => {
  const lost = await subscribed({ name: "Of the chief", recipients: [{ email: "late@elsewhere.example" }] });
  const early = await subscribed({ name: "Paused early", recipients: [{ email: "late@elsewhere.example" }] });
  await makeDue(world, lost);
  await done(world.api, CSAM, {
    method: "DELETE",
    path: `customers/${CUSTOMER}/roleAssignments/${world.chiefRole}`,
  });
  const [skipped] = await settledRuns(world, lost);
  expect(skipped).toMatchObject({ status: "skipped", reason: { code: "OwnerLostAccess" }, deliveries: 0 });
  expect(await mailsTo(world, "late@elsewhere.example")).toEqual([]);
  const told = await mailsTo(world, CHIEF.email);
  expect(told.filter(({ text }) => text.includes("Of the chief"))).toHaveLength(1);
  const path = `${SUBSCRIPTIONS}/${lost}`;
  const schema = z.object({
    status: z.string(),
    pause: z.object({ code: z.string(), message: z.string() }).nullable(),
    owner: z.object({ email: z.string() }),
    nextDueTimes: z.array(z.unknown()),
  });
  const paused = (await done(world.api, CSAM, { path })).read(schema);
  expect(paused).toMatchObject({ status: "paused", pause: { code: "OwnerLostAccess" }, nextDueTimes: [] });
  expect((await world.api.ask(CHIEF, { path })).status).toBe(404);
  const resumed = await done(world.api, CSAM, { method: "POST", path: `${path}/resume` });
  expect(resumed.read(schema)).toMatchObject({ status: "active", pause: null, owner: { email: CSAM.email } });
  // No run has found it out of this one.
  await done(world.api, CSAM, { method: "POST", path: `${SUBSCRIPTIONS}/${early}/pause` });
  const taken = await done(world.api, CSAM, { method: "POST", path: `${SUBSCRIPTIONS}/${early}/resume` });
  expect(taken.read(schema)).toMatchObject({ status: "active", owner: { email: CSAM.email } });
});
