/**
 * The two ways in which an attachment changes: alone, and with its request, whose count and trail it concerns. Invariant: in
 * either it is read, decided about and written only as it was read.
 */
import type { AuditEntry } from "../access/audit-entry.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { NotFoundError, UnavailableError } from "../platform/errors.ts";
import {
  type Attachment,
  type AttachmentDocument,
  attachmentDocumentId,
  attachmentDocumentSchema,
} from "./attachment.ts";
import { type ChangeAccess, changeRequest, type Decided } from "./change-request.ts";
import type { PartStore } from "./part-store.ts";
import type { RequestKey, SupportRequest } from "./request.ts";

const ATTEMPTS_MAX = 10;
const RETRY_AFTER_SECONDS = 1;

export type AttachmentAccess = ChangeAccess & { readonly parts: Pick<PartStore, "read"> };

/** One point read. Undefined: there never was one. */
export const readAttachment = (
  { parts }: Pick<AttachmentAccess, "parts">,
  { customerId, number }: RequestKey,
  attachmentId: string,
): Promise<Versioned<AttachmentDocument> | undefined> =>
  parts.read(customerId, attachmentDocumentId(number, attachmentId), attachmentDocumentSchema);

/** @throws NotFoundError for what is not there, or not any more. */
export function present(found: Versioned<AttachmentDocument> | undefined): Versioned<Attachment> {
  if (found?.value.kind !== "requestAttachment") throw new NotFoundError("no such attachment");
  return { value: found.value, etag: found.etag };
}

type ChangedAlone<Document> =
  | { readonly after: Document; readonly audit?: readonly AuditEntry[] }
  | undefined;

/**
 * Without its request.
 * @param decide undefined: it is as it should be.
 * @returns it as it is now.
 * @throws whatever `decide` throws; UnavailableError when others are always faster.
 */
export async function changeAttachment<Document extends AttachmentDocument>(
  access: AttachmentAccess,
  key: RequestKey,
  attachmentId: string,
  narrowed: (found: Versioned<AttachmentDocument> | undefined) => Versioned<Document>,
  decide: (known: Document) => ChangedAlone<Document>,
): Promise<Document> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const { value: known, etag } = narrowed(await readAttachment(access, key, attachmentId));
    const decided = decide(known);
    if (decided === undefined) return known;
    const { after, audit = [] } = decided;
    const { customerId } = key;
    const writes = [{ document: after, etag }];
    const { outcome } = await access.requests.commit({ customerId, writes, audit });
    if (outcome === "committed") return after;
  }
  throw new UnavailableError(RETRY_AFTER_SECONDS, "others are always faster");
}

/** With its request. @param decide undefined: both are as they should be. @throws as `changeRequest` does. */
export function changeWithRequest(
  access: AttachmentAccess,
  key: RequestKey,
  attachmentId: string,
  decide: (
    known: Versioned<SupportRequest> | undefined,
    attachment: Versioned<AttachmentDocument> | undefined,
  ) => Decided,
): Promise<Versioned<SupportRequest>> {
  return changeRequest(access, key, async (known) =>
    decide(known, await readAttachment(access, key, attachmentId)),
  );
}
