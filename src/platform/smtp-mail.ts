/**
 * Mail by SMTP. Invariants: a password goes over the network only encrypted; what is thrown names codes and no address,
 * since a server repeats the address in what it answers; only what never reached the server is tried again here.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Transporter } from "nodemailer";
import * as z from "zod";
import {
  isThisMachine,
  MAIL_RETRIES_MAX,
  type MailResult,
  type MailSender,
  mailIdOf,
  SENDER_NAME,
} from "./mail.ts";

const CONNECT_TIMEOUT_MS = 5_000;
/** Without a word from the server. */
const SILENCE_TIMEOUT_MS = 10_000;
const RETRY_PAUSE_MS = 200;

const SMTP_PORT = 587;
const SMTPS_PORT = 465;

/** @param from address of the sender. */
export function smtpMail({ url, from }: { readonly url: URL; readonly from: string }): MailSender {
  let transport: Promise<Transporter> | undefined;
  return {
    send: async (mail) => {
      // Loaded when the first mail is sent: most instances of the app never send one.
      transport ??= openTransport(url);
      const message = {
        from: { name: SENDER_NAME, address: from },
        to: { name: mail.to.name ?? "", address: mail.to.email },
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        attachments: (mail.attachments ?? []).map(({ name, contentType, content }) => ({
          filename: name,
          contentType,
          content: Buffer.from(content),
          // Byte by byte: whatever is text would otherwise have its lines broken anew.
          contentTransferEncoding: "base64" as const,
        })),
        messageId: mailIdOf(mail.key, from),
        // RFC 3834: answering machines leave it alone.
        headers: { "Auto-Submitted": "auto-generated" },
      };
      const transporter = await transport;
      return withRetries(() => transporter.sendMail(message));
    },
  };
}

async function openTransport(url: URL): Promise<Transporter> {
  const { createTransport } = await import("nodemailer");
  const secure = url.protocol === "smtps:";
  const auth =
    url.username === ""
      ? undefined
      : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  return createTransport({
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (secure ? SMTPS_PORT : SMTP_PORT) : Number(url.port),
    secure,
    requireTLS: auth !== undefined && !isThisMachine(url.hostname),
    ...(auth && { auth }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    dnsTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

async function withRetries(send: () => Promise<unknown>): Promise<MailResult> {
  for (let retry = 0; ; retry += 1) {
    try {
      await send();
      return { outcome: "sent" };
    } catch (error) {
      const failure = failureOf(error);
      if (isRefusedAddress(failure)) return { outcome: "refused", reason: failureText(failure) };
      if (failure.command !== "CONN" || retry >= MAIL_RETRIES_MAX) throw new Error(failureText(failure));
      await delay(RETRY_PAUSE_MS * 2 ** retry);
    }
  }
}

const failureSchema = z.object({
  code: z.string().optional().catch(undefined),
  command: z.string().optional().catch(undefined),
  responseCode: z.number().optional().catch(undefined),
  response: z.string().optional().catch(undefined),
});
type Failure = {
  readonly code: string | undefined;
  readonly command: string | undefined;
  readonly responseCode: number | undefined;
  /** RFC 3463, such as 5.1.1. */
  readonly enhancedCode: string | undefined;
};

function failureOf(error: unknown): Failure {
  const { code, command, responseCode, response } = failureSchema.catch({}).parse(error);
  return {
    code,
    command,
    responseCode,
    enhancedCode: /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response ?? "")?.[1],
  };
}

/** No such mailbox, mailbox elsewhere, no such name. */
const ADDRESS_REPLIES = new Set([550, 551, 553]);

/** A server that refuses for its own reasons, such as what it relays, does not speak of the address. */
function isRefusedAddress({ command, responseCode, enhancedCode }: Failure): boolean {
  if (command !== "RCPT TO" || responseCode === undefined || responseCode < 500) return false;
  if (enhancedCode !== undefined) return /^5\.(1\.|2\.1$)/.test(enhancedCode);
  return ADDRESS_REPLIES.has(responseCode);
}

function failureText({ code, command, responseCode, enhancedCode }: Failure): string {
  const codes = [responseCode, enhancedCode, code].filter((each) => each !== undefined).join(" ");
  return `the mail server did not take the mail${command === undefined ? "" : ` at ${command}`} (${codes})`;
}
