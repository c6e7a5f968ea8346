import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { ATTACHMENTS_MAX } from "../../src/support/attachment.ts";
import { ATTACHMENT_BYTES_MAX } from "../../src/support/file-content.ts";
import { CUSTOMER } from "../fakes/events.ts";
import { noise } from "../fakes/random.ts";
import { EICAR } from "../support/eicar-text.ts";
import { HOSTILE_NAMES } from "../support/hostile-names.ts";
import { zipOf } from "../support/zip-writer.ts";
import { done } from "./support/access-steps.ts";
import {
  attachmentClient,
  attachmentSchema,
  attachmentsPath,
  sha256Of,
} from "./support/attachment-client.ts";
import { readAll } from "./support/pages.ts";
import { PEOPLE, type SupportWorld, startSupportWorld } from "./support/support-world.ts";

let world: SupportWorld;
beforeAll(async () => {
  world = await startSupportWorld();
});
afterAll(() => world.api.stack.stop());

const LOG = Buffer.from("2026-03-02 error 0x80070020\n");
const logOf = (bytes: number): Uint8Array => Buffer.from(noise(bytes / 2).toString("hex"));

async function start() {
  const { requestId } = await world.open();
  return { requestId, client: attachmentClient(world.api, PEOPLE.contact, requestId) };
}
const announce = (requestId: string, json: unknown, headers = {}) =>
  world.api.ask(PEOPLE.contact, { method: "POST", path: attachmentsPath(requestId), json, headers });
const attachmentsOf = async (requestId: string): Promise<number> =>
  (await done(world.api, PEOPLE.contact, { path: `supportRequests/${encodeURIComponent(requestId)}` })).read(
    z.looseObject({ attachments: z.int() }),
  ).attachments;

describe("an attachment", () => {
  test("is uploaded by its link, looked into, and comes back byte for byte as a download", async () => {
    const { requestId, client } = await start();
    const content = logOf(9_000_000);
    const attached = await client.attach("backup.log", content);
    expect(attached).toMatchObject({
      state: "clean",
      scan: "notConfigured",
      refusal: null,
      size: content.byteLength,
      mediaType: "text/plain; charset=utf-8",
      sha256: sha256Of(content),
      createdBy: { email: PEOPLE.contact.email },
    });
    const { status, headers, content: back } = await client.download(attached.attachmentId);
    expect(status).toBe(200);
    expect(Buffer.compare(back, content)).toBe(0);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-disposition": `attachment; filename="backup.log"; filename*=UTF-8''backup.log`,
      "content-type": "text/plain; charset=utf-8",
      "content-length": String(content.byteLength),
      "repr-digest": `sha-256=:${Buffer.from(sha256Of(content), "hex").toString("base64")}:`,
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
      "cache-control": "private, no-store",
    });
    expect(await attachmentsOf(requestId)).toBe(1);
  });

  test("that is small is sent by one request, and sent again changes nothing", async () => {
    const { client } = await start();
    const attached = await client.attachSmall("backup.log", LOG);
    expect(attached).toMatchObject({ state: "clean", sha256: sha256Of(LOG) });
    expect((await client.putContent(attached.attachmentId, LOG)).status).toBe(202);
    const other = await client.putContent(attached.attachmentId, Buffer.from(LOG).fill("x"));
    expect([other.status, other.text]).toEqual([409, expect.stringContaining("UploadIsOver")]);
    expect((await client.download(attached.attachmentId)).content).toEqual(new Uint8Array(LOG));
  });

  test("that is sent twice at once is found clean", async () => {
    const { client } = await start();
    const { attachmentId } = await client.announce("backup.log", LOG);
    const answers = await Promise.all([1, 2, 3].map(() => client.putContent(attachmentId, LOG)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(await client.decided(attachmentId)).toMatchObject({ state: "clean", sha256: sha256Of(LOG) });
  });

  test("that is sent again while it is on its way, and while it is looked into, is found clean", async () => {
    const { client } = await start();
    const large = logOf(3_000_000);
    for (const waitMs of [10, 30, 60, 90]) {
      const { attachmentId } = await client.announce("backup.log", large);
      const first = client.putContent(attachmentId, large);
      await setTimeout(waitMs);
      const answers = await Promise.all([first, client.putContent(attachmentId, large)]);
      expect(answers.map(({ status }) => status)).toEqual([202, 202]);
      expect(await client.decided(attachmentId)).toMatchObject({ state: "clean", sha256: sha256Of(large) });
    }
  });

  test("is refused with what is wrong, not counted, and cannot be downloaded", async () => {
    const { requestId, client } = await start();
    const refusals: readonly (readonly [string, string, Uint8Array, Readonly<Record<string, unknown>>?])[] = [
      ["malware", "virus.txt", Buffer.from(EICAR)],
      ["malware", "virus.zip", zipOf([{ name: "inner.txt", content: Buffer.from(EICAR) }])],
      ["nameMismatch", "picture.png", LOG],
      ["activeContent", "page.html", Buffer.from("<!doctype html><script>alert(1)</script>")],
      ["checksumMismatch", "backup.log", LOG, { sha256: sha256Of(Buffer.from("another")) }],
    ];
    for (const [code, name, content, facts] of refusals) {
      const refused = await client.attach(name, content, facts);
      expect(refused, name).toMatchObject({
        state: "refused",
        refusal: { code },
        sha256: null,
        contentLink: null,
      });
      expect(refused.refusal?.message.length).toBeGreaterThan(10);
      const { status, content: answer } = await client.download(refused.attachmentId);
      expect([status, Buffer.from(answer).toString()]).toEqual([409, expect.stringContaining('"refused"')]);
    }
    expect(await attachmentsOf(requestId)).toBe(0);
  });

  test("of another size than was announced is refused", async () => {
    const { client } = await start();
    const { attachmentId, upload } = await client.announce("backup.log", { byteLength: LOG.byteLength + 1 });
    await fetch(upload?.link ?? "", { method: "PUT", headers: { "x-ms-blob-type": "BlockBlob" }, body: LOG });
    expect((await client.complete(attachmentId)).status).toBe(202);
    expect(await client.decided(attachmentId)).toMatchObject({ refusal: { code: "sizeMismatch" } });
  });

  test("cannot be downloaded while nothing is known of it", async () => {
    const { client } = await start();
    const { attachmentId } = await client.announce("backup.log", LOG);
    const { status, content } = await client.download(attachmentId);
    expect([status, Buffer.from(content).toString()]).toEqual([409, expect.stringContaining('"uploading"')]);
    const early = await client.complete(attachmentId);
    expect([early.status, early.text]).toEqual([409, expect.stringContaining("UploadIncomplete")]);
  });

  test("asked for twice with the same repeatability id is announced once", async () => {
    const { requestId } = await start();
    const headers = { "repeatability-request-id": "8d0e1a0c-93d2-4a0c-a5bb-5a3a0b2f0003" };
    const json = { name: "a.log", size: 5 };
    const answers = await Promise.all([1, 2, 3].map(() => announce(requestId, json, headers)));
    const ids = answers.map(
      (answer) => answer.read(z.looseObject({ attachmentId: z.string() })).attachmentId,
    );
    expect(new Set(ids).size).toBe(1);
    expect(await attachmentsOf(requestId)).toBe(1);
  });

  test.each([
    ["no name", { size: 5 }],
    ["an empty name", { name: "", size: 5 }],
    ["nothing in it", { name: "a.log", size: 0 }],
    ["too much in it", { name: "a.log", size: ATTACHMENT_BYTES_MAX + 1 }],
    ["part of a byte", { name: "a.log", size: 1.5 }],
    ["no checksum", { name: "a.log", size: 5, sha256: "5d41402abc4b2a76b9719d911017c592" }],
    ["a field of its own", { name: "a.log", size: 5, state: "clean" }],
  ])("with %s is not taken", async (_, json) => {
    const { requestId } = await start();
    const { status, text } = await announce(requestId, json);
    expect([status, text]).toEqual([400, expect.stringContaining("InvalidRequestBody")]);
  });

  test("is removed, and nothing of it is left to see", async () => {
    const { requestId, client } = await start();
    const { attachmentId } = await client.attachSmall("backup.log", LOG);
    const waiting = await client.announce("other.log", LOG);
    for (const id of [attachmentId, waiting.attachmentId])
      await done(world.api, PEOPLE.contact, { method: "DELETE", path: client.path(id) });
    expect(await attachmentsOf(requestId)).toBe(0);
    expect(await readAll(world.api, PEOPLE.contact, { path: client.path() }, attachmentSchema)).toEqual([]);
    for (const path of [client.path(attachmentId), client.path(attachmentId, "content")])
      expect((await world.api.ask(PEOPLE.contact, { path })).status).toBe(404);
    const again = await world.api.ask(PEOPLE.contact, { method: "DELETE", path: client.path(attachmentId) });
    expect(again.status).toBe(404);
    expect((await client.putContent(waiting.attachmentId, LOG)).status).toBe(404);
  });

  test("is one of a limited number", async () => {
    const { requestId, client } = await start();
    const json = { name: "a.log", size: 5 };
    for (let count = 0; count < ATTACHMENTS_MAX; count++)
      expect((await announce(requestId, json)).status).toBe(201);
    const { status, text } = await announce(requestId, json);
    expect([status, text]).toEqual([409, expect.stringContaining("TooManyAttachments")]);
    const all = await readAll(world.api, PEOPLE.contact, { path: client.path() }, attachmentSchema);
    expect(new Set(all.map(({ attachmentId }) => attachmentId)).size).toBe(ATTACHMENTS_MAX);
    const path = client.path(all[0]?.attachmentId ?? "");
    await done(world.api, PEOPLE.contact, { method: "DELETE", path });
    expect((await announce(requestId, json)).status).toBe(201);
  });

  test("of any name ends harmless in the header of its download", async () => {
    const { client } = await start();
    const names = HOSTILE_NAMES.filter((_, index) => index % 12 === 0);
    const extended = [
      ...names,
      "a\r\nset-cookie: x=1",
      '"; filename=x.exe; "',
      "żółć.log",
      "../../etc/passwd",
    ];
    for (const given of extended) {
      const { attachmentId } = await client.announce(given === "" ? "x" : given.slice(0, 1_024), LOG);
      await client.putContent(attachmentId, LOG);
      const { state, name } = await client.decided(attachmentId);
      expect(name).not.toMatch(/[\p{Cc}\p{Cf}/\\"]/u);
      if (state !== "clean") continue;
      const { headers } = await client.download(attachmentId);
      expect(headers.get("content-disposition")).toMatch(
        /^attachment; filename="[ !#-[\]-~]*"; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+$/,
      );
      expect(headers.get("set-cookie")).toBeNull();
    }
  });

  test("is on the timeline, and in the audit trail with whoever downloaded it", async () => {
    const { requestId, client } = await start();
    const { attachmentId } = await client.attachSmall("secret name.log", LOG);
    await attachmentClient(world.api, PEOPLE.csam, requestId).download(attachmentId);
    const path = `supportRequests/${encodeURIComponent(requestId)}/activity`;
    const timeline = await done(world.api, PEOPLE.contact, { path });
    expect(timeline.text).toContain(`"type":"attachment"`);
    const trail = await readAll(
      world.api,
      PEOPLE.customerAdministrator,
      { path: `customers/${CUSTOMER}/auditEntries` },
      z.looseObject({
        action: z.string(),
        target: z.string(),
        actor: z.looseObject({ email: z.string().optional() }),
      }),
    );
    const about = trail.filter(({ target }) => target.endsWith(attachmentId)).toReversed();
    expect(
      about.map(({ action, actor }) => [action.slice("supportRequestAttachment".length), actor.email]),
    ).toEqual([
      ["Added", PEOPLE.contact.email],
      ["Completed", PEOPLE.contact.email],
      ["Decided", undefined],
      ["Downloaded", PEOPLE.csam.email],
    ]);
    expect(JSON.stringify(about)).not.toContain("secret name");
  });
});
