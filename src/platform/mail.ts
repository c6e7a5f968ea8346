/** E-mail, whoever carries it: SMTP or Azure Communication Services, one file each beside this one. */
import { isIP } from "node:net";

export type MailAttachment = {
  readonly name: string;
  /** With its parameters. */
  readonly contentType: string;
  readonly content: string;
};

export type Mail = {
  /** A UUID, the same whenever this mail is sent again: mail clients know it again by the Message-ID made of it. */
  readonly key: string;
  /** Failed attempts before this one: what a carrier gave up is not the same as what it is asked to carry now. */
  readonly attempt: number;
  readonly to: { readonly email: string; readonly name?: string | undefined };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments?: readonly MailAttachment[] | undefined;
};

export type MailResult =
  | { readonly outcome: "sent" }
  /** The address does not exist or takes nothing: trying again is of no use. The reason does not name the address. */
  | { readonly outcome: "refused"; readonly reason: string };

export type MailSender = {
  /** @throws what may succeed later. A mail of which the answer was lost may have been sent. */
  readonly send: (mail: Mail) => Promise<MailResult>;
};

/** How often a carrier is asked again within one `send`; the rest is left to the queue. */
export const MAIL_RETRIES_MAX = 2;

/** Name of the sender, beside the address. */
export const SENDER_NAME = "Customer Activity";

/** `<key@domain of the sender>`, the form of RFC 5322. */
export function mailIdOf(key: string, from: string): string {
  return `<${key}@${from.slice(from.lastIndexOf("@") + 1)}>`;
}

/** Where nothing has to be encrypted. @param host as in a URL. */
export function isThisMachine(host: string): boolean {
  return host === "localhost" || host === "[::1]" || (isIP(host) === 4 && host.startsWith("127."));
}
