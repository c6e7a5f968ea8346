import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { parseFaults } from "../../local/faults.ts";
import { type RunningMailbox, startMailbox } from "../../local/mailbox/server.ts";
import type { Mail } from "../../src/platform/mail.ts";
import { smtpMail } from "../../src/platform/smtp-mail.ts";

const listSchema = z.object({
  value: z.array(
    z.object({
      id: z.int(),
      receivedAt: z.iso.datetime(),
      from: z.string(),
      to: z.array(z.string()),
      subject: z.string(),
    }),
  ),
});

const running: RunningMailbox[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((mailbox) => mailbox.close()));
});

async function start(options: Partial<Parameters<typeof startMailbox>[0]> = {}): Promise<RunningMailbox> {
  const mailbox = await startMailbox({ smtpPort: 0, port: 0, ...options });
  running.push(mailbox);
  return mailbox;
}

function send(mailbox: RunningMailbox, mail: Partial<Mail> = {}) {
  const url = new URL(mailbox.smtpUrl);
  return smtpMail({ url, from: "no-reply@provider.example" }).send({
    key: "9f0bd9de-7b93-8f28-8f87-19fc36ad61bd",
    attempt: 0,
    to: { email: "ana@cust-a.example" },
    subject: "A subject",
    text: "A text",
    html: "<p>A text</p>",
    ...mail,
  });
}

async function list(mailbox: RunningMailbox, query = "") {
  const response = await fetch(`${mailbox.url}/messages${query}`);
  return listSchema.parse(await response.json()).value;
}

const get = (mailbox: RunningMailbox, path: string): Promise<Response> => fetch(`${mailbox.url}${path}`);

describe("the mailbox", () => {
  test("lists mails newest first, and those to one address alone where it is asked to", async () => {
    const mailbox = await start();
    await send(mailbox, { subject: "first" });
    await send(mailbox, { subject: "second", to: { email: "Luz@cust-b.example" } });
    await send(mailbox, { subject: "third" });
    expect((await list(mailbox)).map(({ subject }) => subject)).toEqual(["third", "second", "first"]);
    expect(await list(mailbox, "?to=LUZ@cust-b.example")).toEqual([
      expect.objectContaining({
        subject: "second",
        from: "no-reply@provider.example",
        to: ["luz@cust-b.example"],
      }),
    ]);
    expect(await list(mailbox, "?to=uz@cust-b.example")).toEqual([]);
    expect(await list(mailbox, "?to=%25")).toEqual([]);
  });

  test("gives one mail as JSON, as a page and as it came in", async () => {
    const mailbox = await start();
    await send(mailbox, { text: "See https://client.example/a?b=c&d=<e>" });
    const opened: unknown = await (await get(mailbox, "/messages/1")).json();
    expect(opened).toMatchObject({
      id: 1,
      messageId: "<9f0bd9de-7b93-8f28-8f87-19fc36ad61bd@provider.example>",
      text: expect.stringContaining("See https://client.example/a?b=c&d=<e>"),
      html: expect.stringContaining("<p>A text</p>"),
    });
    expect(await (await get(mailbox, "/messages/1/source")).text()).toMatch(/^Subject: A subject$/m);
    expect(await (await get(mailbox, "/")).text()).toContain('<a href="/mails/1">A subject</a>');
    expect(await (await get(mailbox, "/mails/1")).text()).toContain(
      'href="https://client.example/a?b=c&amp;d="',
    );
    for (const path of ["/messages/2", "/mails/2", "/messages/1/more", "/mails/1/html", "/more"])
      expect((await get(mailbox, path)).status, path).toBe(404);
  });

  test("shows what is attached to a mail, as text", async () => {
    const mailbox = await start();
    const contentType = "text/calendar; charset=utf-8; method=REQUEST";
    await send(mailbox, {
      attachments: [{ name: "a<b>.ics", contentType, content: "BEGIN:VCALENDAR <b>ł" }],
    });
    const opened: unknown = await (await get(mailbox, "/messages/1")).json();
    expect(opened).toMatchObject({
      attachments: [
        {
          name: "a<b>.ics",
          contentType: "text/calendar",
          text: expect.stringContaining("BEGIN:VCALENDAR <b>ł"),
        },
      ],
    });
    const page = await (await get(mailbox, "/mails/1")).text();
    expect(page).toContain("<pre>BEGIN:VCALENDAR &lt;b&gt;ł");
    expect(page).not.toContain("<b>");
  });

  test("runs nothing of a mail, and fetches nothing for it", async () => {
    const mailbox = await start();
    const evil = '<script>alert(1)</script><img src=x onerror="alert(1)">';
    await send(mailbox, { subject: evil, text: evil, html: evil });
    for (const path of ["/", "/mails/1", "/?to=%22%3E%3Cscript%3E"]) {
      const response = await get(mailbox, path);
      expect(await response.text()).not.toMatch(/<script|<img|<b>/);
      expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    }
    const html = await get(mailbox, "/messages/1/html");
    expect(await html.text()).toContain(evil);
    expect(html.headers.get("content-security-policy")).toMatch(/^sandbox; default-src 'none'/);
    expect(await (await get(mailbox, "/mails/1")).text()).toContain("<iframe sandbox src=");
    const source = await get(mailbox, "/messages/1/source");
    expect(source.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(source.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("is emptied on request, and by no page from elsewhere", async () => {
    const mailbox = await start();
    await send(mailbox);
    const elsewhere = { method: "POST", headers: { "sec-fetch-site": "cross-site" } };
    expect((await fetch(`${mailbox.url}/empty`, elsewhere)).status).toBe(403);
    expect(await list(mailbox)).toHaveLength(1);
    expect((await fetch(`${mailbox.url}/messages`, { method: "DELETE" })).status).toBe(204);
    expect(await list(mailbox)).toEqual([]);
    await send(mailbox);
    const form = await fetch(`${mailbox.url}/empty`, { method: "POST", redirect: "manual" });
    expect([form.status, form.headers.get("location")]).toEqual([303, "/"]);
    expect(await list(mailbox)).toEqual([]);
  });

  test("answers to no name but this machine's", async () => {
    const mailbox = await start();
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    request(`${mailbox.url}/messages`, { headers: { host: "mail.example" } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
    expect(await promise).toBe(421);
  });

  test("keeps the newest 500 mails, over a restart too", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mailbox-"));
    const dataFile = join(folder, "mailbox.sqlite");
    const first = await start({ dataFile });
    await send(first, { subject: "the oldest" });
    for (let batch = 0; batch < 25; batch += 1)
      await Promise.all(Array.from({ length: 20 }, () => send(first)));
    await first.close();
    running.splice(0);
    const second = await start({ dataFile });
    const kept = await list(second);
    expect(kept).toHaveLength(500);
    expect(kept.map(({ subject }) => subject)).not.toContain("the oldest");
    await second.close();
    running.splice(0);
    await rm(folder, { recursive: true });
  });

  test("refuses a mail of more than 10 MiB", async () => {
    const mailbox = await start();
    await expect(send(mailbox, { text: "a line\n".repeat(1_600_000) })).rejects.toThrow(/55\d/);
    expect(await list(mailbox)).toEqual([]);
  });

  test.each([
    ["429=1", "451", 0],
    ["503=1", "451", 0],
    ["refused=1", "421", 0],
    ["lost=1", "451", 1],
  ])("asked to fail by %s answers %s and keeps %i mails", async (faults, code, count) => {
    const mailbox = await start({ faults: parseFaults(faults) });
    await expect(send(mailbox)).rejects.toThrow(code);
    expect(await list(mailbox)).toHaveLength(count);
  });

  test("asked to be slow takes a mail all the same", async () => {
    const mailbox = await start({ faults: parseFaults("slow=1@50") });
    expect(await send(mailbox)).toEqual({ outcome: "sent" });
    expect(await list(mailbox)).toHaveLength(1);
  });

  test("ends at once, also with a connection open", async () => {
    const mailbox = await start();
    const socket = connect(mailbox.smtpPort, "127.0.0.1");
    const ended = new Promise((resolve) => socket.on("close", resolve));
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("data", resolve));
    const startedAt = performance.now();
    await mailbox.close();
    running.splice(0);
    await ended;
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
