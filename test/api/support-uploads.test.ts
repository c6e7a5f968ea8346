import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { noise } from "../fakes/random.ts";
import { done } from "./support/access-steps.ts";
import { readAnswer, visible } from "./support/answer.ts";
import {
  attachmentClient,
  attachmentsPath,
  blockIdOf,
  blocksOf,
  putBlock,
  putBlockList,
  sha256Of,
  uploadSchema,
} from "./support/attachment-client.ts";
import { PEOPLE, type PersonName, type SupportWorld, startSupportWorld } from "./support/support-world.ts";

let world: SupportWorld;
beforeAll(async () => {
  world = await startSupportWorld();
});
afterAll(() => world.api.stack.stop());

const BLOCKS = 9;
/** A client may send smaller blocks than it is told. */
const SMALL_BLOCK_BYTES = 65_536;
const LOG = Buffer.from("2026-03-02 error 0x80070020\n");

const blocksSchema = z.object({
  value: z.array(z.object({ blockId: z.string(), index: z.int().nullable(), size: z.int() })),
  arrivedSize: z.int().nullable(),
});

async function start() {
  const { requestId } = await world.open();
  const client = attachmentClient(world.api, PEOPLE.contact, requestId);
  const blocksAt = async (attachmentId: string) =>
    (await done(world.api, PEOPLE.contact, { path: client.path(attachmentId, "blocks") })).read(blocksSchema);
  const freshLink = async (attachmentId: string): Promise<string> => {
    const path = client.path(attachmentId, "uploadLink");
    return (await done(world.api, PEOPLE.contact, { method: "POST", path })).read(uploadSchema).link;
  };
  return { requestId, client, blocksAt, freshLink };
}

const linkOf = ({ upload }: { readonly upload: { readonly link: string } | null }): string =>
  upload?.link ?? "";

/** A connection that ends in the middle of a block. */
async function breakWithin(link: string, index: number, block: Uint8Array): Promise<void> {
  const half = block.subarray(0, block.byteLength / 2);
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(half);
      controller.error(new Error("the connection broke"));
    },
  });
  const url = `${link}&comp=block&blockid=${encodeURIComponent(blockIdOf(index))}`;
  const init: RequestInit & { readonly duplex: "half" } = { method: "PUT", body, duplex: "half" };
  await expect(fetch(url, init)).rejects.toThrow();
}

describe("an upload of nine blocks", () => {
  const content = Buffer.from(noise((BLOCKS * SMALL_BLOCK_BYTES) / 2 - 500).toString("hex"));
  const blocks = blocksOf(content, SMALL_BLOCK_BYTES);
  const all = blocks.map((_, index) => index);

  test.each(all)(
    "that breaks off within block %i goes on where it was, and ends byte for byte the same",
    async (broken) => {
      const { client, blocksAt, freshLink } = await start();
      const announced = await client.announce("backup.log", content, { sha256: sha256Of(content) });
      const { attachmentId } = announced;
      for (const index of all.slice(0, broken))
        expect(await putBlock(linkOf(announced), index, blocks[index] ?? LOG)).toBe(201);
      await breakWithin(linkOf(announced), broken, blocks[broken] ?? LOG);
      const { value, arrivedSize } = await blocksAt(attachmentId);
      expect(value.map(({ index }) => index)).toEqual(all.slice(0, broken));
      expect(arrivedSize).toBeNull();
      const link = await freshLink(attachmentId);
      const missing = all.filter((each) => !value.some(({ index }) => index === each));
      for (const index of missing.toReversed())
        expect(await putBlock(link, index, blocks[index] ?? LOG)).toBe(201);
      expect((await blocksAt(attachmentId)).value.map(({ size }) => size)).toEqual(
        blocks.map(({ byteLength }) => byteLength),
      );
      expect(await putBlockList(link, all)).toBe(201);
      expect(await blocksAt(attachmentId)).toEqual({ value: [], arrivedSize: content.byteLength });
      expect((await client.complete(attachmentId)).status).toBe(202);
      expect(await client.decided(attachmentId)).toMatchObject({ state: "clean", sha256: sha256Of(content) });
      const { content: back } = await client.download(attachmentId);
      expect(Buffer.compare(back, content)).toBe(0);
    },
  );
});

describe("an upload link", () => {
  test("that writes after completion changes nothing of what is downloaded", async () => {
    const { client } = await start();
    const announced = await client.announce("backup.log", LOG);
    const link = linkOf(announced);
    const write = (body: Buffer) =>
      fetch(link, { method: "PUT", headers: { "x-ms-blob-type": "BlockBlob" }, body });
    expect((await write(LOG)).status).toBe(201);
    await client.complete(announced.attachmentId);
    expect(await client.decided(announced.attachmentId)).toMatchObject({ state: "clean" });
    expect((await write(Buffer.from("harmful"))).status).toBe(201);
    expect((await client.complete(announced.attachmentId)).status).toBe(202);
    const { content } = await client.download(announced.attachmentId);
    expect(Buffer.compare(content, LOG)).toBe(0);
    expect(await client.get(announced.attachmentId)).toMatchObject({ state: "clean", sha256: sha256Of(LOG) });
  });

  test("is not given any more after completion", async () => {
    const { client } = await start();
    const { attachmentId } = await client.attachSmall("backup.log", LOG);
    for (const ask of [
      { method: "POST", path: client.path(attachmentId, "uploadLink") },
      { path: client.path(attachmentId, "blocks") },
    ]) {
      const { status, text } = await world.api.ask(PEOPLE.contact, ask);
      expect([status, text]).toEqual([409, expect.stringContaining("UploadIsOver")]);
    }
  });

  test("is in no log", async () => {
    const { client } = await start();
    const announced = await client.announce("backup.log", LOG);
    const signature = new URL(linkOf(announced)).searchParams.get("sig") ?? "";
    expect(signature.length).toBeGreaterThan(20);
    await client.putContent(announced.attachmentId, LOG);
    await client.decided(announced.attachmentId);
    const lines = world.api.logs.map(({ message }) => message).join("\n");
    expect(lines).not.toContain(signature);
    expect(lines).not.toContain(encodeURIComponent(signature));
    expect(lines).not.toContain("backup.log");
  });
});

describe("attachments of a request", () => {
  /** What everybody is answered, of one attachment of the contact's that is clean and one that is being uploaded. */
  const answers = async (requestId: string) => {
    const client = attachmentClient(world.api, PEOPLE.contact, requestId);
    const clean = await client.attachSmall("backup.log", LOG);
    const found = new Map<string, string>();
    for (const who of Object.keys(PEOPLE) as PersonName[]) {
      const waiting = await client.announce("waiting.log", LOG);
      const ask = async (method: string, path: string, json?: unknown) =>
        (await world.api.ask(PEOPLE[who], { method, path, ...(json === undefined ? {} : { json }) })).status;
      const statuses = [
        await ask("GET", client.path()),
        await ask("GET", client.path(clean.attachmentId)),
        await ask("GET", client.path(clean.attachmentId, "content")),
        await ask("POST", client.path(), { name: "own.log", size: 5 }),
        await ask("POST", client.path(waiting.attachmentId, "uploadLink")),
        await ask("GET", client.path(waiting.attachmentId, "blocks")),
        await ask("POST", client.path(waiting.attachmentId, "complete"), {}),
        await ask("DELETE", client.path(waiting.attachmentId)),
      ];
      found.set(who, statuses.join(" "));
    }
    return Object.fromEntries(found);
  };
  const nothing = Array.from({ length: 8 }, () => 404).join(" ");
  const looks = "200 200 200 403 403 403 403 403";
  const attaches = "200 200 200 201 403 403 403 403";
  const attachesAndRemoves = "200 200 200 201 403 403 403 204";
  const uploads = "200 200 200 201 200 200 409 204";

  test("are read by whoever sees it, attached by whoever works on it, and uploaded by whoever announced them", async () => {
    const { requestId } = await world.open();
    expect(await answers(requestId)).toEqual({
      admin: attachesAndRemoves,
      contact: uploads,
      otherContact: nothing,
      member: nothing,
      groupMember: nothing,
      viewsAll: looks,
      elsewhere: nothing,
      customerAdministrator: attachesAndRemoves,
      requestAdmin: attaches,
      csam: looks,
      advocate: nothing,
      otherAdvocate: nothing,
      incidentManager: looks,
      stranger: nothing,
    });
  });

  test("are removed by the Support request admin only where that is who announced them", async () => {
    const { requestId } = await world.open();
    const [contact, admin] = [PEOPLE.contact, PEOPLE.requestAdmin].map((who) =>
      attachmentClient(world.api, who, requestId),
    );
    if (contact === undefined || admin === undefined) throw new Error("there is no client");
    const removedByAdmin = async ({ attachmentId }: { readonly attachmentId: string }) =>
      world.api.ask(PEOPLE.requestAdmin, { method: "DELETE", path: contact.path(attachmentId) });
    const refused = await removedByAdmin(await contact.attachSmall("backup.log", LOG));
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining("announced")]);
    expect((await removedByAdmin(await admin.attachSmall("own.log", LOG))).status).toBe(204);
  });

  test("of an incentive-related request are its creator's alone, and answer as those of none", async () => {
    const { requestId } = await world.open({ isIncentiveRelated: true });
    const found = Object.entries(await answers(requestId)).filter(([, statuses]) => statuses !== nothing);
    expect(found).toEqual([["contact", uploads]]);
    const client = attachmentClient(world.api, PEOPLE.contact, requestId);
    const { attachmentId } = await client.announce("waiting.log", LOG);
    const asked = async (id: string, method: string, ...rest: readonly string[]) => {
      const json = method === "POST" ? {} : undefined;
      const path = attachmentsPath(id, attachmentId, ...rest);
      const { status, headers, text } = await world.api.ask(PEOPLE.admin, {
        method,
        path,
        ...(json && { json }),
      });
      return visible(readAnswer(status, headers, text));
    };
    const none = requestId.replace(/.$/, (last) => (last === "2" ? "3" : "2"));
    for (const [method, ...rest] of [
      ["GET"],
      ["GET", "content"],
      ["GET", "blocks"],
      ["POST", "uploadLink"],
      ["POST", "complete"],
      ["DELETE"],
    ] as const)
      expect(await asked(requestId, method, ...rest)).toEqual(await asked(none, method, ...rest));
  });

  test("are found by a timer that looks after what waits", async () => {
    const url = `${world.api.stack.apiUrl}/admin/functions/queueDueAttachments?wait=true`;
    expect((await fetch(url, { method: "POST" })).status).toBe(200);
  });
});
