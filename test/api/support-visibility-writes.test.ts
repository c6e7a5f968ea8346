import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { allEndpoints } from "../../functions/http/endpoints.ts";
import { readConfig } from "../../src/platform/config.ts";
import { wire } from "../../src/platform/wiring.ts";
import { CUSTOMER } from "../fakes/events.ts";
import { SOME_CALENDAR } from "./support/access-request-bodies.ts";
import { belowRequest } from "./support/access-request-parts.ts";
import { done } from "./support/access-steps.ts";
import type { Answer } from "./support/answer.ts";
import type { Ask } from "./support/running-api.ts";
import {
  PEOPLE,
  type PersonName,
  SOME_REQUEST,
  type SupportWorld,
  startSupportWorld,
  upsertedEvent,
} from "./support/support-world.ts";

const AT_ONCE = 5;
const SETUP_LIMIT_MS = 60_000;
const TEST_LIMIT_MS = 60_000;

let world: SupportWorld;
/** Opened by the contact, with an advocate. */
let requestId: string;
let names: readonly string[];
/** Free ones of the advocate, when the tests begin. */
let slots: readonly string[];

beforeAll(async () => {
  world = await startSupportWorld();
  const opened = await world.open();
  ({ requestId } = opened);
  const { title } = SOME_REQUEST;
  const { email } = PEOPLE.advocate;
  await world.api.send([upsertedEvent("assigned", opened.number, { title, advocate: { email } })]);
  await done(world.api, PEOPLE.advocate, { method: "PUT", path: "me/advocateCalendar", json: SOME_CALENDAR });
  const free = await done(world.api, PEOPLE.contact, { path: below("appointmentSlots") });
  const slotsSchema = z.object({ value: z.array(z.object({ start: z.string() })) });
  slots = free.read(slotsSchema).value.map(({ start }) => start);
  names = allEndpoints(wire(readConfig(world.api.stack.settings)))
    .map(({ contract }) => contract)
    .filter(({ route, method }) => method === "POST" && (route === "supportRequests" || belowRequest(route)))
    .map(({ name }) => name);
}, SETUP_LIMIT_MS);

afterAll(() => world.api.stack.stop());

const below = (part: string): string => `supportRequests/${encodeURIComponent(requestId)}/${part}`;

type Post = {
  readonly by: PersonName;
  /** Who may do it too, and for whom it is another one. */
  readonly other: PersonName;
  readonly path: () => string;
  /** Another one for each number. */
  readonly json: (number: number) => unknown;
  /** So that another one can follow. */
  readonly before?: () => Promise<void>;
};

const appointmentsSchema = z.object({
  value: z.array(z.object({ appointmentId: z.string(), status: z.string() })),
});

/** Every POST of support requests, by the name of its endpoint. */
const posts: Readonly<Record<string, Post>> = {
  openSupportRequest: {
    by: "contact",
    other: "otherContact",
    path: () => "supportRequests",
    json: (number) => ({ ...SOME_REQUEST, title: `Opened ${number}` }),
  },
  addSupportRequestNote: {
    by: "contact",
    other: "requestAdmin",
    path: () => below("notes"),
    json: (number) => ({ text: `Note ${number}` }),
  },
  addSupportRequestAttachment: {
    by: "contact",
    other: "requestAdmin",
    path: () => below("attachments"),
    json: (number) => ({ name: `file-${number}.txt`, size: 8 }),
  },
  bookSupportRequestAppointment: {
    by: "contact",
    other: "admin",
    path: () => below("appointments"),
    json: (number) => ({ start: slots[number] }),
    before: async () => {
      const booked = await done(world.api, PEOPLE.contact, { path: below("appointments") });
      for (const { appointmentId, status } of booked.read(appointmentsSchema).value) {
        const path = below(`appointments/${appointmentId}`);
        if (status === "booked") await done(world.api, PEOPLE.contact, { method: "DELETE", path });
      }
    },
  },
  shareSupportRequest: {
    by: "contact",
    other: "admin",
    path: () => below("shares"),
    json: (number) => ({ email: `outside-${number}@elsewhere.example` }),
  },
  addSupportRequestContact: {
    by: "advocate",
    other: "advocate",
    path: () => below("contacts"),
    json: (number) => ({ email: `contact-${number}@elsewhere.example` }),
  },
};

/** They bring a part further that is there, and make none. */
const steps = ["giveSupportRequestUploadLink", "completeSupportRequestUpload"];

test("every POST of support requests is asked here", () => {
  expect(names.toSorted()).toEqual([...Object.keys(posts), ...steps].toSorted());
});

const entrySchema = z.object({ value: z.array(z.object({ id: z.string(), action: z.string() })) });

/** What is in the audit trail: each change has its entry. Without what makes room for another one. */
async function changes(): Promise<ReadonlySet<string>> {
  const path = `customers/${CUSTOMER}/auditEntries`;
  const answer = await done(world.api, PEOPLE.csam, { path, query: { maxpagesize: "1000" } });
  const entries = answer.read(entrySchema).value.filter(({ action }) => action !== "appointmentCancelled");
  return new Set(entries.map(({ id }) => id));
}

const letters = async (): Promise<number> => {
  await world.api.drained();
  const list = await fetch(`${world.api.stack.mail?.url ?? ""}/messages`);
  return z.object({ value: z.array(z.unknown()) }).parse(await list.json()).value.length;
};

let used = 0;
const nextId = (): string => {
  used += 1;
  return `8d0e1a0c-93d2-4a0c-a5bb-5a3a0b2f${String(used).padStart(4, "0")}`;
};
const repeatable = ({ path, json }: Post, number: number, id: string): Ask => ({
  method: "POST",
  path: path(),
  json: json(number),
  headers: { "repeatability-request-id": id },
});

/** What it says that is there: a link to write to is a fresh one each time. */
const made = ({ text }: Answer): string => text.replace(/"upload":\{.*?\}/, "");

describe.each(Object.entries(posts))("%s", (_, post) => {
  test(
    "once or again, one after another or at the same time, is done once and answered alike",
    async () => {
      const ask = repeatable(post, 1, nextId());
      await post.before?.();
      const before = await changes();
      const unsent = await letters();
      const first = await world.api.ask(PEOPLE[post.by], ask);
      const after = await changes();
      expect([first.status, after.size - before.size]).toEqual([201, 1]);
      const sent = await letters();
      const again = await world.api.ask(PEOPLE[post.by], ask);
      expect([again.status, made(again)]).toEqual([201, made(first)]);
      expect(await letters()).toBe(sent);
      await post.before?.();
      const cancelled = await letters();
      const together = repeatable(post, 2, nextId());
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, () => world.api.ask(PEOPLE[post.by], together)),
      );
      expect(new Set(answers.map((each) => `${each.status} ${made(each)}`)).size).toBe(1);
      expect(answers[0]?.status).toBe(201);
      expect((await changes()).size).toBe(after.size + 1);
      expect((await letters()) - cancelled).toBe(sent - unsent);
    },
    TEST_LIMIT_MS,
  );

  test("under the id of somebody else's, or with another body, is another one", async () => {
    const id = nextId();
    const before = (await changes()).size;
    await post.before?.();
    await done(world.api, PEOPLE[post.by], repeatable(post, 3, id));
    await post.before?.();
    await done(world.api, PEOPLE[post.by], repeatable(post, 4, id));
    await post.before?.();
    await done(world.api, PEOPLE[post.other], repeatable(post, 5, id));
    expect((await changes()).size).toBe(before + 3);
  });

  test("that was made is not told to who repeats it and may not see it", async () => {
    const id = nextId();
    const ask = repeatable(post, 6, id);
    await post.before?.();
    await done(world.api, PEOPLE[post.by], ask);
    const answer = await world.api.ask(PEOPLE.stranger, ask);
    const other = await world.api.ask(PEOPLE.stranger, repeatable(post, 6, nextId()));
    expect([answer.status, answer.text]).toEqual([404, other.text]);
  });

  test("without an id of its own is refused where that is none", async () => {
    const answer = await world.api.ask(PEOPLE[post.by], repeatable(post, 7, "again"));
    expect([answer.status, answer.text.includes("Repeatability-Request-ID")]).toEqual([400, true]);
  });
});

test("an upload is completed once, and its links are as many as are asked for", async () => {
  const json = { name: "servers.txt", size: 8 };
  const by = PEOPLE.contact;
  const announced = await done(world.api, by, { method: "POST", path: below("attachments"), json });
  const { attachmentId } = announced.read(z.object({ attachmentId: z.string() }));
  const step = async (name: string, body?: unknown) => {
    const headers = { "repeatability-request-id": nextId() };
    const path = below(`attachments/${attachmentId}/${name}`);
    const ask = { method: "POST", path, headers, ...(body === undefined ? {} : { json: body }) };
    const answers = [await world.api.ask(by, ask), await world.api.ask(by, ask)];
    return answers.map(({ status }) => status);
  };
  const before = (await changes()).size;
  expect(await step("uploadLink")).toEqual([200, 200]);
  expect(await step("complete", {})).toEqual([409, 409]);
  const path = below(`attachments/${attachmentId}/content`);
  const headers = { "content-type": "text/plain" };
  await done(world.api, by, { method: "PUT", path, headers, json: "A line.\n" });
  expect(await step("complete", {})).toEqual([202, 202]);
  expect(await step("uploadLink")).toEqual([409, 409]);
  const entries = (await changes()).size - before;
  expect(entries).toBeGreaterThan(0);
  expect(entries).toBeLessThanOrEqual(2);
});
