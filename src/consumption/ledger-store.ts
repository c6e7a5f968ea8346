/**
 * Where ledgers are kept. Promise: `commit` writes all of its operations or none; each `replace` only if the document
 * is still as it was read. Whatever is read after a document is at least as new as it.
 * An error that is thrown leaves it open whether a commit was written; a result that is returned does not.
 */
import type { Container } from "@azure/cosmos";
import * as z from "zod";
import {
  BATCH_OPERATIONS_MAX,
  type BatchOperation,
  type BatchResult,
  commitBatch,
  isOneOf,
  queryAll,
  queryPages,
  readItem,
  sql,
  type Versioned,
  versioned,
} from "../platform/cosmos.ts";
import {
  type AgreementEntry,
  type Awaited,
  agreementEntrySchema,
  awaitedSchema,
  type Entry,
  entrySchema,
  HEAD_ID,
  type Head,
  headSchema,
  type LedgerId,
  ledgerIdSchema,
} from "./entry.ts";
import { type Rollup, rollupSchema } from "./rollup.ts";

export const OPERATIONS_MAX = BATCH_OPERATIONS_MAX;

export type LedgerDocument = Head | Rollup | Entry | AgreementEntry | Awaited;

export type LedgerOperation = Exclude<BatchOperation<LedgerDocument>, { readonly type: "upsert" }>;
export type CommitResult = BatchResult;

const factDocumentSchema = z.discriminatedUnion("kind", [entrySchema, agreementEntrySchema, awaitedSchema]);
export type FactDocument = z.infer<typeof factDocumentSchema>;

const knownSchema = z.object({
  id: z.string(),
  kind: z.string(),
  hash: z.string().optional(),
  recordedAt: z.string().optional(),
  state: z.string().optional(),
  code: z.string().optional(),
  wasAwaited: z.boolean().optional(),
});
export type KnownFact = z.infer<typeof knownSchema>;

export type LedgerStore = {
  readonly readHead: (ledgerId: LedgerId) => Promise<Versioned<Head> | undefined>;
  readonly readRollups: (ledgerId: LedgerId, ids: readonly string[]) => Promise<readonly Versioned<Rollup>[]>;
  readonly readFact: (ledgerId: LedgerId, id: string) => Promise<Versioned<FactDocument> | undefined>;
  /** Which of these facts are there, at most `OPERATIONS_MAX` of them. */
  readonly identify: (ledgerId: LedgerId, ids: readonly string[]) => Promise<readonly KnownFact[]>;
  /** Whatever names one of these entries as what it reverses. */
  readonly reversalsOf: (
    ledgerId: LedgerId,
    entryIds: readonly string[],
  ) => Promise<readonly Versioned<Entry>[]>;
  readonly agreementEntries: (ledgerId: LedgerId) => Promise<readonly AgreementEntry[]>;
  readonly allRollups: (ledgerId: LedgerId) => Promise<readonly Versioned<Rollup>[]>;
  /** Every entry of the ledger, or of one month of it, in pages. */
  readonly entries: (ledgerId: LedgerId, month?: string) => AsyncIterable<readonly Versioned<Entry>[]>;
  readonly commit: (ledgerId: LedgerId, operations: readonly LedgerOperation[]) => Promise<CommitResult>;
  /** Ledgers whose terms changed: roll-ups are not all settled to them, or rejections wait to be tried again. */
  readonly unsettled: () => Promise<readonly LedgerId[]>;
  readonly allLedgers: () => AsyncIterable<readonly LedgerId[]>;
};

export function cosmosLedgerStore(container: Container): LedgerStore {
  return {
    readHead: (ledgerId) => readItem(container, HEAD_ID, ledgerId, headSchema),
    readRollups: (ledgerId, ids) => readRollups(container, ledgerId, ids),
    readFact: (ledgerId, id) => readItem(container, id, ledgerId, factDocumentSchema),
    identify: (ledgerId, ids) => {
      const { text, parameters } = isOneOf("c.id", "id", ids);
      const members = "c.id, c.kind, c.hash, c.recordedAt, c.state, c.code, c.wasAwaited";
      return queryAll(
        container,
        ledgerId,
        sql(`SELECT ${members} FROM c WHERE ${text}`, parameters),
        knownSchema,
      );
    },
    reversalsOf: (ledgerId, entryIds) => {
      const { text, parameters } = isOneOf("c.reverses", "entryId", entryIds);
      const query = sql(`SELECT * FROM c WHERE c.kind = 'entry' AND ${text}`, parameters);
      return queryAll(container, ledgerId, query, versioned(entrySchema));
    },
    agreementEntries: (ledgerId) =>
      queryAll(
        container,
        ledgerId,
        sql("SELECT * FROM c WHERE c.kind = 'agreementEntry'"),
        agreementEntrySchema,
      ),
    allRollups: (ledgerId) =>
      queryAll(container, ledgerId, sql("SELECT * FROM c WHERE c.kind = 'rollup'"), versioned(rollupSchema)),
    entries: (ledgerId, month) =>
      queryPages(
        container,
        ledgerId,
        month === undefined
          ? sql("SELECT * FROM c WHERE c.kind = 'entry'")
          : sql("SELECT * FROM c WHERE c.kind = 'entry' AND c.at >= @from AND c.at < @to", {
              from: month,
              to: `${month}~`,
            }),
        versioned(entrySchema),
      ),
    commit: (ledgerId, operations) => commitBatch(container, ledgerId, operations),
    unsettled: () =>
      queryAll(
        container,
        undefined,
        sql(
          "SELECT VALUE c.ledgerId FROM c WHERE c.kind = 'head' AND (c.settledRevision < c.revision OR IS_DEFINED(c.mending))",
        ),
        ledgerIdSchema,
      ),
    allLedgers: () =>
      queryPages(
        container,
        undefined,
        sql("SELECT VALUE c.ledgerId FROM c WHERE c.kind = 'head'"),
        ledgerIdSchema,
      ),
  };
}

async function readRollups(
  container: Container,
  ledgerId: LedgerId,
  ids: readonly string[],
): Promise<readonly Versioned<Rollup>[]> {
  const [only, ...others] = ids;
  if (only === undefined) return [];
  if (others.length === 0) {
    const rollup = await readItem(container, only, ledgerId, rollupSchema);
    return rollup === undefined ? [] : [rollup];
  }
  const { text, parameters } = isOneOf("c.id", "id", ids);
  const query = sql(`SELECT * FROM c WHERE ${text}`, parameters);
  return queryAll(container, ledgerId, query, versioned(rollupSchema));
}
