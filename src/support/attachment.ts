/**
 * A file on a request (SR-10), from its announcement to its end. Pure.
 * Invariants: only what was inspected and found clean can be downloaded, and it is then fixed by its SHA-256; what is
 * inspected is the upload as it was at completion, named by its tag; `lookAt` says when a timer goes on, and is null only
 * when nothing is left that has to go.
 */
import * as z from "zod";
import type { Doing } from "../access/audit-entry.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError } from "../platform/errors.ts";
import { type RefusalCode, refusalCodeSchema } from "./attachment-refusal.ts";
import type { Decided } from "./change-request.ts";
import { extensionOf, sanitizedFileName } from "./file-name.ts";
import { requestAudit } from "./open-request.ts";
import { contactSchema, type RequestKey, type RequestNumber, type SupportRequest } from "./request.ts";
import type { Sender } from "./request-messages.ts";
import { partShape } from "./request-part.ts";
import { stableId } from "./stable-id.ts";

/** Of one request, not counting those that were refused or removed. */
export const ATTACHMENTS_MAX = 100;
/** Counting them. */
const ATTACHMENTS_EVER_MAX = 1_000;

const HOUR_MS = 3_600_000;
/** An upload that is not complete by then never will be. */
const UPLOAD_LIMIT_MS = 24 * HOUR_MS;
/** For so long a scan is tried again. */
const SCAN_LIMIT_MS = 24 * HOUR_MS;
/** A scan that said nothing for so long is taken for lost. */
const SCAN_AGAIN_MS = 600_000;
/** What began to write before its link expired, and scans that were overtaken, are over by then. */
const LATE_WRITES_MS = HOUR_MS;

export const ATTACHMENT_KIND = "requestAttachment";
export const attachmentIdSchema = z.string().regex(/^[\w-]{22}$/);

const progressSchema = z.discriminatedUnion("state", [
  z.object({ state: z.literal("uploading") }),
  z.object({
    state: z.literal("scanning"),
    since: z.string(),
    /** Of the upload at completion: what has another tag is not what was completed. */
    uploadTag: z.string(),
    arrivedBytes: z.int().min(0),
  }),
  z.object({
    state: z.literal("clean"),
    decidedAt: z.string(),
    sha256: z.string(),
    mediaType: z.string(),
    /** `notConfigured`: no scanner looked at it, as the operator chose. */
    scan: z.enum(["clean", "notConfigured"]),
  }),
  z.object({ state: z.literal("refused"), decidedAt: z.string(), code: refusalCodeSchema }),
]);
export const attachmentStateSchema = z.enum(["uploading", "scanning", "clean", "refused"]);
export type AttachmentState = z.infer<typeof progressSchema>["state"];

const uploadShape = {
  ...partShape,
  attachmentId: z.string(),
  /** When the last link that writes to its upload expires. */
  linksUntil: z.string(),
  lookAt: z.string().nullable(),
};

export const attachmentSchema = z.object({
  ...uploadShape,
  kind: z.literal(ATTACHMENT_KIND),
  name: z.string(),
  /** As it was announced; what has another size is refused. */
  size: z.int().min(1),
  expectedSha256: z.string().nullable(),
  by: contactSchema,
  progress: progressSchema,
});
export type Attachment = z.infer<typeof attachmentSchema>;

/** What is left of one that was removed, until its files are gone and afterwards. */
const removedAttachmentSchema = z.object({ ...uploadShape, kind: z.literal("removedAttachment") });

export const attachmentDocumentSchema = z.discriminatedUnion("kind", [
  attachmentSchema,
  removedAttachmentSchema,
]);
export type AttachmentDocument = z.infer<typeof attachmentDocumentSchema>;

export const attachmentDocumentId = (number: RequestNumber, attachmentId: string): string =>
  `${ATTACHMENT_KIND}~${number}~${attachmentId}`;

/** Follows from the request to add it. */
export const newAttachmentId = (key: RequestKey, doing: Doing): string =>
  stableId(key, "attachment", doing.key);

export type Announced = { readonly name: string; readonly size: number; readonly sha256: string | undefined };

/** @throws ConflictError where there are too many. */
export function addAttachment(
  doing: Doing,
  { email, name }: Sender,
  { value: known }: Versioned<SupportRequest>,
  announced: Announced,
  linksUntil: string,
): NonNullable<Decided> {
  requireRoom(known);
  const attachmentId = newAttachmentId(known, doing);
  const attachment: Attachment = {
    id: attachmentDocumentId(known.number, attachmentId),
    customerId: known.customerId,
    requestNumber: known.number,
    kind: ATTACHMENT_KIND,
    at: doing.at,
    attachmentId,
    linksUntil,
    lookAt: later(doing.at, UPLOAD_LIMIT_MS),
    name: sanitizedFileName(announced.name),
    size: announced.size,
    expectedSha256: announced.sha256 ?? null,
    by: { name: name ?? null, email },
    progress: { state: "uploading" },
  };
  const after = changed(doing, known, {
    attachmentCount: known.attachmentCount + 1,
    attachmentsEver: known.attachmentsEver + 1,
  });
  const facts = partFacts(attachmentId, undefined, attachment);
  return {
    after,
    writes: [{ document: attachment, etag: undefined }],
    audit: [requestAudit(doing, "supportRequestAttachmentAdded", known, after, facts)],
  };
}

function requireRoom({ attachmentCount, attachmentsEver }: SupportRequest): void {
  if (attachmentCount >= ATTACHMENTS_MAX) {
    throw new ConflictError(
      "TooManyAttachments",
      `A request has at most ${ATTACHMENTS_MAX} attachments: remove one that is not needed.`,
    );
  }
  if (attachmentsEver >= ATTACHMENTS_EVER_MAX) {
    throw new ConflictError(
      "TooManyAttachments",
      `A request has at most ${ATTACHMENTS_EVER_MAX} attachments in all, those that were refused or removed included: open a new request.`,
    );
  }
}

/** What arrived of an upload: the bytes under this tag. */
export type Arrived = { readonly tag: string; readonly bytes: number };

/** @param sha256 as whoever completes it says; undefined: as was announced. */
export function completed(
  attachment: Attachment,
  arrived: Arrived,
  sha256: string | undefined,
  now: string,
): Attachment {
  return {
    ...attachment,
    expectedSha256: sha256 ?? attachment.expectedSha256,
    progress: { state: "scanning", since: now, uploadTag: arrived.tag, arrivedBytes: arrived.bytes },
    lookAt: later(now, SCAN_AGAIN_MS),
  };
}

/** A link was given that writes until then. */
export const withLinkUntil = (attachment: Attachment, until: string): Attachment => ({
  ...attachment,
  linksUntil: attachment.linksUntil < until ? until : attachment.linksUntil,
});

/** @param afterMs when it is taken for lost. */
export const lookedAt = <Document extends AttachmentDocument>(
  document: Document,
  now: string,
  afterMs: number = SCAN_AGAIN_MS,
): Document => ({ ...document, lookAt: later(now, afterMs) });

export const isDue = ({ lookAt }: AttachmentDocument, now: string): boolean =>
  lookAt !== null && lookAt <= now;

export const isScanOverdue = (since: string, now: string): boolean => later(since, SCAN_LIMIT_MS) <= now;

/** What a look at the upload came to. */
export type Verdict =
  | {
      readonly state: "clean";
      readonly sha256: string;
      readonly mediaType: string;
      /** Without a dot, for a name that has none. */
      readonly extension: string;
      readonly scan: "clean" | "notConfigured";
    }
  | { readonly state: "refused"; readonly code: RefusalCode };

export function decided(
  doing: Doing,
  { value: known }: Versioned<SupportRequest>,
  { value: attachment, etag }: Versioned<Attachment>,
  verdict: Verdict,
): NonNullable<Decided> {
  const judged = judgedAs(attachment, verdict, doing.at);
  const after = changed(doing, known, {
    attachmentCount: known.attachmentCount - (verdict.state === "refused" ? 1 : 0),
  });
  const facts = partFacts(attachment.attachmentId, attachment, judged);
  return {
    after,
    writes: [{ document: judged, etag }],
    audit: [requestAudit(doing, "supportRequestAttachmentDecided", known, after, facts)],
  };
}

function judgedAs(attachment: Attachment, verdict: Verdict, at: string): Attachment {
  const shared = { ...attachment, lookAt: allWrittenAt(attachment, at) };
  if (verdict.state === "refused") {
    return { ...shared, progress: { state: "refused", decidedAt: at, code: verdict.code } };
  }
  const { sha256, mediaType, extension, scan } = verdict;
  const { name } = attachment;
  return {
    ...shared,
    name: extensionOf(name) === undefined ? sanitizedFileName(`${name}.${extension}`) : name,
    progress: { state: "clean", decidedAt: at, sha256, mediaType, scan },
  };
}

/** Its files go: at once where that succeeds, and for good when nobody can write them any more. */
export function removed(
  doing: Doing,
  { value: known }: Versioned<SupportRequest>,
  { value: attachment, etag }: Versioned<Attachment>,
): NonNullable<Decided> {
  const { id, customerId, requestNumber, at, attachmentId, linksUntil } = attachment;
  const document: AttachmentDocument = {
    ...{ id, customerId, requestNumber, at, attachmentId, linksUntil },
    kind: "removedAttachment",
    lookAt: allWrittenAt(attachment, doing.at),
  };
  const after = changed(doing, known, {
    attachmentCount: known.attachmentCount - (attachment.progress.state === "refused" ? 0 : 1),
  });
  const facts = partFacts(attachmentId, attachment, undefined);
  return {
    after,
    writes: [{ document, etag }],
    audit: [requestAudit(doing, "supportRequestAttachmentRemoved", known, after, facts)],
  };
}

/** Who had the file, before it can be had. */
export function downloadAudit(doing: Doing, known: SupportRequest, attachment: Attachment) {
  const facts = partFacts(attachment.attachmentId, undefined, attachment);
  return requestAudit(doing, "supportRequestAttachmentDownloaded", known, known, facts);
}

export function completionAudit(doing: Doing, known: SupportRequest, before: Attachment, after: Attachment) {
  const facts = partFacts(before.attachmentId, before, after);
  return requestAudit(doing, "supportRequestAttachmentCompleted", known, known, facts);
}

function changed(doing: Doing, known: SupportRequest, facts: Partial<SupportRequest>): SupportRequest {
  return { ...known, ...facts, changedAt: doing.at, revision: known.revision + 1 };
}

const partFacts = (attachmentId: string, before: Attachment | undefined, after: Attachment | undefined) => ({
  target: `/attachments/${attachmentId}`,
  ...(before === undefined ? {} : { before: audited(before) }),
  ...(after === undefined ? {} : { after: audited(after) }),
});

/** Of the name no more than its ending: names of files tell what is in them. */
const audited = ({ name, size, progress }: Attachment) => ({
  extension: extensionOf(name) ?? null,
  size,
  ...progress,
});

const allWrittenAt = ({ linksUntil }: Attachment, now: string): string =>
  later(linksUntil < now ? now : linksUntil, LATE_WRITES_MS);

const later = (at: string, milliseconds: number): string =>
  new Date(Date.parse(at) + milliseconds).toISOString();
