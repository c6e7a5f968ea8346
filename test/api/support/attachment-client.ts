/** Attaches files as a client does: with plain requests, by the links that it is given. */
import { createHash } from "node:crypto";
import * as z from "zod";
import type { TokenRequest } from "../../../local/tokens/claims.ts";
import { eventually } from "../../local/service-bus-fixture.ts";
import { done } from "./access-steps.ts";
import type { RunningApi } from "./running-api.ts";

export const uploadSchema = z.object({ link: z.url(), expiresAt: z.string(), blockBytes: z.int() });

export const attachmentSchema = z.object({
  attachmentId: z.string(),
  name: z.string(),
  size: z.int(),
  state: z.string(),
  mediaType: z.string().nullable(),
  sha256: z.string().nullable(),
  scan: z.string().nullable(),
  refusal: z.object({ code: z.string(), message: z.string() }).nullable(),
  createdBy: z.object({ email: z.string() }),
  link: z.string(),
  contentLink: z.string().nullable(),
});
type Attachment = z.infer<typeof attachmentSchema>;
const addedSchema = attachmentSchema.extend({ upload: uploadSchema.nullable() });

export const attachmentsPath = (requestId: string, ...rest: readonly string[]): string =>
  ["supportRequests", encodeURIComponent(requestId), "attachments", ...rest].join("/");

export const sha256Of = (content: Uint8Array): string => createHash("sha256").update(content).digest("hex");

export const blockIdOf = (index: number): string =>
  Buffer.from(String(index).padStart(6, "0")).toString("base64");

/** One request to Blob Storage, without anything of its SDK. */
export async function putBlock(link: string, index: number, block: Uint8Array): Promise<number> {
  const url = `${link}&comp=block&blockid=${encodeURIComponent(blockIdOf(index))}`;
  const { status } = await fetch(url, { method: "PUT", body: Buffer.from(block) });
  return status;
}

export async function putBlockList(link: string, indexes: readonly number[]): Promise<number> {
  const list = indexes.map((index) => `<Latest>${blockIdOf(index)}</Latest>`).join("");
  const body = `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`;
  const headers = { "content-type": "application/xml" };
  const { status } = await fetch(`${link}&comp=blocklist`, { method: "PUT", headers, body });
  return status;
}

export function blocksOf(content: Uint8Array, blockBytes: number): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(content.byteLength / blockBytes) }, (_, index) =>
    content.subarray(index * blockBytes, (index + 1) * blockBytes),
  );
}

export type AttachmentClient = ReturnType<typeof attachmentClient>;

/** Somebody who attaches to one request. */
export function attachmentClient(api: RunningApi, who: TokenRequest, requestId: string) {
  const path = (...rest: readonly string[]) => attachmentsPath(requestId, ...rest);
  const announce = async (
    name: string,
    content: { readonly byteLength: number },
    facts: Readonly<Record<string, unknown>> = {},
  ) => {
    const json = { name, size: content.byteLength, ...facts };
    return (await done(api, who, { method: "POST", path: path(), json })).read(addedSchema);
  };
  const get = async (attachmentId: string): Promise<Attachment> =>
    (await done(api, who, { path: path(attachmentId) })).read(attachmentSchema);
  const decided = (attachmentId: string): Promise<Attachment> =>
    eventually(async () => {
      const attachment = await get(attachmentId);
      return attachment.state === "clean" || attachment.state === "refused" ? attachment : undefined;
    });
  const complete = (attachmentId: string, json: unknown = {}) =>
    api.ask(who, { method: "POST", path: path(attachmentId, "complete"), json });
  const putContent = async (attachmentId: string, content: Uint8Array) => {
    const url = `${api.stack.apiUrl}/api/${path(attachmentId, "content")}?api-version=2026-11-01`;
    const response = await fetch(url, {
      method: "PUT",
      headers: { authorization: `Bearer ${await api.tokenFor(who)}` },
      body: Buffer.from(content),
    });
    return { status: response.status, text: await response.text() };
  };
  const download = async (attachmentId: string) => {
    const url = `${api.stack.apiUrl}/api/${path(attachmentId, "content")}?api-version=2026-11-01`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${await api.tokenFor(who)}` } });
    return {
      status: response.status,
      headers: response.headers,
      content: new Uint8Array(await response.arrayBuffer()),
    };
  };
  return {
    path,
    announce,
    get,
    decided,
    complete,
    putContent,
    download,
    /** By its link, in blocks, to its end. */
    attach: async (name: string, content: Uint8Array, facts: Readonly<Record<string, unknown>> = {}) => {
      const { attachmentId, upload } = await announce(name, content, facts);
      if (upload === null) throw new Error("there is no link");
      const blocks = blocksOf(content, upload.blockBytes);
      for (const [index, block] of blocks.entries()) await putBlock(upload.link, index, block);
      await putBlockList(
        upload.link,
        blocks.map((_, index) => index),
      );
      await complete(attachmentId);
      return decided(attachmentId);
    },
    /** Through the API, by one request. */
    attachSmall: async (name: string, content: Uint8Array, facts: Readonly<Record<string, unknown>> = {}) => {
      const { attachmentId } = await announce(name, content, facts);
      const { status, text } = await putContent(attachmentId, content);
      if (status !== 202) throw new Error(`putting the content was answered ${status}: ${text}`);
      return decided(attachmentId);
    },
  };
}
