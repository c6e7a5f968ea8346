import type { Container } from "@azure/cosmos";
import type { AuditEntry } from "../access/audit-entry.ts";
import { type AuditedChange, type AuditedCommit, commitAudited } from "../access/audited-store.ts";
import type { AgreementId, CustomerId } from "../agreements/ids.ts";
import type { Message } from "../messages/message.ts";
import { type Query, queryAll, readItem, sql, type Versioned, versioned } from "../platform/cosmos.ts";
import { type NoticeState, noticeStateSchema } from "./crossing.ts";
import { type Notice, noticeSchema } from "./notice.ts";
import { NOTICE_SETTINGS_DOCUMENT_ID, type NoticeSettings, noticeSettingsSchema } from "./notice-settings.ts";
import type { Webhook } from "./webhook.ts";
import type { WebhookDelivery } from "./webhook-delivery.ts";

type WrittenDocument = NoticeSettings | NoticeState | Webhook | WebhookDelivery;
type CreatedDocument = Notice | Message | WebhookDelivery | AuditEntry;
export type NoticeDocument = WrittenDocument | CreatedDocument;

/** One change of a customer's notices, settings or webhooks. */
export type NoticeChange = AuditedChange<WrittenDocument, CreatedDocument>;

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
  readonly commit: (change: NoticeChange) => Promise<AuditedCommit>;
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
    commit: (change) => commitAudited(container, change),
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
