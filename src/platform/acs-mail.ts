/**
 * Mail by Azure Communication Services. Invariants: what the service has accepted is sent, whatever becomes of asking how
 * it goes on; the same attempt is the same operation, so that asking twice sends once; what is thrown names no address.
 */
import { createHash } from "node:crypto";
import type { EmailClient, EmailMessage } from "@azure/communication-email";
import type { TokenCredential } from "@azure/identity";
import * as z from "zod";
import {
  isThisMachine,
  MAIL_RETRIES_MAX,
  type Mail,
  type MailAttachment,
  type MailResult,
  type MailSender,
  mailIdOf,
} from "./mail.ts";

/** For all requests of one attempt, the pauses between them included. */
const SEND_TIMEOUT_MS = 30_000;
const RETRY_PAUSE_MS = 200;
const RETRY_PAUSE_MAX_MS = 2_000;

export type AcsConnection =
  | { readonly connectionString: string }
  | { readonly endpoint: string; readonly credential: TokenCredential };

/** @param from address of the sender, of a domain that is linked to the service. */
export function acsMail(connection: AcsConnection, from: string): MailSender {
  let client: Promise<EmailClient> | undefined;
  return {
    send: async (mail) => {
      // Loaded when the first mail is sent: most instances of the app never send one.
      client ??= openClient(connection);
      return sendBy(await client, messageOf(mail, from), operationIdOf(mail));
    },
  };
}

async function openClient(connection: AcsConnection): Promise<EmailClient> {
  const { EmailClient } = await import("@azure/communication-email");
  const endpoint = "endpoint" in connection ? connection.endpoint : endpointIn(connection.connectionString);
  const options = {
    allowInsecureConnection: URL.canParse(endpoint) && isThisMachine(new URL(endpoint).hostname),
    retryOptions: {
      maxRetries: MAIL_RETRIES_MAX,
      retryDelayInMs: RETRY_PAUSE_MS,
      maxRetryDelayInMs: RETRY_PAUSE_MAX_MS,
    },
  };
  return "endpoint" in connection
    ? new EmailClient(endpoint, connection.credential, options)
    : new EmailClient(connection.connectionString, options);
}

const endpointIn = (connectionString: string): string =>
  /(?:^|;)endpoint=([^;]+)/i.exec(connectionString)?.[1] ?? "";

function messageOf({ key, to, subject, text, html, attachments = [] }: Mail, from: string): EmailMessage {
  return {
    senderAddress: from,
    recipients: { to: [{ address: to.email, ...(to.name === undefined ? {} : { displayName: to.name }) }] },
    content: { subject, plainText: text, html },
    ...(attachments.length === 0 ? {} : { attachments: attachments.map(inBase64) }),
    headers: { "Message-ID": mailIdOf(key, from), "Auto-Submitted": "auto-generated" },
    disableUserEngagementTracking: true,
  };
}

const inBase64 = ({ name, contentType, content }: MailAttachment) => ({
  name,
  contentType,
  contentInBase64: Buffer.from(content).toString("base64"),
});

const UUID_FORM = /^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/;

/** Another one after an attempt that failed: the service may answer the same operation with the same failure. */
function operationIdOf({ key, attempt }: Mail): string {
  const digest = createHash("sha256").update(`${key} ${attempt}`).digest("hex");
  return digest.replace(UUID_FORM, "$1-$2-8$3-8$4-$5");
}

const operationSchema = z.object({
  status: z.enum(["NotStarted", "Running", "Succeeded", "Failed", "Canceled"]),
  error: z.object({ code: z.string().optional() }).optional(),
});

/** What the service has said so far about one operation. */
type Account = { accepted: boolean; failedWith: string | undefined };

async function sendBy(client: EmailClient, message: EmailMessage, operationId: string): Promise<MailResult> {
  const account: Account = { accepted: false, failedWith: undefined };
  try {
    await client.beginSend(message, {
      operationId,
      abortSignal: AbortSignal.timeout(SEND_TIMEOUT_MS),
      onResponse: ({ status, request, parsedBody }) => {
        if (request.method === "POST" && status >= 200 && status < 300) account.accepted = true;
        const operation = operationSchema.safeParse(parsedBody);
        if (operation.success && ["Failed", "Canceled"].includes(operation.data.status))
          account.failedWith = operation.data.error?.code ?? operation.data.status;
      },
    });
  } catch (error) {
    if (!account.accepted) return refusalOf(codeOf(error));
  }
  return account.failedWith === undefined ? { outcome: "sent" } : refusalOf(account.failedWith);
}

/** @throws Error when the code is not about the address. */
function refusalOf(code: string): MailResult {
  const reason = `the mail service did not take the mail (${code})`;
  if (/recipient|suppress/i.test(code)) return { outcome: "refused", reason };
  throw new Error(reason);
}

const errorSchema = z.object({
  name: z.string().catch("Error"),
  code: z.string().optional().catch(undefined),
  statusCode: z.number().optional().catch(undefined),
});

function codeOf(thrown: unknown): string {
  const { name, code, statusCode } = errorSchema
    .catch({ name: "Error", code: undefined, statusCode: undefined })
    .parse(thrown);
  return [statusCode, code ?? name].filter((each) => each !== undefined).join(" ");
}
