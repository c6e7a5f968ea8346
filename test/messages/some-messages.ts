import { customerIdSchema } from "../../src/agreements/ids.ts";
import {
  type Content,
  type MessageFacts,
  newMessage,
  type QueuedMessage,
} from "../../src/messages/message.ts";
import type { Language } from "../../src/messages/texts.ts";

export const START = "2026-11-20T10:00:00.000Z";
export const CUSTOMER_ID = customerIdSchema.parse("cust-t");
export const LANGUAGES: readonly Language[] = ["en", "es", "pl", "it"];

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
