/** A support request in each workspace, with one of everything that belongs to a request. */
import * as z from "zod";
import type { TokenRequest } from "../../../local/tokens/claims.ts";
import { communicatedEvent } from "../../fakes/events.ts";
import { eventually } from "../../local/service-bus-fixture.ts";
import { SOME_CALENDAR, SOME_TEXT } from "./access-request-bodies.ts";
import { done, type Workspace } from "./access-steps.ts";
import type { RunningApi } from "./running-api.ts";
import { listSchema } from "./shapes.ts";
import { upsertedEvent } from "./support-world.ts";

/** Far enough for the tests to end before it. */
const DAYS_AHEAD = 8;
const DAY_MS = 86_400_000;
const SCAN_LIMIT_MS = 30_000;
export const NO_ID = "0".repeat(22);

/** Of each target, what routes of support requests name. */
export type NamedRequest = {
  readonly requestId: string;
  readonly number: string;
  /** Its title, which nothing else has. */
  readonly title: string;
  /** Of the support contact, who opened it and whom it is shared with besides. */
  readonly openedBy: string;
  readonly shareId: string;
  readonly communicationId: string;
  readonly noteId: string;
  readonly appointmentId: string;
  /** Of a text, found clean, that the support contact attached. */
  readonly attachmentId: string;
};

type Settled = {
  readonly workspace: Workspace;
  readonly word: string;
  /** Of its support contact. */
  readonly contact: string;
  readonly groupId: string;
  readonly sharedWith: readonly TokenRequest[];
  readonly advocate: TokenRequest;
  /** Of the advocate's free ones, which is taken: another one for each request. */
  readonly slot: number;
};

export async function openRequestIn(
  api: RunningApi,
  { workspace, word, contact, groupId, sharedWith, advocate, slot }: Settled,
): Promise<NamedRequest> {
  const by = { email: contact };
  const title = `Backups of ${word} fail`;
  const opened = await done(api, by, {
    method: "POST",
    path: "supportRequests",
    json: {
      ...workspace,
      title,
      description: `On two of the servers of ${word}.`,
      problemType: "configuration",
      severity: "moderate",
      product: word,
      groupId,
      sharedWith: [by, ...sharedWith].map(({ email }) => email),
    },
  });
  const { requestId, number } = opened.read(z.object({ requestId: z.string(), number: z.string() }));
  const path = `supportRequests/${encodeURIComponent(requestId)}`;
  const shares = (await done(api, by, { path: `${path}/shares` })).read(listSchema(shareSchema)).value;
  const share = shares.find(({ email }) => email === contact);
  if (share === undefined) throw new Error(`${requestId} is shared with nobody`);
  const { customerId } = workspace;
  await api.send([
    upsertedEvent(`named-${word}`, number, { customerId, title, advocate }),
    communicatedEvent(`written-${word}`, { customerId, number, subject: word, body: `Dear ${word}` }),
  ]);
  const mails = (await done(api, by, { path: `${path}/communications` })).read(listSchema(mailSchema)).value;
  const [mail] = mails;
  if (mail === undefined) throw new Error(`there is no e-mail of ${requestId}`);
  const json = { text: `The third server of ${word} fails too.` };
  const noted = await done(api, by, { method: "POST", path: `${path}/notes`, json });
  return {
    requestId,
    number,
    title,
    openedBy: contact,
    shareId: share.shareId,
    communicationId: mail.communicationId,
    ...noted.read(z.object({ noteId: z.string() })),
    appointmentId: await book(api, by, { path, advocate, slot }),
    attachmentId: await attach(api, by, path),
  };
}

/** @returns the id of the attachment when it can be downloaded. */
export async function attach(api: RunningApi, by: TokenRequest, path: string): Promise<string> {
  const json = { name: "servers.txt", size: SOME_TEXT.length };
  const announced = await done(api, by, { method: "POST", path: `${path}/attachments`, json });
  const { attachmentId } = announced.read(z.object({ attachmentId: z.string() }));
  const one = `${path}/attachments/${attachmentId}`;
  const headers = { "content-type": "text/plain" };
  await done(api, by, { method: "PUT", path: `${one}/content`, headers, json: SOME_TEXT });
  await eventually(async () => {
    const { state } = (await done(api, by, { path: one })).read(z.object({ state: z.string() }));
    if (state === "refused") throw new Error(`${one} was refused`);
    return state === "clean" ? true : undefined;
  }, SCAN_LIMIT_MS);
  return attachmentId;
}

type Booking = Pick<Settled, "advocate" | "slot"> & { readonly path: string };

async function book(api: RunningApi, by: TokenRequest, { path, advocate, slot }: Booking): Promise<string> {
  await done(api, advocate, { method: "PUT", path: "me/advocateCalendar", json: SOME_CALENDAR });
  const from = new Date(Date.now() + DAYS_AHEAD * DAY_MS).toISOString();
  const slots = await done(api, by, { path: `${path}/appointmentSlots`, query: { from } });
  const start = slots.read(listSchema(slotSchema)).value[slot]?.start;
  const booked = await done(api, by, { method: "POST", path: `${path}/appointments`, json: { start } });
  return booked.read(z.object({ appointmentId: z.string() })).appointmentId;
}

const slotSchema = z.object({ start: z.string() });
const mailSchema = z.object({ communicationId: z.string() });

const shareSchema = z.object({ shareId: z.string(), email: z.string().optional() });

/** Of the form of the others. */
export const noRequestOf = (customerId: string): NamedRequest => ({
  requestId: `${customerId}~SR-${"0".repeat(12)}`,
  number: `SR-${"0".repeat(12)}`,
  title: "Backups of absentee fail",
  openedBy: "contact@absentee.example",
  shareId: NO_ID,
  communicationId: NO_ID,
  noteId: NO_ID,
  appointmentId: NO_ID,
  attachmentId: NO_ID,
});
