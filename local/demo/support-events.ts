/** What the support desk tells of the requests of one customer: how each stands, and some of the e-mail. */
import * as z from "zod";
import { event } from "./events.ts";
import { DEMO_WORKSPACE } from "./people.ts";

const { customerId } = DEMO_WORKSPACE;

export const DEMO_ADVOCATE = { name: "Nora Lindqvist", email: "advocate@provider.example" } as const;
export const DEMO_CONTACT = { name: "Contact 1", email: "contact1@narew.example" } as const;

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const later = (at: string, milliseconds: number): string =>
  new Date(Date.parse(at) + milliseconds).toISOString();

const deliverySchema = z.object({
  time: z.string(),
  data: z.object({
    customerId: z.string(),
    workspaceId: z.string().optional(),
    request: z
      .object({
        number: z.string(),
        title: z.string(),
        product: z.string(),
        severity: z.string(),
        status: z.string(),
        openedAt: z.string(),
        closedAt: z.string().nullable(),
        primaryContact: z.string(),
      })
      .optional(),
  }),
});
type Delivery = z.infer<typeof deliverySchema>;
type DemoCase = NonNullable<Delivery["data"]["request"]> & Pick<Delivery["data"], "workspaceId">;

const problemTypes = ["performance", "configuration", "availability"] as const;

/** `Contact 2` is a support contact of the agreement; whoever else is named administers the other workspace. */
const emailOf = (contact: string): string =>
  contact.startsWith("Contact ")
    ? `${contact.toLowerCase().replace(" ", "")}@narew.example`
    : DEMO_WORKSPACE.administrator;

/** @param deliveries the demo's. @returns an event for each case of the customer, and e-mail of the open ones. */
export function requestEvents(deliveries: readonly string[]): string[] {
  const cases = new Map<string, DemoCase>();
  for (const text of deliveries) {
    const { data } = deliverySchema.parse(JSON.parse(text));
    const { request, workspaceId } = data;
    if (data.customerId === customerId && request !== undefined)
      cases.set(request.number, { ...request, workspaceId });
  }
  return [...cases.values()].flatMap((each, index) => [
    upserted(each, index),
    ...(each.status === "closed" ? [] : correspondence(each)),
  ]);
}

function upserted(each: DemoCase, index: number): string {
  const { number, title, product, severity, openedAt, closedAt, primaryContact, workspaceId } = each;
  const waits = each.status === "open" && index % 2 === 0;
  const email = emailOf(primaryContact);
  return requestEvent(`${number}-request`, closedAt ?? later(openedAt, HOUR_MS), {
    number,
    title,
    product,
    severity,
    status: waits ? "attentionNeeded" : each.status,
    openedAt,
    problemType: problemTypes[index % problemTypes.length],
    createdBy: email,
    primaryContact: { name: primaryContact, email },
    ...(each.status === "closed" ? {} : { advocate: DEMO_ADVOCATE }),
    ...(workspaceId === undefined ? {} : { workspaceId }),
  });
}

function correspondence({ number, title, openedAt, primaryContact }: DemoCase): string[] {
  const customer = `${primaryContact} <${emailOf(primaryContact)}>`;
  return [
    mail(`${number}-mail-1`, later(openedAt, HOUR_MS / 2), {
      number,
      direction: "outbound",
      from: advocate,
      to: [customer],
      subject: `${number}: ${title}`,
      body: "<p>Good morning,</p><p>could you send the <b>event log</b> of the last two days, please?</p>",
      bodyType: "html",
    }),
    mail(`${number}-mail-2`, later(openedAt, 2 * HOUR_MS), {
      number,
      direction: "inbound",
      from: customer,
      to: [advocate],
      subject: `Re: ${number}: ${title}`,
      body: "Here it is. It happened again this morning.",
    }),
  ];
}

const advocate = `${DEMO_ADVOCATE.name} <${DEMO_ADVOCATE.email}>`;

/** As a client is shown it. */
export const openedSchema = z.object({
  requestId: z.string(),
  number: z.string(),
  title: z.string(),
  severity: z.string(),
  createdAt: z.string(),
});

/** The support desk takes up what was opened here: an advocate is assigned, who writes. */
export function answerEvents({ number, title, severity, createdAt }: z.infer<typeof openedSchema>): string[] {
  return [
    requestEvent(`${number}-request`, later(createdAt, SECOND_MS), {
      number,
      title,
      severity,
      status: "open",
      advocate: DEMO_ADVOCATE,
    }),
    mail(`${number}-mail-1`, later(createdAt, 2 * SECOND_MS), {
      number,
      direction: "outbound",
      from: advocate,
      to: [`${DEMO_CONTACT.name} <${DEMO_CONTACT.email}>`],
      subject: `${number}: ${title}`,
      body: "<p>Good morning,</p><p>shall we look at it <i>together</i>? Please choose a time that suits you.</p>",
      bodyType: "html",
    }),
  ];
}

const requestEvent = (id: string, time: string, data: object): string =>
  event("/servicedesk", id, "support.request.upserted.v1", time, { customerId, ...data });

const mail = (id: string, time: string, data: object): string =>
  event("/servicedesk", id, "support.request.communicated.v1", time, { customerId, ...data });
