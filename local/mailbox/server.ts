import { createServer, type IncomingMessage } from "node:http";
import PostalMime, { type Attachment } from "postal-mime";
import type { FaultSource } from "../faults.ts";
import { type Answer, closeServer, faultyListener, listenOnLoopback } from "../http-faults.ts";
import { type KeptMail, keepMail } from "./kept-mail.ts";
import { headers, htmlOfMail, listPage, mailPage, type OpenedMail, STYLE } from "./pages.ts";
import { startSmtp } from "./smtp.ts";

export type RunningMailbox = {
  /** Where the app sends its mail. */
  readonly smtpUrl: string;
  readonly smtpPort: number;
  /** Where people and tests read it. */
  readonly url: string;
  readonly port: number;
  readonly close: () => Promise<void>;
};

/**
 * Stands in for whoever carries mail, and for everybody's mailbox, on loopback only.
 * Invariant: no mail leaves it.
 */
export async function startMailbox(options: {
  readonly smtpPort: number;
  readonly port: number;
  /** Keeps the mails over a restart. */
  readonly dataFile?: string | undefined;
  /** Of the mails that come in; the pages have none. */
  readonly faults?: FaultSource | undefined;
}): Promise<RunningMailbox> {
  await using starting = new AsyncDisposableStack();
  const mails = starting.adopt(keepMail(options.dataFile), (kept) => kept.close());
  const faults = options.faults ?? (() => undefined);
  const smtp = starting.adopt(await startSmtp({ port: options.smtpPort, mails, faults }), (each) =>
    each.close(),
  );
  const server = createServer(
    faultyListener({ faults: () => undefined, answer: (request) => answer(request, mails) }),
  );
  const port = await listenOnLoopback(server, options.port);
  starting.defer(() => closeServer(server));
  const running = starting.move();
  return {
    smtpUrl: `smtp://127.0.0.1:${smtp.port}`,
    smtpPort: smtp.port,
    url: `http://127.0.0.1:${port}`,
    port,
    close: () => running.disposeAsync(),
  };
}

async function answer(request: IncomingMessage, mails: KeptMail): Promise<Answer> {
  request.resume();
  if (!isLoopbackName(request.headers.host)) return plain(421, "This is not its name.");
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const to = searchParams.get("to")?.trim() || undefined;
  switch (`${request.method} ${pathname}`) {
    case "GET /":
      return listPage(mails.list(to), to);
    case "GET /style.css":
      return { status: 200, headers: headers("text/css"), body: STYLE };
    case "GET /messages":
      return json({ value: mails.list(to) });
    case "DELETE /messages":
      mails.empty();
      return { status: 204, headers: headers("text/plain"), body: "" };
    case "POST /empty":
      if (!isFromOwnPage(request)) return plain(403, "Only the mailbox's own page empties it.");
      mails.empty();
      return { status: 303, headers: { ...headers("text/plain"), location: "/" }, body: "" };
    default:
      return request.method === "GET"
        ? answerOfOne(pathname, mails)
        : plain(405, "There is no such method here.");
  }
}

const OF_ONE = /^\/(?<place>mails|messages)\/(?<id>\d{1,15})(?<part>\/html|\/source)?$/;

async function answerOfOne(pathname: string, mails: KeptMail): Promise<Answer> {
  const { place, id, part = "" } = OF_ONE.exec(pathname)?.groups ?? {};
  const mail = id === undefined ? undefined : await openMail(mails, Number(id));
  if (mail === undefined) return plain(404, "There is no such mail.");
  switch (`${place}${part}`) {
    case "mails":
      return mailPage(mail);
    case "messages":
      return json(mail);
    case "messages/html":
      return htmlOfMail(mail.html ?? "");
    case "messages/source":
      return plain(200, Buffer.from(mails.source(mail.id) ?? []).toString("utf8"));
    default:
      return plain(404, "There is no such mail.");
  }
}

async function openMail(mails: KeptMail, id: number): Promise<OpenedMail | undefined> {
  const summary = mails.find(id);
  const source = mails.source(id);
  if (summary === undefined || source === undefined) return undefined;
  const { messageId, text, html, attachments } = await PostalMime.parse(source);
  return { ...summary, messageId, text, html, attachments: attachments.map(attachmentOf) };
}

const attachmentOf = ({ filename, mimeType, content }: Attachment) => ({
  name: filename ?? "",
  contentType: mimeType,
  text: typeof content === "string" ? content : new TextDecoder().decode(content),
});

/** A name that only pretends to be this machine (DNS rebinding) is not one of these. */
function isLoopbackName(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? "");
}

/** What is no browser says nothing; a browser says where a form was. */
function isFromOwnPage({ headers: { "sec-fetch-site": site } }: IncomingMessage): boolean {
  return site === undefined || site === "same-origin";
}

function json(body: unknown): Answer {
  return { status: 200, headers: headers("application/json"), body: JSON.stringify(body) };
}

function plain(status: number, body: string): Answer {
  return { status, headers: headers("text/plain"), body };
}
