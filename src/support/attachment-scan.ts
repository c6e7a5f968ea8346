/**
 * Everything that is done with an attachment when nobody waits: the look into what was uploaded, the end of uploads that
 * were never completed, and what has to go afterwards. Promises: it may stop anywhere, be repeated and be done twice at once,
 * and comes to the same end; nothing can be downloaded before it was found clean; a decision is made once.
 */
import type { Doing } from "../access/audit-entry.ts";
import { UnavailableError } from "../platform/errors.ts";
import type { MalwareScanner, ScanResult } from "../platform/malware-scanner.ts";
import { asUnavailable } from "../platform/transient.ts";
import {
  type Attachment,
  type AttachmentDocument,
  decided,
  isDue,
  isScanOverdue,
  lookedAt,
  type Verdict,
} from "./attachment.ts";
import {
  type AttachmentAccess,
  changeAttachment,
  changeWithRequest,
  readAttachment,
} from "./attachment-change.ts";
import { type AttachmentFiles, UploadUnreadableError } from "./attachment-files.ts";
import type { AttachmentJob } from "./attachment-queue.ts";
import type { RefusalCode } from "./attachment-refusal.ts";
import { type ByteSource, readExactly } from "./byte-source.ts";
import { ATTACHMENT_BYTES_MAX, inspectContent } from "./file-content.ts";
import { BLOCK_BYTES } from "./upload-block.ts";

/** When the scanner is asked again that could not be reached. */
const SCANNER_AGAIN_MS = 60_000;
/** When what could not be deleted is tried again. */
const DISCARD_AGAIN_MS = 3_600_000;

export type ScanAccess = AttachmentAccess & {
  readonly attachmentFiles: Pick<AttachmentFiles, "upload" | "keep" | "discardUpload" | "discard">;
  readonly scanner: MalwareScanner;
  readonly now: () => string;
};

export type Worked = {
  readonly outcome: "unknown" | "waiting" | "clean" | "refused" | "scanAgain" | "discarded" | "discardAgain";
  readonly cause?: unknown;
};

type Scanning = Attachment & { readonly progress: { readonly state: "scanning" } };

/** @throws what reading, writing and scanning throw where it may succeed later. */
export async function workOnAttachment(access: ScanAccess, job: AttachmentJob): Promise<Worked> {
  const found = await readAttachment(access, job, job.attachmentId);
  if (found === undefined) return { outcome: "unknown" };
  const { value: document } = found;
  const now = access.now();
  if (isScanning(document)) return scan(access, job, document, now);
  if (!isDue(document, now)) return { outcome: "waiting" };
  if (document.kind === "requestAttachment" && document.progress.state === "uploading")
    return conclude(access, job, document, { state: "refused", code: "uploadAbandoned" });
  return discardForGood(access, job, document, now);
}

const isScanning = (document: AttachmentDocument): document is Scanning =>
  document.kind === "requestAttachment" && document.progress.state === "scanning";

async function scan(
  access: ScanAccess,
  job: AttachmentJob,
  document: Scanning,
  now: string,
): Promise<Worked> {
  // What is tried and fails again and again has its turn as rarely as what is lost.
  await postpone(access, job, document, now);
  const verdict = await examineForADay(access, document, now);
  if (verdict.state !== "scanAgain") return conclude(access, job, document, verdict);
  // Only after a look: an outage of all that is here says nothing of the scanner.
  if (isScanOverdue(document.progress.since, now))
    return conclude(access, job, document, refused("notScanned"));
  await postpone(access, job, document, now, SCANNER_AGAIN_MS);
  return { outcome: "scanAgain", cause: verdict.reason };
}

/** What fails whenever it is tried is given up: a store or network that is away says nothing of the file. */
async function examineForADay(access: ScanAccess, document: Scanning, now: string): Promise<Examined> {
  try {
    return await examine(access, document);
  } catch (error) {
    const isAway = asUnavailable(error) instanceof UnavailableError;
    if (isAway || !isScanOverdue(document.progress.since, now)) throw error;
    return refused("notInspected");
  }
}

type Examined = Verdict | { readonly state: "scanAgain"; readonly reason: string };

const refused = (code: RefusalCode): Verdict => ({ state: "refused", code });

async function examine(access: ScanAccess, document: Scanning): Promise<Examined> {
  const { arrivedBytes } = document.progress;
  if (arrivedBytes > ATTACHMENT_BYTES_MAX) return refused("tooLarge");
  if (arrivedBytes !== document.size) return refused(arrivedBytes === 0 ? "empty" : "sizeMismatch");
  try {
    return await examineUpload(access, document);
  } catch (error) {
    const unreadable = unreadableIn(error);
    if (unreadable === undefined) throw error;
    return refused(unreadable.reason);
  }
}

/** Whoever reads for somebody else may wrap what reading threw. */
function unreadableIn(error: unknown): UploadUnreadableError | undefined {
  if (error instanceof UploadUnreadableError) return error;
  return error instanceof Error && error.cause !== undefined ? unreadableIn(error.cause) : undefined;
}

async function examineUpload(
  { attachmentFiles, scanner }: ScanAccess,
  { attachmentId, name, expectedSha256, progress }: Scanning,
): Promise<Examined> {
  const upload = attachmentFiles.upload(attachmentId, {
    tag: progress.uploadTag,
    bytes: progress.arrivedBytes,
  });
  const inspection = await inspectContent(upload, name);
  if (inspection.outcome === "refused") return refused(inspection.reason);
  const scanned = scanOutcome(await scanner.scan(rangesOf(upload)));
  if (typeof scanned !== "string") return scanned;
  const { sha256 } = await attachmentFiles.keep(attachmentId, rangesOf(upload));
  if (expectedSha256 !== null && sha256 !== expectedSha256) return refused("checksumMismatch");
  const { mediaType, extension } = inspection;
  return { state: "clean", sha256, mediaType, extension, scan: scanned };
}

function scanOutcome(result: ScanResult): "clean" | "notConfigured" | Examined {
  if (result.verdict === "clean") return "clean";
  if (result.verdict === "infected") return refused("malware");
  if (result.reason === "notConfigured") return "notConfigured";
  return result.reason === "tooLarge"
    ? refused("scanLimitExceeded")
    : { state: "scanAgain", reason: result.reason };
}

async function* rangesOf(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.size; at += BLOCK_BYTES)
    yield await readExactly(source, at, Math.min(BLOCK_BYTES, source.size - at));
}

/** Unless it was decided meanwhile, whether by somebody who removed it or by another who scanned it. */
async function conclude(
  access: ScanAccess,
  job: AttachmentJob,
  seen: Attachment,
  verdict: Verdict,
): Promise<Worked> {
  const { customerId, attachmentId } = job;
  await changeWithRequest(access, job, attachmentId, (known, found) => {
    if (known === undefined || found?.value.kind !== "requestAttachment") return undefined;
    if (stageOf(found.value) !== stageOf(seen)) return undefined;
    const doing: Doing = {
      customerId,
      actor: { subject: "attachment-scan" },
      at: access.now(),
      key: `decide~${attachmentId}`,
    };
    return decided(doing, known, { value: found.value, etag: found.etag }, verdict);
  });
  const found = await readAttachment(access, job, attachmentId);
  if (found === undefined) return { outcome: "unknown" };
  const outcome = outcomeOf(found.value);
  // Completed anew meanwhile, with a job of its own.
  if (outcome === "waiting") return { outcome };
  try {
    await discardWhatMustGo(access, found.value);
  } catch (cause) {
    return { outcome, cause };
  }
  return { outcome };
}

function outcomeOf(document: AttachmentDocument): Worked["outcome"] {
  if (document.kind === "removedAttachment") return "discarded";
  const { state } = document.progress;
  return state === "clean" || state === "refused" ? state : "waiting";
}

/** Of one that is clean its upload; of any other everything. */
export async function discardWhatMustGo(
  { attachmentFiles }: { readonly attachmentFiles: Pick<AttachmentFiles, "discardUpload" | "discard"> },
  document: AttachmentDocument,
): Promise<void> {
  const { attachmentId } = document;
  const isKept = document.kind === "requestAttachment" && document.progress.state === "clean";
  await attachmentFiles.discardUpload(attachmentId);
  if (!isKept) await attachmentFiles.discard(attachmentId);
}

/** Nobody can write any more: what is gone now stays gone. */
async function discardForGood(
  access: ScanAccess,
  job: AttachmentJob,
  document: AttachmentDocument,
  now: string,
): Promise<Worked> {
  try {
    await discardWhatMustGo(access, document);
  } catch (cause) {
    await postpone(access, job, document, now, DISCARD_AGAIN_MS);
    return { outcome: "discardAgain", cause };
  }
  await changeAlone(access, job, document, (known) => ({ ...known, lookAt: null }));
  return { outcome: "discarded" };
}

const postpone = (
  access: ScanAccess,
  job: AttachmentJob,
  document: AttachmentDocument,
  now: string,
  afterMs?: number,
): Promise<void> => changeAlone(access, job, document, (known) => lookedAt(known, now, afterMs));

/** Where it is still at the stage at which it was seen: another may have gone on. */
async function changeAlone(
  access: ScanAccess,
  job: AttachmentJob,
  seen: AttachmentDocument,
  change: (known: AttachmentDocument) => AttachmentDocument,
): Promise<void> {
  await changeAttachment<AttachmentDocument>(
    access,
    job,
    job.attachmentId,
    (found) => {
      if (found === undefined) throw new Error(`the attachment ${job.attachmentId} is gone`);
      return found;
    },
    (known) => (stageOf(known) === stageOf(seen) ? { after: change(known) } : undefined),
  );
}

function stageOf(document: AttachmentDocument): string {
  if (document.kind === "removedAttachment") return document.kind;
  const { progress } = document;
  return progress.state === "scanning" ? `${progress.state} ${progress.uploadTag}` : progress.state;
}
