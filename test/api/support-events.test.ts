import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { CUSTOMER, communicatedEvent, upsertedEvent } from "../fakes/events.ts";
import { done } from "./support/access-steps.ts";
import { visible } from "./support/answer.ts";
import { UPSTREAM } from "./support/running-api.ts";
import { listSchema, postedSchema, rejectedEventSchema } from "./support/shapes.ts";
import { PEOPLE, type PersonName, type SupportWorld, startSupportWorld } from "./support/support-world.ts";

let world: SupportWorld;
beforeAll(async () => {
  world = await startSupportWorld();
});
afterAll(() => world.api.stack.stop());

const pathOf = (number: string, ...rest: readonly string[]): string =>
  ["supportRequests", encodeURIComponent(`${CUSTOMER}~${number}`), ...rest].join("/");
const ask = (who: PersonName, number: string, ...rest: readonly string[]) =>
  world.api.ask(PEOPLE[who], { path: pathOf(number, ...rest) });

const mailSchema = z.looseObject({
  communicationId: z.string(),
  direction: z.string(),
  from: z.string(),
  to: z.array(z.string()),
  cc: z.array(z.string()),
  subject: z.string(),
  sentAt: z.string(),
  snippet: z.string(),
  link: z.string(),
});
const fullMailSchema = mailSchema.extend({ text: z.string(), html: z.string().nullable() });
const entrySchema = z.looseObject({
  type: z.string(),
  at: z.string(),
  by: z.string().nullable(),
  link: z.string(),
});

async function mailsOf(who: PersonName, number: string) {
  const answer = await done(world.api, PEOPLE[who], { path: pathOf(number, "communications") });
  return answer.read(listSchema(mailSchema)).value;
}

/** Every page of a list. */
async function allOf<Item extends z.ZodType>(path: string, item: Item, maxpagesize: number) {
  const found: z.output<Item>[] = [];
  let next: string | undefined = path;
  for (let pages = 0; next !== undefined; pages++) {
    expect(pages).toBeLessThan(100);
    const query: Record<string, string> = pages === 0 ? { maxpagesize: String(maxpagesize) } : {};
    const page: { value: z.output<Item>[]; nextLink?: string | undefined } = (
      await done(world.api, PEOPLE.contact, { path: next, query })
    ).read(listSchema(item));
    expect(page.value.length).toBeLessThanOrEqual(maxpagesize);
    found.push(...page.value);
    next = page.nextLink;
  }
  return found;
}

/** Posts without waiting for anything. @returns the receipts. */
async function post(...events: readonly string[]): Promise<string[]> {
  const answer = await done(world.api, UPSTREAM, {
    method: "POST",
    path: "events",
    json: `[${events.join()}]`,
  });
  return answer.read(postedSchema).value.map(({ receipt }) => receipt ?? "");
}

const creator = { createdBy: PEOPLE.contact.email };

describe("events of the support desk", () => {
  test("make a request that is found, sent with the command, and seen by its creator and its advocate", async () => {
    const advocate = { name: "Nora", email: "Nora@provider.example" };
    const event = upsertedEvent("e1", { number: "INC-1", title: "Łódź cannot print", ...creator, advocate });
    expect(await world.api.send([event])).toMatchObject({ recorded: 1, repeated: 0, rejected: 0 });
    expect(await world.api.send([event])).toMatchObject({ recorded: 0, repeated: 1, rejected: 0 });
    const other = upsertedEvent("e1", { number: "INC-1", title: "Something else" });
    expect(await world.api.send([other])).toMatchObject({ recorded: 0, rejected: 1 });
    expect((await ask("contact", "INC-1")).status).toBe(200);
    expect((await ask("member", "INC-1")).status).toBe(404);
    const nora = { email: "nora@provider.example", roles: ["Advocate"] } as const;
    expect((await world.api.ask(nora, { path: pathOf("INC-1") })).status).toBe(200);
    const path = "supportRequests";
    const found = await done(world.api, PEOPLE.contact, { path, query: { search: "lodz print" } });
    expect(found.text).toContain("INC-1");
  });

  test("take turns with what users state, by their times", async () => {
    const { requestId, number } = await world.open();
    await world.api.send([
      upsertedEvent("turn-1", { number, title: "T", status: "closed" }, { time: "2020-01-01T00:00:00Z" }),
    ]);
    const read = async () =>
      (await ask("contact", number)).read(z.looseObject({ status: z.string() })).status;
    expect(await read()).toBe("open");
    const path = `supportRequests/${encodeURIComponent(requestId)}`;
    const json = { status: "closed" };
    await done(world.api, PEOPLE.contact, { method: "PATCH", path, json });
    await world.api.send([upsertedEvent("turn-2", { number, title: "T" }, { time: "2020-01-02T00:00:00Z" })]);
    expect(await read()).toBe("closed");
    const ahead = upsertedEvent("turn-3", { number, title: "T" }, { time: "2199-01-02T00:00:00Z" });
    expect(await world.api.send([ahead])).toMatchObject({ recorded: 0, rejected: 1 });
    expect(await read()).toBe("closed");
    const time = new Date(Date.now() + 60_000).toISOString();
    await world.api.send([upsertedEvent("turn-4", { number, title: "T" }, { time })]);
    expect(await read()).toBe("open");
  });

  test("are asked after by their receipts, and reads wait for them", async () => {
    const number = "INC-WAIT";
    const receipts = await post(
      communicatedEvent("w-mail", { number }),
      upsertedEvent("w-request", { number, ...creator }),
      upsertedEvent("w-bad", { number, workspaceId: "ws-nobody-knows" }),
    );
    const [mail = "", request = "", bad = ""] = receipts;
    const waiting = (who: PersonName, path: string, waitFor: string) =>
      world.api.ask(PEOPLE[who], { path, query: { waitFor, waitSeconds: "20" } });
    for (const path of [
      pathOf(number),
      pathOf(number, "communications"),
      pathOf(number, "activity"),
      "supportRequests",
    ]) {
      const answer = await waiting("contact", path, `${mail},${request}`);
      expect([answer.status, answer.headers.get("freshness"), answer.text.includes(number)]).toEqual([
        200,
        "reached",
        true,
      ]);
    }
    expect((await waiting("contact", pathOf(number), bad)).headers.get("freshness")).toBe("rejected");
    expect((await waiting("csam", `customers/${CUSTOMER}/activity`, request)).headers.get("freshness")).toBe(
      "reached",
    );
    // Of another request, of nobody's, and for whoever knows nothing of the customer.
    expect((await waiting("contact", pathOf("INC-1"), request)).status).toBe(404);
    expect((await waiting("contact", pathOf(number), `${request}x`)).status).toBe(404);
    expect((await waiting("stranger", pathOf(number), request)).status).toBe(404);
    expect((await waiting("stranger", "supportRequests", request)).status).toBe(404);

    const outcomes = await done(world.api, UPSTREAM, {
      method: "POST",
      path: "events/outcomes",
      json: { receipts },
    });
    const statuses = outcomes.read(z.object({ value: z.array(z.looseObject({ status: z.string() })) }));
    expect(statuses.value.map(({ status }) => status)).toEqual(["recorded", "recorded", "rejected"]);
    expect(outcomes.text).toContain("unknownWorkspace");
  });
});

describe("the e-mail of a request", () => {
  test("is listed newest first and read whole, also what came before the request", async () => {
    const number = "INC-MAIL";
    const sent = (day: number) => ({ number, sentAt: `2026-03-0${day}T10:00:00Z`, subject: `Day ${day}` });
    await world.api.send([
      communicatedEvent("m2", {
        ...sent(2),
        direction: "inbound",
        from: "zoe@cust-t.example",
        cc: ["x@y.example"],
      }),
      communicatedEvent("m1", sent(1)),
    ]);
    expect((await ask("csam", number, "communications")).status).toBe(404);
    expect((await ask("csam", number)).status).toBe(404);
    await world.api.send([
      upsertedEvent("m-request", { number, ...creator }),
      communicatedEvent("m3", sent(3)),
    ]);
    const mails = await mailsOf("contact", number);
    expect(mails.map(({ subject, direction }) => [subject, direction])).toEqual([
      ["Day 3", "outbound"],
      ["Day 2", "inbound"],
      ["Day 1", "outbound"],
    ]);
    expect(mails[1]).toMatchObject({
      from: "zoe@cust-t.example",
      cc: ["x@y.example"],
      sentAt: "2026-03-02T10:00:00.000Z",
    });
    expect(await allOf(pathOf(number, "communications"), mailSchema, 1)).toEqual(
      mails.map((each) => expect.objectContaining({ communicationId: each.communicationId })),
    );
    const whole = await done(world.api, PEOPLE.contact, { path: mails[0]?.link ?? "" });
    expect(whole.read(fullMailSchema)).toMatchObject({ text: "We look into it.", html: null });
    const targets = (await ask("contact", number)).text;
    expect(targets).toContain('"metAt":"2026-03-01T10:00:00.000Z"');
  });

  test("shows nothing that runs or is fetched, whatever was sent", async () => {
    const number = "INC-EVIL";
    const body = `<p onclick="steal()">Hello <b>there</b></p><script>steal()</script><img src="https://spy.example/x">
      <a href="javascript:steal()">click</a><iframe src="https://spy.example"></iframe>`;
    await world.api.send([
      upsertedEvent("evil-request", { number, ...creator }),
      communicatedEvent("evil", {
        number,
        body,
        bodyType: "html",
        subject: "<script>alert(1)</script>\r\nBcc: x@y.example",
      }),
      communicatedEvent("control", { number, body: "a\u0000b\u202e\r\nc", sentAt: "2026-03-01T10:00:00Z" }),
      communicatedEvent("large", { number, body: "ł".repeat(24_576), sentAt: "2026-03-01T09:00:00Z" }),
    ]);
    const [evil, control, large] = await mailsOf("contact", number);
    const read = async (link = "") =>
      (await done(world.api, PEOPLE.contact, { path: link })).read(fullMailSchema);
    const shown = await read(evil?.link);
    expect(shown.html).toContain("Hello <b>there</b>");
    expect(shown.html).not.toMatch(/steal|spy|script|iframe|onclick/);
    expect(shown.text).toMatch(/^Hello there/);
    expect(shown.subject).toBe("<script>alert(1)</script> Bcc: x@y.example");
    expect(evil?.snippet).toMatch(/^Hello there/);
    expect((await read(control?.link)).text).toMatch(/^ab.*\nc$/u);
    expect((await read(large?.link)).text).toHaveLength(24_576);
    expect(large?.snippet.length).toBeLessThanOrEqual(200);
  });

  test("is one request's alone, and another one's or an event of another kind is not found there", async () => {
    const [mine, other] = ["INC-MINE", "INC-OTHER"];
    await world.api.send([
      upsertedEvent("mine", { number: mine, ...creator }),
      upsertedEvent("other", { number: other, ...creator }),
      communicatedEvent("other-mail", { number: other }),
    ]);
    expect(await mailsOf("contact", mine)).toEqual([]);
    const [{ communicationId } = { communicationId: "" }] = await mailsOf("contact", other);
    expect((await ask("contact", other, "communications", communicationId)).status).toBe(200);
    const absent = await ask("contact", mine, "communications", "A".repeat(22));
    expect((await ask("contact", mine, "communications", communicationId)).status).toBe(404);
    expect(absent.status).toBe(404);
    expect((await ask("contact", mine, "communications", "not-an-id")).status).toBe(404);
  });

  test("and what happened are seen by whoever sees the request, and of an incentive-related one by its creator", async () => {
    const seen = "INC-SEEN";
    const secret = "INC-SECRET";
    await world.api.send(
      [seen, secret].flatMap((number) => [
        upsertedEvent(`${number}-r`, { number, ...creator, isIncentiveRelated: number === secret }),
        communicatedEvent(`${number}-m`, { number }),
      ]),
    );
    const [{ communicationId } = { communicationId: "" }] = await mailsOf("contact", secret);
    const parts = [["communications"], ["activity"], ["communications", communicationId]];
    for (const who of Object.keys(PEOPLE) as PersonName[]) {
      const sees = (await ask(who, seen)).status;
      expect((await ask(who, seen, "communications")).status, who).toBe(sees);
      expect((await ask(who, seen, "activity")).status, who).toBe(sees);
      for (const part of parts) {
        const hidden = await ask(who, secret, ...part);
        expect(hidden.status, who).toBe(who === "contact" ? 200 : 404);
        if (who !== "contact")
          expect(visible(hidden)).toEqual(visible(await ask(who, "INC-SECRES", ...part)));
      }
    }
  });
});

describe("the timeline of a request", () => {
  test("has everything that happened, newest first, each once by any size of pages", async () => {
    const number = "INC-LINE";
    const at = (day: number) => ({ time: `2026-03-0${day}T10:00:00Z` });
    await world.api.send([
      upsertedEvent("l1", { number, ...creator }, at(1)),
      communicatedEvent("l2", { number, sentAt: at(2).time }),
      upsertedEvent("l3", { number, ...creator, status: "attentionNeeded" }, at(3)),
      // At one instant, so that only ids tell them apart.
      communicatedEvent("l4", { number, sentAt: at(3).time, direction: "inbound" }),
      communicatedEvent("l5", { number, sentAt: at(3).time }),
      upsertedEvent("l6", { number, ...creator, status: "closed" }, at(4)),
    ]);
    const path = pathOf(number, "activity");
    await done(world.api, PEOPLE.contact, {
      method: "POST",
      path: pathOf(number, "notes"),
      json: { text: "It works again." },
    });
    const whole = await allOf(path, entrySchema, 100);
    expect(whole.map(({ type, at: when }) => `${when.slice(0, 10)} ${type}`).slice(1)).toEqual([
      "2026-03-04 statusChange",
      "2026-03-03 statusChange",
      "2026-03-03 communication",
      "2026-03-03 communication",
      "2026-03-02 communication",
      "2026-03-01 statusChange",
    ]);
    expect(whole[0]).toMatchObject({ type: "note", by: PEOPLE.contact.email, snippet: "It works again." });
    expect(whole[1]).toMatchObject({ status: "closed", previous: "attentionNeeded", by: null });
    expect(whole.at(-1)).toMatchObject({ status: "open", previous: null });
    for (const entry of whole)
      expect((await world.api.ask(PEOPLE.contact, { path: entry.link })).status).toBe(200);
    for (const size of [1, 2, 3, 4]) expect(await allOf(path, entrySchema, size)).toEqual(whole);
  });
});

describe("a rejected event about a request", () => {
  test("is listed with its reason for staff and sender, and shows its body to the sender alone", async () => {
    const title = "Told to nobody but its creator";
    await world.api.send([
      upsertedEvent("r1", { number: "INC-NOWHERE", workspaceId: "ws-none", isIncentiveRelated: true, title }),
    ]);
    const listed = async (caller: Parameters<typeof done>[1]) => {
      const answer = await done(world.api, caller, {
        path: "rejectedEvents",
        query: { maxpagesize: "1000" },
      });
      return answer.read(listSchema(rejectedEventSchema)).value.find(({ event }) => event.id === "r1");
    };
    const [own, others] = [await listed(UPSTREAM), await listed(PEOPLE.csam)];
    expect(own?.body).toContain(title);
    expect(others).toEqual({ ...own, body: null });
    expect(others?.reason.code).toBe("unknownWorkspace");
  });
});
