import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { requireMatch } from "../../src/platform/conditional.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import {
  ATTACHMENT_KIND,
  ATTACHMENTS_MAX,
  type Attachment,
  addAttachment,
  attachmentSchema,
  downloadAudit,
  newAttachmentId,
  removed,
} from "../../src/support/attachment.ts";
import { changeWithRequest, present, readAttachment } from "../../src/support/attachment-change.ts";
import { discardWhatMustGo } from "../../src/support/attachment-scan.ts";
import {
  attachmentView,
  attachmentViewSchema,
  HOW_TO_UPLOAD,
  sha256Schema,
  uploadViewSchema,
} from "../../src/support/attachment-view.ts";
import { ATTACHMENT_BYTES_MAX } from "../../src/support/file-content.ts";
import { contentDisposition } from "../../src/support/file-name.ts";
import { doingFor, requestParams, requireAbility, seenAs, seenRequest, senderOf } from "./support-request.ts";
import {
  attachmentParams,
  attachmentRoute,
  attachmentsRoute,
  freshUpload,
  linkExpiry,
  stateConflict,
} from "./support-request-attachment.ts";

const PAGE_ITEMS = 50;
const NAME_LENGTH_MAX = 1_024;

const addedSchema = attachmentViewSchema
  .extend({
    upload: uploadViewSchema
      .nullable()
      .meta({ description: "Null: of a repeat whose upload is complete already." }),
  })
  .meta({ id: "SupportRequestAttachmentAdded" });

const positionSchema = z.object({ at: z.string(), id: z.string() });

export function supportRequestAttachmentEndpoints(app: App) {
  const listAttachments = defineEndpoint(
    {
      name: "listSupportRequestAttachments",
      method: "GET",
      route: attachmentsRoute,
      tag: "Support requests",
      summary: "List the attachments of a support request, newest first",
      access: { kind: "signedIn" },
      params: requestParams,
      query: z.object(pagingQuery(PAGE_ITEMS)),
      responses: {
        200: {
          description: "A page of attachments, in whatever state they are.",
          schema: listSchema(attachmentViewSchema),
        },
      },
    },
    async (request) => {
      const { query, url, now, params } = request;
      const { key } = await seenRequest(app, request);
      const scope = { name: "listSupportRequestAttachments", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, positionSchema);
      const asked = { kinds: [ATTACHMENT_KIND], after: page.after, limit: page.limit + 1 };
      const found = await app.support.parts.page(key, asked, attachmentSchema);
      const attachments = found.map(({ value }) => value);
      const { value, ...link } = finishPage(scope, page, attachments, ({ at, id }) => ({ at, id }));
      return {
        status: 200,
        body: { value: value.map((each) => attachmentView(each, params.requestId, url)), ...link },
      };
    },
  );

  const getAttachment = defineEndpoint(
    {
      name: "getSupportRequestAttachment",
      method: "GET",
      route: attachmentRoute,
      tag: "Support requests",
      summary: "Get an attachment of a support request: how far it is, and what it is",
      access: { kind: "signedIn" },
      params: attachmentParams,
      responses: { 200: { description: "The attachment.", schema: attachmentViewSchema } },
    },
    async (request) => {
      const { params, url } = request;
      const { key } = await seenRequest(app, request);
      const { value, etag } = present(await readAttachment(app.support, key, params.attachmentId));
      return { status: 200, etag, body: attachmentView(value, params.requestId, url) };
    },
  );

  const addOne = defineEndpoint(
    {
      name: "addSupportRequestAttachment",
      method: "POST",
      route: attachmentsRoute,
      tag: "Support requests",
      summary: "Announce an attachment of a support request, and get a link to upload it by",
      description: `${HOW_TO_UPLOAD} A small file is sent by one request instead, see \`content\`. At most ${ATTACHMENTS_MAX} of one request. What is not complete after a day is refused.`,
      access: { kind: "signedIn" },
      params: requestParams,
      body: {
        kind: "json",
        schema: z.strictObject({
          name: z.string().min(1).max(NAME_LENGTH_MAX).meta({ description: "With its ending." }),
          size: z
            .int()
            .min(1)
            .max(ATTACHMENT_BYTES_MAX)
            .meta({ description: "In bytes. What arrives with another size is refused." }),
          sha256: sha256Schema
            .optional()
            .meta({ description: "In hexadecimal. What arrives with another one is refused." }),
          mediaType: z
            .string()
            .max(255)
            .optional()
            .meta({ description: "As the client has it; what counts is the content." }),
        }),
        example: { name: "backup.log", size: 7_340_032 },
      },
      repeatable: true,
      responses: { 201: { description: "The attachment, to be uploaded.", schema: addedSchema } },
    },
    async (request) => {
      const { params, url, body } = request;
      const { key, viewer } = await seenRequest(app, request);
      const doing = doingFor(request, key);
      const attachmentId = newAttachmentId(key, doing);
      const { name, size, sha256 } = body;
      await changeWithRequest(app.support, key, attachmentId, (known, found) => {
        const seen = seenAs(key, viewer, known);
        requireAbility(seen, "attach");
        if (found !== undefined) return undefined;
        const until = linkExpiry(app, request.now).toISOString();
        return addAttachment(doing, senderOf(request), seen.known, { name, size, sha256 }, until);
      });
      const { value } = present(await readAttachment(app.support, key, attachmentId));
      const isUploading = value.progress.state === "uploading";
      const upload = isUploading ? await freshUpload(app, key, attachmentId, request.now) : null;
      return { status: 201, body: { ...attachmentView(value, params.requestId, url), upload } };
    },
  );

  const removeOne = defineEndpoint(
    {
      name: "removeSupportRequestAttachment",
      method: "DELETE",
      route: attachmentRoute,
      tag: "Support requests",
      summary: "Remove an attachment of a support request, whatever state it is in",
      description:
        "For whoever announced it, whose request it is or with whom it was shared, administrators and the assigned advocate. `If-Match` names the version of the attachment.",
      access: { kind: "signedIn" },
      params: attachmentParams,
      responses: { 204: { description: "It is gone." } },
    },
    async (request) => {
      const { attachmentId } = request.params;
      const { key, viewer } = await seenRequest(app, request);
      const sender = senderOf(request);
      await changeWithRequest(app.support, key, attachmentId, (known, found) => {
        const seen = seenAs(key, viewer, known);
        const attachment = present(found);
        if (attachment.value.by.email !== sender.email) requireAbility(seen, "removeAttachment");
        requireMatch(request.conditions, attachment.etag);
        return removed(doingFor(request, key), seen.known, attachment);
      });
      const left = await readAttachment(app.support, key, attachmentId);
      // The timer does what does not succeed now.
      if (left !== undefined)
        await discardWhatMustGo(app.support, left.value).catch((error: unknown) =>
          app.support.onDelay(error),
        );
      return { status: 204 };
    },
  );

  const download = defineEndpoint(
    {
      name: "downloadSupportRequestAttachment",
      method: "GET",
      route: `${attachmentRoute}/content`,
      tag: "Support requests",
      summary: "Download an attachment of a support request that was found clean",
      description: "Who downloads is in the audit trail. It is to be saved and never shown as a page.",
      access: { kind: "signedIn" },
      // Who asks for the file is taken for its downloader, and a HEAD downloads nothing.
      head: false,
      params: attachmentParams,
      responses: {
        200: {
          description: "The file.",
          contentTypes: ["*"],
          headers: {
            "content-disposition": "Its name.",
            "content-length": "In bytes.",
            "repr-digest": "Its SHA-256 (RFC 9530).",
          },
        },
      },
    },
    async (request) => {
      const { key, known } = await seenRequest(app, request);
      const { value } = present(await readAttachment(app.support, key, request.params.attachmentId));
      const { mediaType, headers } = downloadOf(value);
      await app.audit.append(downloadAudit(doingFor(request, key), known.value, value));
      const body = await app.support.attachmentFiles.read(value.attachmentId);
      return { status: 200, contentType: mediaType, headers, body };
    },
  );

  return [listAttachments, getAttachment, addOne, removeOne, download];
}

/** @throws ConflictError for what was not found clean. */
function downloadOf({ name, size, progress }: Attachment) {
  if (progress.state !== "clean")
    throw stateConflict("AttachmentNotClean", "It cannot be downloaded", progress.state);
  const { mediaType, sha256 } = progress;
  const headers = {
    "content-disposition": contentDisposition(name),
    "content-length": String(size),
    "repr-digest": `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`,
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cache-control": "private, no-store",
  };
  return { mediaType, headers };
}
