/** What tests of appointments do through the API. */
import * as z from "zod";
import type { TokenRequest } from "../../../local/tokens/claims.ts";
import { upsertedEvent } from "../../fakes/events.ts";
import { done } from "./access-steps.ts";
import type { Answer } from "./answer.ts";
import type { RunningApi } from "./running-api.ts";
import { type OpenedRequest, PEOPLE, type SupportWorld } from "./support-world.ts";

const DAY_MS = 86_400_000;
export const ZONE = "Europe/Madrid";
export const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();

const wholeDay = [{ from: "00:00", to: "24:00" }];
const everyDay = Object.fromEntries(
  ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].map((day) => [
    day,
    wholeDay,
  ]),
);
/** Round the clock, so that there is a slot whenever the tests run. */
const CALENDAR = {
  timeZone: ZONE,
  week: everyDay,
  holidays: [],
  slotMinutes: 30,
  leadMinutes: 0,
  language: "es",
} as const;

export async function setCalendar(
  api: RunningApi,
  advocate: TokenRequest = PEOPLE.advocate,
  facts: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const json = { ...CALENDAR, ...facts };
  await done(api, advocate, { method: "PUT", path: "me/advocateCalendar", json });
}

let events = 0;
/** The support desk says something of a request. */
export async function desk(
  { api }: SupportWorld,
  number: string,
  facts: Readonly<Record<string, unknown>>,
): Promise<void> {
  events += 1;
  const time = new Date(Date.now() + events).toISOString();
  await api.send([
    upsertedEvent(`appointments-${events}`, { number, title: "Backups fail", ...facts }, { time }),
  ]);
  await api.drained();
}

/** An open request of the contact with an advocate. */
export async function withAdvocate(
  world: SupportWorld,
  facts: Readonly<Record<string, unknown>> = {},
  advocate: TokenRequest = PEOPLE.advocate,
): Promise<OpenedRequest> {
  const opened = await world.open(facts);
  await desk(world, opened.number, { advocate: { name: "Alma Advocate", email: advocate.email } });
  return opened;
}

export const pathOf = (requestId: string, ...rest: readonly string[]): string =>
  ["supportRequests", encodeURIComponent(requestId), ...rest].join("/");

const slotsSchema = z.object({
  advocate: z.object({ name: z.string().nullable(), email: z.string() }),
  slotMinutes: z.int(),
  timeZone: z.string(),
  value: z.array(
    z.object({ start: z.string(), end: z.string(), localStart: z.string(), localEnd: z.string() }),
  ),
});

export const askSlots = (
  { api }: SupportWorld,
  requestId: string,
  query: Readonly<Record<string, string>> = {},
  by: TokenRequest = PEOPLE.contact,
): Promise<Answer> => api.ask(by, { path: pathOf(requestId, "appointmentSlots"), query });

export async function slots(...asked: Parameters<typeof askSlots>): Promise<z.infer<typeof slotsSchema>> {
  const answer = await askSlots(...asked);
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.read(slotsSchema);
}

export const appointmentSchema = z.object({
  appointmentId: z.string(),
  status: z.string(),
  start: z.string(),
  end: z.string(),
  timeZone: z.string(),
  localStart: z.string(),
  advocate: z.object({ name: z.string().nullable(), email: z.string() }),
  bookedBy: z.object({ email: z.string() }),
  attendees: z.array(z.object({ email: z.string() })),
  invitationLink: z.string(),
});

export const book = (
  { api }: SupportWorld,
  requestId: string,
  json: Readonly<Record<string, unknown>>,
  by: TokenRequest = PEOPLE.contact,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> => api.ask(by, { method: "POST", path: pathOf(requestId, "appointments"), json, headers });

/** @throws Error when it was not booked. */
export async function booked(...asked: Parameters<typeof book>): Promise<z.infer<typeof appointmentSchema>> {
  const answer = await book(...asked);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.read(appointmentSchema);
}

const refusalSchema = z.object({
  error: z.object({
    code: z.string(),
    innererror: z.looseObject({ freeSlots: z.array(z.string()).optional() }).optional(),
  }),
});
export const refusalOf = (answer: Answer) => ({ status: answer.status, ...answer.read(refusalSchema).error });

const mailListSchema = z.object({ value: z.array(z.object({ id: z.int() })) });
const mailSchema = z.object({
  subject: z.string(),
  text: z.string(),
  attachments: z.array(z.object({ name: z.string(), contentType: z.string(), text: z.string() })),
});

/** What came for an address, oldest first. */
export async function mailsTo({ api }: SupportWorld, email: string) {
  await api.drained();
  const url = api.stack.mail?.url ?? "";
  const list = mailListSchema.parse(await (await fetch(`${url}/messages?to=${email}`)).json());
  const mails = list.value.map(async ({ id }) =>
    mailSchema.parse(await (await fetch(`${url}/messages/${id}`)).json()),
  );
  return (await Promise.all(mails)).toReversed();
}
