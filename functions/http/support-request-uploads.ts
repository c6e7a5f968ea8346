import { createHash } from "node:crypto";
import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { ConflictError, InvalidRequestError } from "../../src/platform/errors.ts";
import type { App } from "../../src/platform/wiring.ts";
import { type Attachment, completed, completionAudit } from "../../src/support/attachment.ts";
import { changeAttachment, present, readAttachment } from "../../src/support/attachment-change.ts";
import {
  attachmentView,
  attachmentViewSchema,
  blocksView,
  blocksViewSchema,
  HOW_TO_UPLOAD,
  sha256Schema,
  uploadViewSchema,
} from "../../src/support/attachment-view.ts";
import { BLOCK_BYTES } from "../../src/support/upload-block.ts";
import { doingFor, requireAbility, type Seen, seenRequest, senderOf } from "./support-request.ts";
import {
  attachmentParams,
  attachmentRoute,
  freshUpload,
  requireUploader,
  requireUploading,
  stateConflict,
} from "./support-request-attachment.ts";

/** How long a client waits before it asks what became of it. */
const RETRY_AFTER_SECONDS = 1;

const SCANNING = {
  description: "It is being looked into; the attachment says what becomes of it.",
  schema: attachmentViewSchema,
  headers: {
    "operation-location": "The attachment.",
    "retry-after": "Seconds to wait before asking for it.",
  },
} as const;

type Asked = Parameters<typeof seenRequest>[1] &
  Parameters<typeof doingFor>[0] & { readonly params: { readonly attachmentId: string }; readonly url: URL };
type Uploading = Seen & { readonly attachment: Attachment };

export function supportRequestUploadEndpoints(app: App) {
  const { support } = app;

  /** @throws NotFoundError; ForbiddenError for whoever may not attach, or did not announce it. */
  const uploadOf = async (request: Asked): Promise<Uploading> => {
    const seen = await seenRequest(app, request);
    const found = await readAttachment(support, seen.key, request.params.attachmentId);
    const attachment = present(found).value;
    requireAbility(seen, "attach");
    requireUploader(attachment, senderOf(request));
    return { ...seen, attachment };
  };

  const change = (
    request: Asked,
    { key, known, attachment }: Uploading,
    decide: (known: Attachment) => Attachment | undefined,
  ): Promise<Attachment> => {
    const doing = doingFor(request, key);
    return changeAttachment(support, key, attachment.attachmentId, present, (before) => {
      const after = decide(before);
      if (after === undefined) return undefined;
      return { after, audit: [completionAudit(doing, known.value, before, after)] };
    });
  };

  /** Asks for the scan; a timer finds what was never queued. */
  const scanning = async (request: Asked, { key }: Uploading, attachment: Attachment) => {
    const { customerId, number } = key;
    const job = { customerId, number, attachmentId: attachment.attachmentId };
    if (attachment.progress.state === "scanning")
      await support.attachmentQueue.send([job]).catch((error: unknown) => support.onDelay(error));
    const body = attachmentView(attachment, request.params.requestId, request.url);
    const headers = { "operation-location": body.link, "retry-after": String(RETRY_AFTER_SECONDS) };
    return { status: 202 as const, headers, body };
  };

  const giveUploadLink = defineEndpoint(
    {
      name: "giveSupportRequestUploadLink",
      method: "POST",
      route: `${attachmentRoute}/uploadLink`,
      tag: "Support requests",
      summary: "Get a fresh link to go on with the upload of an attachment",
      description: `Links that were given before stay good until they expire. ${HOW_TO_UPLOAD}`,
      access: { kind: "signedIn" },
      params: attachmentParams,
      // Whoever repeats it gets a link, as whoever asks twice does.
      repeatable: true,
      responses: { 200: { description: "The link.", schema: uploadViewSchema } },
    },
    async (request) => {
      const { key, attachment } = await uploadOf(request);
      return { status: 200, body: await freshUpload(app, key, attachment.attachmentId, request.now) };
    },
  );

  const listBlocks = defineEndpoint(
    {
      name: "listSupportRequestUploadBlocks",
      method: "GET",
      route: `${attachmentRoute}/blocks`,
      tag: "Support requests",
      summary: "List the blocks of an upload that have arrived and were not put together yet",
      description: "For whoever announced the attachment, to go on after a break.",
      access: { kind: "signedIn" },
      params: attachmentParams,
      responses: { 200: { description: "In the order of their numbers.", schema: blocksViewSchema } },
    },
    async (request) => {
      const { attachment } = await uploadOf(request);
      requireUploading(attachment);
      const [blocks, arrived] = await Promise.all([
        support.attachmentFiles.waitingBlocks(attachment.attachmentId),
        support.attachmentFiles.arrived(attachment.attachmentId),
      ]);
      return { status: 200, body: blocksView(blocks, arrived?.bytes ?? null) };
    },
  );

  const completeUpload = defineEndpoint(
    {
      name: "completeSupportRequestUpload",
      method: "POST",
      route: `${attachmentRoute}/complete`,
      tag: "Support requests",
      summary: "Complete the upload of an attachment, so that it is looked into",
      description:
        "The blocks must have been put together before. What is written to the upload from now on is not looked at. The body may be `{}`.",
      access: { kind: "signedIn" },
      params: attachmentParams,
      body: {
        kind: "json",
        schema: z.strictObject({
          sha256: sha256Schema
            .optional()
            .meta({ description: "In hexadecimal. What arrived with another one is refused." }),
        }),
        example: {},
      },
      // Completing it again changes nothing.
      repeatable: true,
      responses: { 202: SCANNING },
    },
    async (request) => {
      const upload = await uploadOf(request);
      const { attachment } = upload;
      const { sha256 } = request.body;
      requireSameChecksum(attachment, sha256);
      if (attachment.progress.state !== "uploading") return scanning(request, upload, attachment);
      const arrived = await support.attachmentFiles.arrived(attachment.attachmentId);
      if (arrived === undefined) throw nothingArrived();
      const now = request.now.toISOString();
      const after = await change(request, upload, (known) =>
        known.progress.state === "uploading" ? completed(known, arrived, sha256, now) : undefined,
      );
      return scanning(request, upload, after);
    },
  );

  const putContent = defineEndpoint(
    {
      name: "putSupportRequestAttachmentContent",
      method: "PUT",
      route: `${attachmentRoute}/content`,
      tag: "Support requests",
      summary: "Upload a small attachment by one request, and complete it",
      description: `At most ${BLOCK_BYTES} bytes. Sent again, the same content changes nothing.`,
      access: { kind: "signedIn" },
      params: attachmentParams,
      body: { kind: "bytes", contentTypes: ["*"], maxBytes: BLOCK_BYTES },
      // An upload has no version that a client could name.
      conditional: false,
      responses: { 202: SCANNING },
    },
    async (request) => {
      const upload = await uploadOf(request);
      const { attachment, key } = upload;
      const { attachmentId } = attachment;
      const sha256 = createHash("sha256").update(request.body).digest("hex");
      requireSameSize(attachment, request.body);
      requireSameChecksum(attachment, sha256);
      if (attachment.progress.state !== "uploading") return scanning(request, upload, attachment);
      const arrived = await support.attachmentFiles.put(attachmentId, request.body, async () =>
        requireUploading(present(await readAttachment(support, key, attachmentId)).value),
      );
      if (arrived === undefined) throw uploadLocked();
      const now = request.now.toISOString();
      const after = await change(request, upload, (known) => {
        requireSameChecksum(known, sha256);
        const { progress } = known;
        // Of two same requests at once, the other one may have completed it; only what is gone meanwhile is written anew.
        const isOpen =
          progress.state === "uploading" ||
          (progress.state === "scanning" && progress.uploadTag !== arrived.tag);
        return isOpen ? completed(known, arrived, sha256, now) : undefined;
      });
      return scanning(request, upload, after);
    },
  );

  return [giveUploadLink, listBlocks, completeUpload, putContent];
}

/** @throws InvalidRequestError; ConflictError where it is too late to say. */
function requireSameChecksum({ expectedSha256, progress }: Attachment, sha256: string | undefined): void {
  const known = progress.state === "clean" ? progress.sha256 : expectedSha256;
  if (sha256 === undefined || sha256 === known) return;
  if (progress.state !== "uploading")
    throw stateConflict("UploadIsOver", "Its upload is over", progress.state);
  if (known === null) return;
  throw new InvalidRequestError(
    "ChecksumDiffers",
    "sha256: the attachment was announced with another one. Announce another attachment.",
    { target: "sha256" },
  );
}

/** @throws InvalidRequestError */
function requireSameSize({ size }: Attachment, { byteLength }: Uint8Array): void {
  if (byteLength === size) return;
  throw new InvalidRequestError(
    "SizeDiffers",
    `The body has ${byteLength} bytes, and the attachment was announced with ${size}.`,
    { target: "size" },
  );
}

const nothingArrived = (): ConflictError =>
  new ConflictError(
    "UploadIncomplete",
    "Nothing was put together by the upload link yet: send the list of its blocks first (Put Block List).",
  );

const uploadLocked = (): ConflictError =>
  new ConflictError(
    "UploadLocked",
    "Whoever holds an upload link keeps the upload locked: release it first.",
  );
