import type { Container } from "@azure/cosmos";
import * as z from "zod";
import type { AuditEntry } from "../access/audit-entry.ts";
import type { CustomerId } from "../agreements/ids.ts";
import type { Message } from "../messages/message.ts";
import {
  BATCH_OPERATIONS_MAX,
  type BatchOperation,
  type Condition,
  commitBatch,
  isOneOf,
  type Query,
  queryAll,
  readItem,
  sql,
  type Versioned,
} from "../platform/cosmos.ts";
import { beyond, type KeysetPosition } from "../platform/keyset.ts";
import { type AwaitedRequest, awaitedRequestSchema } from "./awaited-request.ts";
import {
  type RequestKey,
  type RequestSummary,
  requestDocumentId,
  requestSummarySchema,
  type SupportRequest,
  supportRequestSchema,
} from "./request.ts";
import type { RequestPart } from "./request-part.ts";

/** A document of the request that is written over as it was read; `etag` undefined: there is none yet. */
type RequestWrite = {
  readonly document: SupportRequest | RequestPart;
  readonly etag: string | undefined;
};

/** One change of a request, all or nothing: what is written, what the audit trail says of it, and whom it is told to. */
export type RequestChange = {
  readonly customerId: CustomerId;
  readonly writes: readonly RequestWrite[];
  readonly audit: readonly AuditEntry[];
  readonly messages?: readonly Message[];
};

type RequestCommit =
  | { readonly outcome: "committed"; readonly etags: ReadonlyMap<string, string> }
  | { readonly outcome: "overtaken" | "repeated" };

/** Fields that lists are put in order by; each has a composite index with the id. */
const requestSorts = [
  "createdAt",
  "changedAt",
  "closedAt",
  "number",
  "title",
  "product",
  "severityRank",
  "status",
] as const;
export type RequestSort = (typeof requestSorts)[number];

type RequestPage = {
  /** Who looks: see `visibilitySql`. */
  readonly visible: Condition;
  readonly filter: Query | undefined;
  /** All of these words, or what starts with this number in any case. */
  readonly search: { readonly words: readonly string[]; readonly number: string } | undefined;
  readonly sort: RequestSort;
  readonly descending: boolean;
  readonly after: KeysetPosition | undefined;
  readonly limit: number;
};

/** Requests of a customer, in its partition beside the audit trail and the messages that tell of them. */
export type RequestStore = {
  /** One point read. */
  readonly read: (key: RequestKey) => Promise<Versioned<SupportRequest> | undefined>;
  /** The same, and what holds the place of one of which only e-mail came so far. */
  readonly readPlace: (key: RequestKey) => Promise<Versioned<SupportRequest | AwaitedRequest> | undefined>;
  /** One query in one partition. */
  readonly page: (customerId: CustomerId, page: RequestPage) => Promise<readonly RequestSummary[]>;
  /** How many there are. */
  readonly count: (
    customerId: CustomerId,
    page: Pick<RequestPage, "visible" | "filter" | "search">,
  ) => Promise<number>;
  /** Which of these numbers belong to requests that meet the condition, and which to any request at all. */
  readonly known: (
    customerId: CustomerId,
    numbers: readonly string[],
    visible: Condition,
  ) => Promise<{ readonly all: ReadonlySet<string>; readonly visible: ReadonlySet<string> }>;
  /** Numbers of requests that meet the condition, `limit` at most, in no order. */
  readonly visibleNumbers: (
    customerId: CustomerId,
    visible: Condition,
    limit: number,
  ) => Promise<readonly string[]>;
  /** SR-06: of all requests that nobody but their creators may know of. */
  readonly incentiveNumbers: (customerId: CustomerId) => Promise<ReadonlySet<string>>;
  /** @throws RangeError when the change is larger than a transaction. */
  readonly commit: (change: RequestChange) => Promise<RequestCommit>;
};

const placeSchema = z.discriminatedUnion("kind", [supportRequestSchema, awaitedRequestSchema]);

const SUMMARY_PATHS = Object.keys(requestSummarySchema.shape)
  .map((name) => `c.${name}`)
  .join(", ");

export function cosmosRequestStore(container: Container): RequestStore {
  const readPlace: RequestStore["readPlace"] = ({ customerId, number }) =>
    readItem(container, requestDocumentId(number), customerId, placeSchema);
  return {
    readPlace,
    read: async (key) => {
      const place = await readPlace(key);
      return place?.value.kind === "supportRequest" ? { value: place.value, etag: place.etag } : undefined;
    },
    page: (customerId, page) => queryAll(container, customerId, pageQuery(page), requestSummarySchema),
    count: async (customerId, page) => {
      const { conditions, parameters } = conditionsOf(page);
      const text = `SELECT VALUE COUNT(1) FROM c WHERE ${conditions.join(" AND ")}`;
      const counts = await queryAll(container, customerId, withParameters(text, parameters), z.int());
      return counts[0] ?? 0;
    },
    known: async (customerId, numbers, visible) => {
      const numbered = isOneOf("c.number", "n", numbers);
      const query = sql(
        `SELECT c.number, ${visible.text} AS isVisible FROM c WHERE c.kind = 'supportRequest' AND ${numbered.text}`,
        { ...numbered.parameters, ...visible.parameters },
      );
      const found = await queryAll(container, customerId, query, knownSchema);
      return {
        all: new Set(found.map(({ number }) => number)),
        visible: new Set(found.filter(({ isVisible }) => isVisible).map(({ number }) => number)),
      };
    },
    visibleNumbers: (customerId, { text, parameters }, limit) => {
      const select = `SELECT TOP @limit VALUE c.number FROM c WHERE c.kind = 'supportRequest' AND ${text}`;
      return queryAll(container, customerId, sql(select, { ...parameters, limit }), z.string());
    },
    incentiveNumbers: async (customerId) => {
      const query = sql(
        "SELECT VALUE c.number FROM c WHERE c.kind = 'supportRequest' AND c.isIncentiveRelated = true",
      );
      return new Set(await queryAll(container, customerId, query, z.string()));
    },
    commit: async (change) => {
      const operations = operationsOf(change);
      const result = await commitBatch(container, change.customerId, operations);
      if (result.outcome === "refused") {
        const refused = operations[result.index]?.document;
        return { outcome: refused?.kind === "auditEntry" ? "repeated" : "overtaken" };
      }
      const etags = operations.map(
        ({ document }, index) => [document.id, result.etags[index] ?? ""] as const,
      );
      return { outcome: "committed", etags: new Map(etags) };
    },
  };
}

const knownSchema = z.object({ number: z.string(), isVisible: z.boolean().optional() });

function conditionsOf({ visible, filter, search }: Pick<RequestPage, "visible" | "filter" | "search">) {
  const words = search?.words.map(
    (_, index) => `(ARRAY_CONTAINS(c.words, @word${index}) OR ARRAY_CONTAINS(c.noteWords, @word${index}))`,
  );
  const found = [
    ...(words === undefined || words.length === 0 ? [] : [words.join(" AND ")]),
    ...(search === undefined ? [] : ["STARTSWITH(c.number, @numberStart, true)"]),
  ];
  return {
    conditions: [
      "c.kind = 'supportRequest'",
      visible.text,
      ...(filter === undefined ? [] : [`(${filter.query})`]),
      ...(found.length === 0 ? [] : [`((${found.join(") OR (")}))`]),
    ],
    parameters: [
      ...sql("", {
        ...visible.parameters,
        ...(search && { numberStart: search.number }),
        ...Object.fromEntries((search?.words ?? []).map((word, index) => [`word${index}`, word])),
      }).parameters,
      ...(filter?.parameters ?? []),
    ],
  };
}

function pageQuery(page: RequestPage): Query {
  const { sort, descending, after, limit } = page;
  const { conditions, parameters } = conditionsOf(page);
  const direction = descending ? "DESC" : "ASC";
  const rest = after && beyond(`c.${sort}`, descending, after);
  const all = [...conditions, ...(rest === undefined ? [] : [rest.query])].join(" AND ");
  const text = `SELECT TOP @limit ${SUMMARY_PATHS} FROM c WHERE ${all} ORDER BY c.${sort} ${direction}, c.id ${direction}`;
  return withParameters(text, [...parameters, ...(rest?.parameters ?? []), { name: "@limit", value: limit }]);
}

const withParameters = (query: string, parameters: Query["parameters"]): Query => ({ query, parameters });

type RequestDocument = AuditEntry | Message | RequestWrite["document"];

/** Entries of the audit trail come first: they tell a repeated request from one that was overtaken. */
export function operationsOf({ writes, audit, messages = [] }: RequestChange) {
  const operations: BatchOperation<RequestDocument>[] = [
    ...audit.map((document) => ({ type: "create" as const, document })),
    ...writes.map(
      ({ document, etag }): BatchOperation<RequestDocument> =>
        etag === undefined ? { type: "create", document } : { type: "replace", document, etag },
    ),
    ...messages.map((document) => ({ type: "create" as const, document })),
  ];
  if (operations.length <= BATCH_OPERATIONS_MAX) return operations;
  throw new RangeError(`a change has at most ${BATCH_OPERATIONS_MAX} documents, not ${operations.length}`);
}
