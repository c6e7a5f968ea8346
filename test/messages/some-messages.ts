import { customerIdSchema } from "../../src/agreements/ids.ts";
import type { Links } from "../../src/messages/letters.ts";
import {
  type Content,
  type MessageFacts,
  newMessage,
  type QueuedMessage,
} from "../../src/messages/message.ts";
import type { Language } from "../../src/messages/texts.ts";

export const START = "2026-11-20T10:00:00.000Z";
export const CUSTOMER_ID = customerIdSchema.parse("cust-t");
/** Where links in messages lead, where nothing else is said. */
export const LINKS: Links = {
  webClientUrl: new URL("https://client.example/app"),
  reportDelivery: (customerId, deliveryId, expiresAt) =>
    new URL(`https://api.example/own/${customerId}/${deliveryId}?until=${expiresAt.getTime()}`),
};
export const NO_LINKS: Links = { webClientUrl: undefined, reportDelivery: () => undefined };
export const LANGUAGES: readonly Language[] = ["en", "es", "pl", "it"];

const someRequest = {
  number: "SR-7K2M",
  title: "Aceites Olivar: no backup since Monday in Almazara norte",
  severity: "critical",
  status: "open",
} as const;

/** One of each template. A template that is new here does not compile until it is added. */
export const contents: {
  readonly [Template in Content["template"]]: Extract<Content, { template: Template }>;
} = {
  invitation: {
    template: "invitation",
    invitationId: "inv-1",
    customerName: "Aceites Olivar",
    workspaceName: "Almazara norte",
    inviterName: "Ana García",
    expiresAt: "2026-12-04T22:30:00.000Z",
    timeZone: "Europe/Madrid",
  },
  welcome: {
    template: "welcome",
    customerName: "Aceites Olivar",
    workspaceName: "Almazara norte",
    agreementNumber: "A-2026-17",
    isSupportContact: true,
  },
  allowanceUsed: {
    template: "allowanceUsed",
    customerName: "Aceites Olivar",
    agreementNumber: "A-2026-17",
    packageName: "Almazara norte",
    entitlementName: "Asesoramiento",
    percent: 75,
    consumed: 450,
    purchased: 600,
    unit: "minutes",
  },
  packageExpiring: {
    template: "packageExpiring",
    customerName: "Aceites Olivar",
    agreementNumber: "A-2026-17",
    packageName: "Almazara norte",
    endDate: "2027-03-31",
    daysLeft: 30,
  },
  grantExpiring: {
    template: "grantExpiring",
    customerName: "Aceites Olivar",
    agreementNumber: "A-2026-17",
    packageName: "Almazara norte",
    entitlementName: "Asesoramiento",
    endDate: "2027-03-31",
    daysLeft: 30,
    unused: 40,
    unit: "minutes",
  },
  supportRequestShared: {
    template: "supportRequestShared",
    ...someRequest,
    requestId: "cust-t~SR-7K2M",
    sharedBy: "Zoe Contact",
  },
  supportRequestSent: {
    template: "supportRequestSent",
    ...someRequest,
    sentBy: "Zoe Contact",
    senderEmail: "zoe@cust-t.example",
  },
  supportRequestContact: { template: "supportRequestContact", ...someRequest, addedBy: "Alma Advocate" },
  supportRequestPrimaryContact: {
    template: "supportRequestPrimaryContact",
    ...someRequest,
    requestId: "cust-t~SR-7K2M",
    openedBy: "Zoe Contact",
  },
  supportRequestStatus: {
    template: "supportRequestStatus",
    ...someRequest,
    requestId: "cust-t~SR-7K2M",
    status: "attentionNeeded",
    changedBy: null,
  },
  supportRequestTargetMissed: {
    template: "supportRequestTargetMissed",
    ...someRequest,
    requestId: "cust-t~SR-7K2M",
    customerName: "Contoso",
    target: "firstResponse",
    missedAt: "2026-11-20T12:00:00.000Z",
    timeZone: "Europe/Madrid",
  },
  supportRequestAppointment: {
    template: "supportRequestAppointment",
    number: someRequest.number,
    title: someRequest.title,
    change: "booked",
    requestId: "cust-t~SR-7K2M",
    appointmentId: "uXq0v3rQnT2mXo1hYb5kPq",
    sequence: 0,
    start: "2026-11-23T09:30:00.000Z",
    end: "2026-11-23T10:00:00.000Z",
    timeZone: "Europe/Madrid",
    changedAt: "2026-11-20T10:00:00.000Z",
    advocate: { name: "Alma Advocate", email: "advocate@provider.example" },
    attendees: [{ name: "Zoe Contact", email: "zoe@cust-t.example" }],
  },
  reportReady: {
    template: "reportReady",
    customerName: "Aceites Olivar",
    subscriptionName: "Almazara norte",
    reportKind: "cpod",
    agreementNumber: "A-2026-17",
    period: { from: "2026-10-01T00:00:00.000Z", to: "2026-11-01T00:00:00.000Z" },
    version: 2,
    isCorrection: true,
    deliveryId: "d-1",
    expiresAt: "2026-11-27T10:00:00.000Z",
    timeZone: "Europe/Madrid",
  },
  reportRunFailed: {
    template: "reportRunFailed",
    customerName: "Aceites Olivar",
    subscriptionName: "Almazara norte",
    period: { from: "2026-10-01T00:00:00.000Z", to: "2026-11-01T00:00:00.000Z" },
    reason: "FiguresDiffer",
  },
  subscriptionPaused: {
    template: "subscriptionPaused",
    customerName: "Aceites Olivar",
    subscriptionName: "Almazara norte",
    reason: "OwnerLostAccess",
  },
};

export function someMessage(facts: Partial<MessageFacts> = {}, now = START): QueuedMessage {
  return newMessage(
    {
      id: "message~inv-1",
      customerId: CUSTOMER_ID,
      to: { email: "luz@cust-t.example", name: "Luz" },
      language: "es",
      content: contents.invitation,
      ...facts,
    },
    now,
  );
}

export const later = (instant: string, milliseconds: number): string =>
  new Date(Date.parse(instant) + milliseconds).toISOString();
