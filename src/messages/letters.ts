/**
 * What each template says, as a list of texts and what fills them: the same for every language. A template is added by its
 * content in `message.ts`, a letter here, and its texts; without any of the three nothing compiles.
 */
import type { CustomerId } from "../agreements/ids.ts";
import { supportRequestAppointment } from "./appointment-letter.ts";
import { within } from "./link.ts";
import type { Content, Message } from "./message.ts";
import { reportReady, reportRunFailed, subscriptionPaused } from "./report-letters.ts";
import {
  supportRequestContact,
  supportRequestPrimaryContact,
  supportRequestSent,
  supportRequestShared,
  supportRequestStatus,
  supportRequestTargetMissed,
} from "./request-letters.ts";
import type { TextKey } from "./texts.ts";

/** Where links in messages lead. */
export type Links = {
  /** Base address of the client that people use; undefined: messages say in words what to do. */
  readonly webClientUrl: URL | undefined;
  /**
   * The recipient's own link to a report, made whenever the message is worded: the outbox has none. Undefined where it is not
   * known under which address the service answers.
   */
  readonly reportDelivery: (customerId: CustomerId, deliveryId: string, expiresAt: Date) => URL | undefined;
};

/** A text and its arguments. A boolean chooses between two wordings. */
export type Line = {
  readonly key: TextKey;
  readonly values?: Readonly<Record<string, string | number | boolean | Date>>;
};

export type Letter = {
  readonly subject: Line;
  readonly paragraphs: readonly Line[];
  readonly action?: { readonly label: Line; readonly url: URL } | undefined;
  /** In which its instants are told; absent: there are none. */
  readonly timeZone?: string;
  /** What an event in a calendar says, where the message is about one. */
  readonly event?: { readonly summary: Line; readonly description: readonly Line[] };
};

type ContentOf<Template extends Content["template"]> = Extract<Content, { readonly template: Template }>;

export function letterOf(
  { customerId, content }: Pick<Message, "customerId" | "content">,
  links: Links,
): Letter {
  switch (content.template) {
    case "invitation":
      return invitation(content, links);
    case "welcome":
      return welcome(content, links);
    case "allowanceUsed":
      return allowanceUsed(content, links);
    case "packageExpiring":
      return packageExpiring(content, links);
    case "grantExpiring":
      return grantExpiring(content, links);
    case "supportRequestShared":
      return supportRequestShared(content, links);
    case "supportRequestSent":
      return supportRequestSent(content);
    case "supportRequestContact":
      return supportRequestContact(content);
    case "supportRequestPrimaryContact":
      return supportRequestPrimaryContact(content, links);
    case "supportRequestStatus":
      return supportRequestStatus(content, links);
    case "supportRequestTargetMissed":
      return supportRequestTargetMissed(content, links);
    case "supportRequestAppointment":
      return supportRequestAppointment(content, links);
    case "reportReady":
      return reportReady(content, customerId, links);
    case "reportRunFailed":
      return reportRunFailed(content, links);
    case "subscriptionPaused":
      return subscriptionPaused(content, links);
  }
}

function invitation(content: ContentOf<"invitation">, { webClientUrl }: Links): Letter {
  const { invitationId, customerName, workspaceName, inviterName, expiresAt, timeZone } = content;
  const names = { customerName, workspaceName };
  const inviter = { hasInviter: inviterName !== null, inviterName: inviterName ?? "" };
  return {
    subject: { key: "invitationSubject", values: names },
    paragraphs: [
      { key: "invitationIntroduction", values: { ...names, ...inviter } },
      { key: "purpose" },
      { key: "invitationAccept", values: { hasLink: webClientUrl !== undefined } },
      { key: "invitationExpiry", values: { expiresAt: new Date(expiresAt) } },
    ],
    action: webClientUrl && {
      label: { key: "invitationAction" },
      url: within(webClientUrl, "invitations", invitationId),
    },
    timeZone,
  };
}

function welcome(content: ContentOf<"welcome">, { webClientUrl }: Links): Letter {
  const { customerName, workspaceName, agreementNumber, isSupportContact } = content;
  return {
    subject: { key: "welcomeSubject", values: { customerName } },
    paragraphs: [
      { key: "welcomeIntroduction", values: { customerName, workspaceName, agreementNumber } },
      ...(isSupportContact ? [{ key: "welcomeSupportContact" } as const] : []),
      { key: "purpose" },
      { key: "welcomeSignIn" },
    ],
    action: webClientUrl && { label: { key: "welcomeAction" }, url: webClientUrl },
  };
}

function allowanceUsed(content: ContentOf<"allowanceUsed">, { webClientUrl }: Links): Letter {
  const { customerName, agreementNumber, packageName, entitlementName, ...figures } = content;
  const { percent, consumed, purchased, unit } = figures;
  const left = purchased - consumed;
  return {
    subject: { key: "allowanceUsedSubject", values: { customerName, entitlementName, percent } },
    paragraphs: [
      {
        key: "allowanceUsedIntroduction",
        values: { customerName, agreementNumber, packageName, entitlementName },
      },
      { key: "allowanceUsedAmount", values: { consumed, purchased, unit, percent } },
      left > 0
        ? { key: "allowanceUsedRest", values: { amount: left, unit } }
        : { key: "allowanceUsedUp", values: { isOver: left < 0, amount: -left, unit } },
      { key: "purpose" },
    ],
    action: webClientUrl && { label: { key: "welcomeAction" }, url: webClientUrl },
  };
}

function packageExpiring(content: ContentOf<"packageExpiring">, { webClientUrl }: Links): Letter {
  const { customerName, agreementNumber, packageName, endDate, daysLeft } = content;
  return {
    subject: { key: "packageExpiringSubject", values: { customerName, packageName, daysLeft } },
    paragraphs: [
      {
        key: "packageExpiringIntroduction",
        values: {
          customerName,
          agreementNumber,
          packageName,
          daysLeft,
          endDate: midnightOf(endDate),
        },
      },
      { key: "packageExpiringMeaning" },
      { key: "purpose" },
    ],
    action: webClientUrl && { label: { key: "welcomeAction" }, url: webClientUrl },
  };
}

function grantExpiring(content: ContentOf<"grantExpiring">, { webClientUrl }: Links): Letter {
  const { customerName, agreementNumber, packageName, entitlementName, endDate, daysLeft } = content;
  const { unused: amount, unit } = content;
  return {
    subject: { key: "grantExpiringSubject", values: { customerName, entitlementName, daysLeft } },
    paragraphs: [
      {
        key: "grantExpiringIntroduction",
        values: {
          customerName,
          agreementNumber,
          packageName,
          entitlementName,
          daysLeft,
          endDate: midnightOf(endDate),
        },
      },
      { key: "grantExpiringUnused", values: { amount, unit } },
      { key: "purpose" },
    ],
    action: webClientUrl && { label: { key: "welcomeAction" }, url: webClientUrl },
  };
}

const midnightOf = (day: string): Date => new Date(`${day}T00:00:00Z`);
