/** Takes every mail from everybody on this machine, and sends none on. */
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { callbackify } from "node:util";
import PostalMime from "postal-mime";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import type { Fault, FaultSource } from "../faults.ts";
import type { KeptMail } from "./kept-mail.ts";

const MAIL_BYTES_MAX = 10 * 1024 * 1024;
/** Connections that are open at the end are cut after it. */
const CLOSE_TIMEOUT_MS = 50;

const TRY_LATER = 451;
const CLOSING = 421;
const REFUSED_FOR_GOOD = 554;

/** Answered with its code. */
class SmtpError extends Error {
  readonly responseCode: number;
  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}

export type RunningSmtp = { readonly port: number; readonly close: () => Promise<void> };

/**
 * A fault happens to a mail as a whole: it is not taken (451, or 421 for `refused`), or taken late, or taken and the
 * sender told that it was not (`lost`).
 */
export async function startSmtp(options: {
  readonly port: number;
  readonly mails: KeptMail;
  readonly faults: FaultSource;
}): Promise<RunningSmtp> {
  let index = 0;
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    // There is no certificate that a client could believe in.
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    size: MAIL_BYTES_MAX,
    closeTimeout: CLOSE_TIMEOUT_MS,
    onAuth: ({ username }, _session, callback) => callback(null, { user: username ?? "somebody" }),
    onData: (stream, session, callback) => {
      const fault = options.faults({ index: index++, operation: "MAIL" });
      takeMail(stream, session, options.mails, fault, callback);
    },
  });
  // A client that goes away in the middle is no fault of the server's.
  server.on("error", () => undefined);
  const { server: listener } = server;
  server.listen(options.port, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("The server has no TCP port");
  return { port: address.port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

const takeMail = callbackify(take);

async function take(
  stream: SMTPServerDataStream,
  { envelope }: SMTPServerSession,
  mails: KeptMail,
  fault: Fault | undefined,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  if (stream.sizeExceeded) throw new SmtpError(REFUSED_FOR_GOOD, "the mail is too large");
  if (fault?.kind === "status") throw new SmtpError(TRY_LATER, "a fault was asked for: try later");
  if (fault?.kind === "refused") throw new SmtpError(CLOSING, "a fault was asked for: closing");
  if (fault?.kind === "slow") await delay(fault.delayMs);
  const source = Buffer.concat(chunks);
  const { subject = "" } = await parsed(source);
  mails.add({
    receivedAt: new Date().toISOString(),
    from: envelope.mailFrom === false ? "" : envelope.mailFrom.address,
    to: envelope.rcptTo.map(({ address }) => address.toLowerCase()),
    subject,
    source,
  });
  if (fault?.kind === "lost") throw new SmtpError(TRY_LATER, "a fault was asked for: the mail was kept");
}

async function parsed(source: Uint8Array) {
  try {
    return await PostalMime.parse(source);
  } catch (error) {
    throw new SmtpError(REFUSED_FOR_GOOD, `the mail cannot be read: ${String(error)}`);
  }
}
