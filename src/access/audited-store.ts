import type { Container } from "@azure/cosmos";
import type { CustomerId } from "../agreements/ids.ts";
import { BATCH_OPERATIONS_MAX, type BatchOperation, commitBatch } from "../platform/cosmos.ts";

type Kept = { readonly id: string; readonly kind: string };

/** One change of what is kept of a customer, all or nothing, with its entries in the audit trail (AC-09). */
export type AuditedChange<Written extends Kept, Created extends Kept> = {
  readonly customerId: CustomerId;
  /** What is written over as it was read; `etag` undefined: there is none yet. */
  readonly writes: readonly { readonly document: Written; readonly etag: string | undefined }[];
  /** What is new and never there yet. */
  readonly created: readonly Created[];
};

/** `overtaken`: a document is no longer as it was read. `repeated`: the same request made the change before. */
export type AuditedCommit =
  | { readonly outcome: "committed"; readonly etags: ReadonlyMap<string, string> }
  | { readonly outcome: "overtaken" | "repeated" };

/** @throws RangeError when the change is larger than a transaction. */
export async function commitAudited<Written extends Kept, Created extends Kept>(
  container: Container,
  change: AuditedChange<Written, Created>,
): Promise<AuditedCommit> {
  const operations = auditedOperations(change);
  const result = await commitBatch(container, change.customerId, operations);
  if (result.outcome === "refused") return auditedRefusal(operations[result.index]?.document);
  const etags = operations.map(({ document }, index) => [document.id, result.etags[index] ?? ""] as const);
  return { outcome: "committed", etags: new Map(etags) };
}

/** The entry of the audit trail comes first: it tells a repeated request from one that was overtaken. */
export function auditedOperations<Written extends Kept, Created extends Kept>({
  writes,
  created,
}: AuditedChange<Written, Created>): BatchOperation<Written | Created>[] {
  const entries = created.filter(({ kind }) => kind === "auditEntry");
  const others = created.filter(({ kind }) => kind !== "auditEntry");
  const operations: BatchOperation<Written | Created>[] = [
    ...entries.map((document) => ({ type: "create" as const, document })),
    ...writes.map(
      ({ document, etag }): BatchOperation<Written | Created> =>
        etag === undefined ? { type: "create", document } : { type: "replace", document, etag },
    ),
    ...others.map((document) => ({ type: "create" as const, document })),
  ];
  if (operations.length <= BATCH_OPERATIONS_MAX) return operations;
  throw new RangeError(`a change has at most ${BATCH_OPERATIONS_MAX} documents, not ${operations.length}`);
}

/** @param document that the transaction was refused for. */
export const auditedRefusal = (document: Kept | undefined): AuditedCommit => ({
  outcome: document?.kind === "auditEntry" ? "repeated" : "overtaken",
});
