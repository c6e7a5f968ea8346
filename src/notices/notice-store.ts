import type { Container } from "@azure/cosmos";
import type { AuditEntry } from "../access/audit-entry.ts";
import type { AgreementId, CustomerId } from "../agreements/ids.ts";
import type { Message } from "../messages/message.ts";
import {
  BATCH_OPERATIONS_MAX,
  type BatchOperation,
  commitBatch,
  type Query,
  queryAll,
  readItem,
  sql,
  type Versioned,
  versioned,
} from "../platform/cosmos.ts";
import { type NoticeState, noticeStateSchema } from "./crossing.ts";
import { type Notice, noticeSchema } from "./notice.ts";
import { NOTICE_SETTINGS_DOCUMENT_ID, type NoticeSettings, noticeSettingsSchema } from "./notice-settings.ts";
import type { Webhook } from "./webhook.ts";
import type { WebhookDelivery } from "./webhook-delivery.ts";

/** What is written over as it was read; `etag` undefined: there is none yet. */
type NoticeWrite = {
  readonly document: NoticeSettings | NoticeState | Webhook | WebhookDelivery;
  readonly etag: string | undefined;
};
type CreatedDocument = Notice | Message | WebhookDelivery | AuditEntry;
export type NoticeDocument = NoticeWrite["document"] | CreatedDocument;

/** One change of a customer's notices, settings or webhooks, all or nothing. */
export type NoticeChange = {
  readonly customerId: CustomerId;
  readonly writes: readonly NoticeWrite[];
  /** What is new and never there yet. */
  readonly created: readonly CreatedDocument[];
};

/** `overtaken`: a document is no longer as it was read. `repeated`: the same request made the change before. */
export type NoticeCommit =
  | { readonly outcome: "committed"; readonly etags: ReadonlyMap<string, string> }
  | { readonly outcome: "overtaken" | "repeated" };

type NoticePage = {
  readonly filter: Query | undefined;
  readonly after: { readonly at: string; readonly id: string } | undefined;
  readonly limit: number;
};

/**
 * Where notices are kept: beside their customer, so that a notice, the state it follows from and whatever tells people and
 * machines of it are one transaction.
 */
export type NoticeStore = {
  readonly settings: (customerId: CustomerId) => Promise<Versioned<NoticeSettings> | undefined>;
  /** Of one agreement: one query in one partition. */
  readonly states: (
    customerId: CustomerId,
    agreementId: AgreementId,
  ) => Promise<readonly Versioned<NoticeState>[]>;
  /** Newest first, after a position. */
  readonly page: (customerId: CustomerId, page: NoticePage) => Promise<readonly Notice[]>;
  /** @throws RangeError when the change is larger than a transaction. */
  readonly commit: (change: NoticeChange) => Promise<NoticeCommit>;
};

export function cosmosNoticeStore(container: Container): NoticeStore {
  return {
    settings: (customerId) =>
      readItem(container, NOTICE_SETTINGS_DOCUMENT_ID, customerId, noticeSettingsSchema),
    states: (customerId, agreementId) =>
      queryAll(
        container,
        customerId,
        sql("SELECT * FROM c WHERE c.kind = 'noticeState' AND c.agreementId = @agreementId", { agreementId }),
        versioned(noticeStateSchema),
      ),
    page: (customerId, page) => queryAll(container, customerId, pageQuery(page), noticeSchema),
    commit: async (change) => {
      const operations = operationsOf(change);
      const result = await commitBatch(container, change.customerId, operations);
      if (result.outcome === "refused") return refusalOf(operations[result.index]?.document);
      const etags = operations.map(
        ({ document }, index) => [document.id, result.etags[index] ?? ""] as const,
      );
      return { outcome: "committed", etags: new Map(etags) };
    },
  };
}

function pageQuery({ filter, after, limit }: NoticePage): Query {
  const conditions = [
    "c.kind = 'notice'",
    ...(filter === undefined ? [] : [`(${filter.query})`]),
    ...(after === undefined ? [] : ["(c.at < @at OR (c.at = @at AND c.id < @id))"]),
  ];
  const { query, parameters } = sql(
    `SELECT TOP @limit * FROM c WHERE ${conditions.join(" AND ")} ORDER BY c.at DESC, c.id DESC`,
    { limit, ...(after === undefined ? {} : { at: after.at, id: after.id }) },
  );
  return { query, parameters: [...parameters, ...(filter?.parameters ?? [])] };
}

/** The entry of the audit trail comes first: it tells a repeated request from one that was overtaken. */
export function operationsOf({ writes, created }: NoticeChange): BatchOperation<NoticeDocument>[] {
  const entries = created.filter(({ kind }) => kind === "auditEntry");
  const others = created.filter(({ kind }) => kind !== "auditEntry");
  const operations: BatchOperation<NoticeDocument>[] = [
    ...entries.map((document) => ({ type: "create" as const, document })),
    ...writes.map(
      ({ document, etag }): BatchOperation<NoticeDocument> =>
        etag === undefined ? { type: "create", document } : { type: "replace", document, etag },
    ),
    ...others.map((document) => ({ type: "create" as const, document })),
  ];
  if (operations.length <= BATCH_OPERATIONS_MAX) return operations;
  throw new RangeError(`a change has at most ${BATCH_OPERATIONS_MAX} documents, not ${operations.length}`);
}

export const refusalOf = (document: NoticeDocument | undefined): NoticeCommit => ({
  outcome: document?.kind === "auditEntry" ? "repeated" : "overtaken",
});
