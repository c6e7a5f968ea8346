import type { Container } from "@azure/cosmos";
import * as z from "zod";
import type { AuditEntry } from "../access/audit-entry.ts";
import { type CustomerId, customerIdSchema } from "../agreements/ids.ts";
import {
  commitBatch,
  firstOf,
  isOneOf,
  queryAll,
  queryPages,
  readItem,
  saveItem,
  sql,
  type Versioned,
  versioned,
} from "../platform/cosmos.ts";
import type { SupportRequest } from "./request.ts";
import { type RequestKey, requestDocumentId, requestNumberSchema, supportRequestSchema } from "./request.ts";
import {
  CALENDAR_DOCUMENT_ID,
  type CalendarChange,
  type CalendarFacts,
  type CustomerCalendar,
  customerCalendarSchema,
} from "./target-calendar.ts";
import type { TargetCalendar } from "./target-check.ts";

/** What is known of a request and of the calendar by which its targets are counted. */
type RequestWithCalendar = {
  readonly known: Versioned<SupportRequest> | undefined;
  readonly facts: CalendarFacts;
};

/**
 * Calendars of customers and the requests that are counted by them, beside one another in the customer's partition.
 * Promise: a change of a calendar and its entry in the audit trail are one transaction.
 */
export type CalendarStore = {
  /** One query in one partition. */
  readonly facts: (customerId: CustomerId) => Promise<CalendarFacts>;
  /** The same with a request: still one query. */
  readonly withRequest: (key: RequestKey) => Promise<RequestWithCalendar>;
  /** One point read. */
  readonly read: (customerId: CustomerId) => Promise<Versioned<CustomerCalendar> | undefined>;
  /** @returns false when somebody else was faster. */
  readonly commit: (change: CalendarChange) => Promise<boolean>;
  /** Customers some of whose requests may be counted by an older calendar or in another time zone, at most `limit`. */
  readonly unsettled: (limit: number) => Promise<readonly CustomerId[]>;
  /** @returns false when somebody changed it. */
  readonly settle: (calendar: Versioned<CustomerCalendar>) => Promise<boolean>;
  /** Of one customer, requests with a check that was found by a calendar before this one: one query. */
  readonly countedBefore: (
    customerId: CustomerId,
    current: TargetCalendar,
    limit: number,
  ) => Promise<readonly RequestKey[]>;
  /** Requests of all customers whose check is due, oldest first: one query, over the index. */
  readonly dueChecks: (now: string, limit: number) => Promise<readonly RequestKey[]>;
};

const keySchema = z.object({ customerId: customerIdSchema, number: requestNumberSchema });
const zonedSchema = z.object({ kind: z.literal("customer"), timeZone: z.string() });
const kindSchema = z.looseObject({ kind: z.string() });

const CUSTOMER_DOCUMENT_ID = "customer";

export function cosmosCalendarStore(container: Container): CalendarStore {
  const withDocuments = async (customerId: CustomerId, others: readonly string[]) => {
    const ids = isOneOf("c.id", "id", [CALENDAR_DOCUMENT_ID, CUSTOMER_DOCUMENT_ID, ...others]);
    // Of the customer no more than its zone: the document may be large.
    const text = `SELECT VALUE c.kind = 'customer' ? { kind: c.kind, timeZone: c.timeZone } : c FROM c WHERE ${ids.text}`;
    const found = await queryAll(container, customerId, sql(text, ids.parameters), kindSchema);
    const of = (kind: string) => found.find((document) => document.kind === kind);
    const calendar = of("businessCalendar");
    const customer = of("customer");
    const request = of("supportRequest");
    return {
      facts: {
        known: calendar === undefined ? undefined : customerCalendarSchema.parse(calendar),
        timeZone: customer === undefined ? undefined : zonedSchema.parse(customer).timeZone,
      },
      known: request === undefined ? undefined : versioned(supportRequestSchema).parse(request),
    };
  };
  return {
    facts: async (customerId) => (await withDocuments(customerId, [])).facts,
    withRequest: ({ customerId, number }) => withDocuments(customerId, [requestDocumentId(number)]),
    read: (customerId) => readItem(container, CALENDAR_DOCUMENT_ID, customerId, customerCalendarSchema),
    commit: async ({ document, etag, audit }) => {
      const result = await commitBatch<CustomerCalendar | AuditEntry>(container, document.customerId, [
        { type: "create", document: audit },
        etag === undefined ? { type: "create", document } : { type: "replace", document, etag },
      ]);
      return result.outcome === "committed";
    },
    unsettled: async (limit) => {
      const query = sql(
        `SELECT VALUE c.customerId FROM c WHERE (c.kind = 'businessCalendar' AND c.isSettled = false)
         OR (c.kind = 'customer' AND IS_DEFINED(c.zoneChange))`,
      );
      const found = await firstOf(limit, queryPages(container, undefined, query, customerIdSchema, limit));
      return [...new Set(found)];
    },
    settle: ({ value, etag }) => {
      const settled: CustomerCalendar = { ...value, isSettled: true };
      return saveItem(container, settled, settled.customerId, etag);
    },
    countedBefore: (customerId, { calendar: { timeZone }, revision }, limit) =>
      queryAll(
        container,
        customerId,
        sql(
          `SELECT TOP @limit c.customerId, c.number FROM c WHERE c.kind = 'supportRequest'
           AND c.nextTargetCheckAt > '' AND (c.targetMarks.calendarRevision < @revision
           OR (@revision = 0 AND (NOT IS_DEFINED(c.targetMarks.timeZone) OR c.targetMarks.timeZone != @timeZone)))`,
          { revision, timeZone, limit },
        ),
        keySchema,
      ),
    dueChecks: async (now, limit) => {
      // Names alone: one document that does not fit its schema holds up no other.
      const query = sql(
        `SELECT c.customerId, c.number FROM c WHERE c.kind = 'supportRequest'
         AND c.nextTargetCheckAt <= @now ORDER BY c.nextTargetCheckAt`,
        { now },
      );
      return firstOf(limit, queryPages(container, undefined, query, keySchema, limit));
    },
  };
}
