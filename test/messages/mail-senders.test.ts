import { createServer, type IncomingMessage } from "node:http";
import PostalMime from "postal-mime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { parseFaults } from "../../local/faults.ts";
import {
  closeServer,
  faultyListener,
  type Answer as HttpAnswer,
  listenOnLoopback,
} from "../../local/http-faults.ts";
import { type RunningMailbox, startMailbox } from "../../local/mailbox/server.ts";
import { acsMail } from "../../src/platform/acs-mail.ts";
import type { Mail, MailSender } from "../../src/platform/mail.ts";
import { smtpMail } from "../../src/platform/smtp-mail.ts";
import { type ScriptedSmtp, startScriptedSmtp } from "./scripted-smtp.ts";

const FROM = "no-reply@provider.example";
const KEY = "9f0bd9de-7b93-8f28-8f87-19fc36ad61bd";
const mail: Mail = {
  key: KEY,
  attempt: 0,
  to: { email: "luz@cust-t.example", name: 'Luz ñ "x"\r\nBcc: all@example.org' },
  subject: "Zażółć gęślą jaźń",
  text: "Hola\n\nhttps://client.example/a?b=c&d=e\n",
  html: '<!doctype html>\n<p lang="es">¡Hola!</p>\n',
};
const INVITATION = {
  name: "appointment-SR-7K2M.ics",
  contentType: "text/calendar; charset=utf-8; method=REQUEST",
  content: "BEGIN:VCALENDAR\r\nSUMMARY:Zażółć gęślą jaźń\r\nEND:VCALENDAR\r\n",
};
const ADDRESS = /luz|cust-t/;

const listSchema = z.object({ value: z.array(z.object({ id: z.number(), to: z.array(z.string()) })) });
const openedSchema = z.object({
  messageId: z.string(),
  subject: z.string(),
  text: z.string(),
  html: z.string(),
});

async function thrownBy(sending: Promise<unknown>): Promise<Error> {
  const error = await sending.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error) return error;
  throw new Error("it was sent");
}

describe("mail by SMTP", () => {
  let mailbox: RunningMailbox;
  beforeEach(async () => {
    mailbox = await startMailbox({ smtpPort: 0, port: 0 });
  });
  afterEach(() => mailbox.close());

  const sender = (url = mailbox.smtpUrl): MailSender => smtpMail({ url: new URL(url), from: FROM });
  const received = async () => {
    const list = listSchema.parse(await (await fetch(`${mailbox.url}/messages`)).json()).value;
    return Promise.all(
      list.map(async ({ id, to }) => {
        const opened = openedSchema.parse(await (await fetch(`${mailbox.url}/messages/${id}`)).json());
        const source = await (await fetch(`${mailbox.url}/messages/${id}/source`)).text();
        return { ...opened, to, source };
      }),
    );
  };

  it("arrives as it was written, at one address, with the Message-ID of its key", async () => {
    expect(await sender().send(mail)).toEqual({ outcome: "sent" });
    const [only, ...others] = await received();
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      to: ["luz@cust-t.example"],
      messageId: `<${KEY}@provider.example>`,
      subject: mail.subject,
      text: expect.stringContaining(mail.text),
      html: expect.stringContaining(mail.html),
    });
    expect(only?.source).toContain("multipart/alternative");
    expect(only?.source).toContain("Auto-Submitted: auto-generated");
    expect(only?.source).not.toMatch(/^bcc:/im);
  });

  it("brings its attachments, with their types and names, as they were", async () => {
    await sender().send({ ...mail, attachments: [INVITATION] });
    const [only] = await received();
    const { attachments } = await PostalMime.parse(only?.source ?? "");
    expect(attachments).toMatchObject([
      { filename: INVITATION.name, mimeType: "text/calendar", disposition: "attachment", method: "REQUEST" },
    ]);
    // The parser breaks lines its own way; the source has the bytes.
    const inBase64 = Buffer.from(INVITATION.content).toString("base64");
    expect(only?.source.replaceAll(/\s/g, "")).toContain(inBase64);
  });

  it("that is sent again has the same Message-ID", async () => {
    const again = sender();
    await again.send(mail);
    await again.send({ ...mail, attempt: 1 });
    expect(new Set((await received()).map(({ messageId }) => messageId)).size).toBe(1);
  });

  it("gives the user and password of its URL", async () => {
    const url = mailbox.smtpUrl.replace("smtp://", "smtp://us%40er:p%3Aw@");
    expect(await sender(url).send(mail)).toEqual({ outcome: "sent" });
  });

  it("throws for a server that is not there, soon, and names no address", async () => {
    const { smtpUrl } = mailbox;
    await mailbox.close();
    const startedAt = performance.now();
    const error = await thrownBy(sender(smtpUrl).send(mail));
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(error.message).toMatch(/did not take the mail.*(ECONNREFUSED|ESOCKET)/);
    expect(error.cause).toBeUndefined();
    mailbox = await startMailbox({ smtpPort: 0, port: 0 });
  });

  it("throws for what a server says may be tried later", async () => {
    await mailbox.close();
    mailbox = await startMailbox({ smtpPort: 0, port: 0, faults: parseFaults("503=1") });
    const error = await thrownBy(sender().send(mail));
    expect(error.message).toContain("451");
    expect(await received()).toEqual([]);
  });
});

describe("an address that a mail server answers", () => {
  let server: ScriptedSmtp;
  afterEach(() => server.close());

  it.each([
    ["550 5.1.1 <luz@cust-t.example>: no such user", "refused"],
    ["550 no such user luz", "refused"],
    ["553 5.1.3 bad address luz", "refused"],
    ["550 5.2.1 mailbox of luz disabled", "refused"],
    ["550 5.7.1 luz: relaying denied", "thrown"],
    ["554 5.7.1 luz: blocked by policy", "thrown"],
    ["452 4.2.2 luz: over quota", "thrown"],
    ["450 4.2.0 luz: greylisted", "thrown"],
  ])("with %s is %s, without being named", async (reply, expected) => {
    server = await startScriptedSmtp({ "RCPT TO": reply });
    const sending = smtpMail({ url: new URL(server.url), from: FROM }).send(mail);
    if (expected === "refused") {
      const result = await sending;
      expect(result).toEqual({ outcome: "refused", reason: expect.stringContaining(reply.slice(0, 3)) });
      expect(JSON.stringify(result)).not.toMatch(ADDRESS);
    } else {
      const error = await thrownBy(sending);
      expect(error.message).toContain(reply.slice(0, 3));
      expect(error.message).not.toMatch(ADDRESS);
    }
    expect(server.connections()).toBe(1);
  });

  it.each(["MAIL FROM", "DATA"])(
    "stays open when the server refuses %s, which is not about it",
    async (command) => {
      server = await startScriptedSmtp({ [command]: "550 5.1.8 not from you" });
      await thrownBy(smtpMail({ url: new URL(server.url), from: FROM }).send(mail));
      expect(server.connections()).toBe(1);
    },
  );

  it("is asked for again at most twice by one that hangs up at once", async () => {
    server = await startScriptedSmtp({ connect: "421 busy" });
    const error = await thrownBy(smtpMail({ url: new URL(server.url), from: FROM }).send(mail));
    expect(error.message).toContain("421");
    expect(server.connections()).toBe(3);
  });

  it("is told no password over a connection that is not encrypted, but on this machine", async () => {
    server = await startScriptedSmtp({});
    const withPassword = server.url.replace("smtp://", "smtp://user:secret@");
    // The same machine, by a name that does not say so.
    const elsewhere = withPassword.replace("127.0.0.1", "[::ffff:127.0.0.1]");
    await thrownBy(smtpMail({ url: new URL(elsewhere), from: FROM }).send(mail));
    expect(server.received()[0]).toMatch(/^EHLO/);
    expect(server.received().filter((line) => line.startsWith("AUTH"))).toEqual([]);
    await smtpMail({ url: new URL(withPassword), from: FROM }).send(mail);
    expect(server.received().filter((line) => line.startsWith("AUTH"))).toHaveLength(1);
  });
});

const OPERATION = "/emails/operations/op-1";

describe("mail by Azure Communication Services", () => {
  type Request = {
    readonly method: string;
    readonly headers: IncomingMessage["headers"];
    readonly body: string;
  };
  type Answer = readonly [status: number, body: unknown];
  const requests: Request[] = [];
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    requests.splice(0);
    await Promise.all(running.splice(0).map((close) => close()));
  });

  /** A small endpoint that answers each request with the next of `answers`, and then always with the last. */
  async function senderWith(...answers: readonly Answer[]): Promise<MailSender> {
    let origin = "";
    const answer = async (request: IncomingMessage): Promise<HttpAnswer> => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      const [status, body] = answers[Math.min(requests.length, answers.length - 1)] ?? [500, {}];
      requests.push({
        method: request.method ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      const headers = {
        "content-type": "application/json",
        ...(status === 202 && { "operation-location": `${origin}${OPERATION}?api-version=2025-09-01` }),
        ...(status === 429 && { "retry-after-ms": "1" }),
      };
      return { status, headers, body: JSON.stringify(body) };
    };
    const server = createServer(faultyListener({ faults: () => undefined, answer }));
    origin = `http://127.0.0.1:${await listenOnLoopback(server, 0)}`;
    running.push(() => closeServer(server));
    const accesskey = Buffer.from("a key").toString("base64");
    return acsMail({ connectionString: `endpoint=${origin}/;accesskey=${accesskey}` }, FROM);
  }

  const accepted = [202, { id: "op-1", status: "Running" }] as const;
  const goesOn = [200, { id: "op-1", status: "Running" }] as const;
  const failedWith = (code: string) =>
    [200, { id: "op-1", status: "Failed", error: { code, message: "luz@cust-t.example" } }] as const;
  const posts = (): readonly Request[] => requests.filter(({ method }) => method === "POST");
  const operationIds = () => posts().map(({ headers }) => headers["operation-id"]);

  it("is sent when the service has accepted it, with the Message-ID of its key", async () => {
    expect(await (await senderWith(accepted, goesOn)).send(mail)).toEqual({ outcome: "sent" });
    const [post] = posts();
    expect(JSON.parse(post?.body ?? "")).toEqual({
      senderAddress: FROM,
      recipients: { to: [{ address: "luz@cust-t.example", displayName: mail.to.name }] },
      content: { subject: mail.subject, plainText: mail.text, html: mail.html },
      headers: { "Message-ID": `<${KEY}@provider.example>`, "Auto-Submitted": "auto-generated" },
      userEngagementTrackingDisabled: true,
    });
    expect(post?.headers.authorization).toMatch(/^HMAC-SHA256 /);
  });

  it("brings its attachments, byte by byte", async () => {
    await (await senderWith(accepted, goesOn)).send({ ...mail, attachments: [INVITATION] });
    const { name, contentType, content } = INVITATION;
    const contentInBase64 = Buffer.from(content).toString("base64");
    const { attachments } = z.object({ attachments: z.unknown() }).parse(JSON.parse(posts()[0]?.body ?? ""));
    expect(attachments).toEqual([{ name, contentType, contentInBase64 }]);
  });

  it("is sent when nothing more is heard after it was accepted", async () => {
    expect(await (await senderWith(accepted, [500, {}])).send(mail)).toEqual({ outcome: "sent" });
    expect(posts()).toHaveLength(1);
  });

  it("is one operation however often an attempt is repeated, and another one for each attempt", async () => {
    const sender = await senderWith([503, {}], accepted, goesOn, accepted, goesOn);
    await sender.send(mail);
    await sender.send({ ...mail, attempt: 1 });
    const [first, repeated, next] = operationIds();
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(repeated).toBe(first);
    expect(next).not.toBe(first);
    const other = await senderWith(accepted, goesOn);
    await other.send(mail);
    expect(operationIds().at(-1)).toBe(first);
  });

  it.each<{ readonly answers: readonly Answer[] }>([
    { answers: [[400, { error: { code: "InvalidRecipients", message: "luz@cust-t.example" } }]] },
    { answers: [accepted, failedWith("EmailDroppedAllRecipientsSuppressed")] },
  ])("is refused for an address that takes nothing, without naming it: $answers", async ({ answers }) => {
    const result = await (await senderWith(...answers)).send(mail);
    expect(result.outcome).toBe("refused");
    expect(JSON.stringify(result)).not.toMatch(ADDRESS);
  });

  it.each([401, 403, 404, 429, 500, 503])(
    "is for another attempt when the service answers %i",
    async (status) => {
      const sender = await senderWith([
        status,
        { error: { code: "Trouble", message: "luz@cust-t.example" } },
      ]);
      const error = await thrownBy(sender.send(mail));
      expect(error.message).toContain(String(status));
      expect(error.message).not.toMatch(ADDRESS);
      expect(posts().length).toBeLessThanOrEqual(3);
    },
  );

  it("is for another attempt when the service took it and gave it up", async () => {
    const error = await thrownBy((await senderWith(accepted, failedWith("InternalError"))).send(mail));
    expect(error.message).toContain("InternalError");
    expect(error.message).not.toMatch(ADDRESS);
  });
});
