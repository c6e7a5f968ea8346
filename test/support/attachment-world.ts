/** One request whose attachments are kept in memory, with a clock of its own, and what its endpoints, queue and timer do. */
import { createHash } from "node:crypto";
import type { AuditEntry } from "../../src/access/audit-entry.ts";
import type { MalwareScanner } from "../../src/platform/malware-scanner.ts";
import {
  type AttachmentDocument,
  addAttachment,
  completed,
  completionAudit,
  isDue,
  newAttachmentId,
  removed,
} from "../../src/support/attachment.ts";
import {
  changeAttachment,
  changeWithRequest,
  present,
  readAttachment,
} from "../../src/support/attachment-change.ts";
import type { AttachmentFiles } from "../../src/support/attachment-files.ts";
import {
  discardWhatMustGo,
  type ScanAccess,
  type Worked,
  workOnAttachment,
} from "../../src/support/attachment-scan.ts";
import type { SupportRequest } from "../../src/support/request.ts";
import type { Around } from "../fakes/around-stores.ts";
import { aroundFiles, memoryFiles } from "../fakes/memory-attachments.ts";
import { aroundBooking, type BookingStores, memoryBooking } from "../fakes/memory-booking.ts";
import { CREATOR, CUSTOMER_ID, doingAt, someRequest } from "./some-requests.ts";

const MINUTE_MS = 60_000;
const LINK_MS = 60 * MINUTE_MS;
const STARTED_AT = "2026-03-02T10:00:00.000Z";

export type Access = ScanAccess & { readonly attachmentFiles: AttachmentFiles };
export type AttachmentWorld = ReturnType<typeof startAttachments>;

export const sha256Of = (content: Uint8Array): string => createHash("sha256").update(content).digest("hex");

export function startAttachments(
  scan: MalwareScanner["scan"] = async () => ({ verdict: "clean" }),
  facts: Partial<SupportRequest> = {},
) {
  const kept = memoryBooking();
  const files = memoryFiles();
  const audit: AuditEntry[] = [];
  const request = someRequest(facts);
  kept.put(CUSTOMER_ID, request);
  let nowMs = Date.parse(STARTED_AT);
  const now = (): string => new Date(nowMs).toISOString();
  const doing = (key: string) => doingAt(now(), key);
  const stores: BookingStores = {
    ...kept,
    requests: {
      read: kept.requests.read,
      commit: async (change) => {
        const result = await kept.requests.commit(change);
        if (result.outcome === "committed") audit.push(...change.audit);
        return result;
      },
    },
  };
  const accessBehind = (around: Around): Access => ({
    ...aroundBooking(stores, (method, run, refusal) =>
      around(method, run, refusal === undefined ? [] : [refusal]),
    ),
    attachmentFiles: aroundFiles(files, around),
    scanner: { scan: (content) => around("scan", () => scan(content), []) },
    now,
    withTargets: async (after) => after,
    notify: async () => undefined,
    onDelay: () => undefined,
  });
  const access = accessBehind((_method, run) => run());
  const idOf = (key: string): string => newAttachmentId(request, doing(key));
  const document = async (attachmentId: string): Promise<AttachmentDocument | undefined> =>
    (await readAttachment(access, request, attachmentId))?.value;
  return {
    accessBehind,
    access,
    files,
    idOf,
    request,
    /** Actions of the trail, in their order. */
    trail: (): readonly string[] => audit.map(({ action }) => action),
    audit: (): readonly AuditEntry[] => audit,
    known: async (): Promise<SupportRequest> => {
      const found = await kept.requests.read(request);
      if (found === undefined) throw new Error("the request is gone");
      return found.value;
    },
    document,
    pass: (minutes: number): void => {
      nowMs += minutes * MINUTE_MS;
    },
    /** @returns the id, which follows from the key. */
    announce: async (
      by: Access,
      key: string,
      name: string,
      content: { readonly byteLength: number },
      sha256?: string,
    ): Promise<string> => {
      const attachmentId = idOf(key);
      const until = new Date(nowMs + LINK_MS).toISOString();
      await changeWithRequest(by, request, attachmentId, (known, found) => {
        if (known === undefined || found !== undefined) return undefined;
        const announced = { name, size: content.byteLength, sha256 };
        return addAttachment(doing(key), { email: CREATOR, name: "Zoe" }, known, announced, until);
      });
      return attachmentId;
    },
    complete: async (by: Access, attachmentId: string, sha256?: string): Promise<void> => {
      const arrived = await by.attachmentFiles.arrived(attachmentId);
      if (arrived === undefined) throw new Error("nothing arrived");
      await changeAttachment(by, request, attachmentId, present, (before) => {
        if (before.progress.state !== "uploading") return undefined;
        const after = completed(before, arrived, sha256, now());
        return { after, audit: [completionAudit(doing("completion"), request, before, after)] };
      });
    },
    work: (by: Access, attachmentId: string): Promise<Worked> =>
      workOnAttachment(by, { customerId: CUSTOMER_ID, number: request.number, attachmentId }),
    remove: async (by: Access, attachmentId: string): Promise<void> => {
      await changeWithRequest(by, request, attachmentId, (known, found) =>
        known === undefined || found?.value.kind === "removedAttachment"
          ? undefined
          : removed(doing("removal"), known, present(found)),
      );
      const left = await readAttachment(by, request, attachmentId);
      if (left !== undefined) await discardWhatMustGo(by, left.value);
    },
    /** As the timer would until nothing is due any more, and the time between. */
    settle: async (attachmentId: string): Promise<void> => {
      const STEP_MINUTES = 30;
      const STEPS_MAX = 200;
      for (let step = 0; step < STEPS_MAX; step++) {
        const found = await document(attachmentId);
        if (found === undefined || found.lookAt === null) return;
        const job = { customerId: CUSTOMER_ID, number: request.number, attachmentId };
        if (isDue(found, now())) await workOnAttachment(access, job);
        nowMs += STEP_MINUTES * MINUTE_MS;
      }
      throw new Error("it never settled");
    },
  };
}
