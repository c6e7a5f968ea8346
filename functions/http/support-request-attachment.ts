/** What the endpoints of one attachment have in common: its address, its uploader and links to its upload. */
import { ConflictError, ForbiddenError } from "../../src/platform/errors.ts";
import type { App } from "../../src/platform/wiring.ts";
import {
  type Attachment,
  type AttachmentState,
  attachmentIdSchema,
  withLinkUntil,
} from "../../src/support/attachment.ts";
import { changeAttachment, present } from "../../src/support/attachment-change.ts";
import { uploadView } from "../../src/support/attachment-view.ts";
import type { RequestKey } from "../../src/support/request.ts";
import type { Sender } from "../../src/support/request-messages.ts";
import { requestParams, requestRoute } from "./support-request.ts";

const MINUTE_MS = 60_000;

export const attachmentsRoute = `${requestRoute}/attachments`;
export const attachmentRoute = `${attachmentsRoute}/{attachmentId}` as const;
export const attachmentParams = requestParams.extend({ attachmentId: attachmentIdSchema });

/** When a link that is given now expires. */
export const linkExpiry = ({ config }: Pick<App, "config">, now: Date): Date =>
  new Date(now.getTime() + config.uploadLinkMinutes * MINUTE_MS);

/** It is known until when somebody can write before there is a link. @throws ConflictError after completion. */
export async function freshUpload(
  app: Pick<App, "config" | "support">,
  key: RequestKey,
  attachmentId: string,
  now: Date,
) {
  const expiresAt = linkExpiry(app, now);
  const until = expiresAt.toISOString();
  await changeAttachment(app.support, key, attachmentId, present, (known) => {
    requireUploading(known);
    return known.linksUntil >= until ? undefined : { after: withLinkUntil(known, until) };
  });
  return uploadView(await app.support.attachmentFiles.writeLink(attachmentId, expiresAt), until);
}

/** @throws ConflictError */
export function requireUploading({ progress }: Attachment): void {
  if (progress.state === "uploading") return;
  throw stateConflict("UploadIsOver", "Its upload is over", progress.state);
}

export const stateConflict = (code: string, what: string, state: AttachmentState): ConflictError =>
  new ConflictError(code, `${what}: the attachment is ${state}.`, { innererror: { state } });

/** It bears the name of who announced it, so nobody else says what is in it. @throws ForbiddenError */
export function requireUploader({ by }: Attachment, { email }: Sender): void {
  if (by.email === email) return;
  throw new ForbiddenError(
    "NotTheUploader",
    "Only who announced the attachment uploads it. Announce another one.",
  );
}
