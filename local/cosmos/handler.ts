import type { Account } from "./account.ts";
import { type BatchOutcome, runBatch, runBulk } from "./batch.ts";
import { changeFeedPage } from "./change-feed.ts";
import { charges, METADATA, QUERY_PLAN } from "./charges.ts";
import type { Container } from "./container.ts";
import { badRequest, CosmosError, SUBSTATUS } from "./errors.ts";
import { type ItemOperationType, runItemOperation } from "./item-operations.ts";
import { parseJson } from "./json.ts";
import { accountResource, handleContainer, handleDatabase, keyRangeFeed } from "./metadata.ts";
import { parsePartitionKey } from "./partition-key.ts";
import { requestedPage } from "./query-request.ts";
import { rangeOfKey } from "./ranges.ts";
import { answer, type CosmosResponse, feed, withHeaders } from "./response.ts";
import type { CosmosRequest, Operation } from "./routes.ts";

const MAX_FEED_ITEMS = 1000;
const DEFAULT_PAGE = 100;

/**
 * Answers one request in one synchronous turn: nothing else can come between what it reads and what it writes.
 * @throws CosmosError
 */
export function handle(
  account: Account,
  endpoint: string,
  operation: Exclude<Operation, "unsupported">,
  request: CosmosRequest,
): CosmosResponse {
  switch (operation) {
    case "account":
      return answer(200, accountResource(endpoint), METADATA);
    case "database":
      return handleDatabase(account, request);
    case "container":
      return handleContainer(account, request);
    default: {
      const [, database = "", , id = ""] = request.segments;
      const container = account.container(database, id);
      const response = handleInContainer(container, operation, request);
      return withHeaders(response, {
        "x-ms-session-token": `${rangeOfRequest(container, request)}:-1#${container.lsn}`,
        "x-ms-alt-content-path": `dbs/${database}/colls/${id}`,
        "x-ms-content-path": container.rid,
      });
    }
  }
}

function handleInContainer(
  container: Container,
  operation: Exclude<Operation, "unsupported" | "account" | "database" | "container">,
  request: CosmosRequest,
): CosmosResponse {
  switch (operation) {
    case "pkranges":
      return keyRangeFeed(container, request);
    case "read":
      requireSession(container, request);
      return itemResponse(container, "Read", request);
    case "create":
      return itemResponse(container, "Create", request);
    case "upsert":
      return itemResponse(container, "Upsert", request);
    case "replace":
      return itemResponse(container, "Replace", request);
    case "patch":
      return itemResponse(container, "Patch", request);
    case "delete":
      return itemResponse(container, "Delete", request);
    case "batch": {
      const { body, bodyBytes } = request;
      const keyText = requiredKey(request);
      return batchResponse(runBatch(container, keyText, parseJson(body), bodyBytes, isMinimal(request)));
    }
    case "bulk":
      return batchResponse(runBulk(container, parseJson(request.body), isMinimal(request)));
    case "queryPlan":
    case "query":
    case "readFeed":
      requireSession(container, request);
      return queryResponse(container, operation, request);
    case "changeFeed":
      requireSession(container, request);
      return changeFeedResponse(container, request);
  }
}

function itemResponse(container: Container, type: ItemOperationType, request: CosmosRequest): CosmosResponse {
  const keyText = requiredKey(request);
  const transaction = container.begin(keyText);
  const { status, item, charge } = runItemOperation(container, keyText, transaction, {
    type,
    id: request.segments[5],
    body: request.body === "" ? undefined : parseJson(request.body),
    ifMatch: request.headers.get("if-match"),
    ifNoneMatch: request.headers.get("if-none-match"),
  });
  transaction.commit();
  const response = answer(status, status === 304 ? undefined : item?.document, charge);
  return item === undefined ? response : withHeaders(response, { etag: item.etag });
}

function batchResponse({ status, results, charge }: BatchOutcome): CosmosResponse {
  return answer(status, results, charge);
}

function queryResponse(
  container: Container,
  operation: "query" | "queryPlan" | "readFeed",
  request: CosmosRequest,
): CosmosResponse {
  const result = requestedPage(container, operation, request, itemLimit(request));
  if (result.kind === "plan") return answer(200, result.plan, QUERY_PLAN);
  const { rows, continuation, charge, examined } = result.page;
  const body = `{"_rid":"${container.rid}","Documents":[${rows.join(",")}],"_count":${rows.length}}`;
  const headers = {
    "x-ms-item-count": String(rows.length),
    ...(continuation === undefined ? {} : { "x-ms-continuation": continuation }),
  };
  return { status: 200, body, charge, headers, examined };
}

function changeFeedResponse(container: Container, request: CosmosRequest): CosmosResponse {
  const key = request.headers.get("x-ms-documentdb-partitionkey");
  const range = request.headers.get("x-ms-documentdb-partitionkeyrangeid");
  if (key === undefined && range === undefined && container.rangeCount > 1) {
    throw badRequest("A change feed needs a partition key or a partition key range.");
  }
  const log =
    key === undefined
      ? container.rangeLog(Number(range ?? 0))
      : container.partition(parsePartitionKey(key))?.log;
  const { documents, etag } = changeFeedPage(log, container.lsn, {
    mode: request.headers.get("a-im"),
    ifNoneMatch: request.headers.get("if-none-match"),
    ifModifiedSince: request.headers.get("if-modified-since"),
    limit: itemLimit(request),
  });
  if (documents.length === 0) {
    return withHeaders(answer(304, undefined, charges.changeFeed(0)), { etag });
  }
  const response = answer(200, feed("Documents", documents, container.rid), 0);
  const charge = charges.changeFeed(Buffer.byteLength(response.body ?? ""));
  return withHeaders({ ...response, charge }, { etag });
}

/** A reader that has seen a later write than this container has made must not be answered with an older state. */
function requireSession(container: Container, { headers }: CosmosRequest): void {
  for (const part of (headers.get("x-ms-session-token") ?? "").split(",")) {
    const seen = Number(/#(\d+)/.exec(part)?.[1] ?? 0);
    if (seen <= container.lsn) continue;
    throw new CosmosError(404, "NotFound", "The read session is not available for the input session token.", {
      substatus: SUBSTATUS.readSessionNotAvailable,
    });
  }
}

function requiredKey({ headers }: CosmosRequest): string {
  const key = headers.get("x-ms-documentdb-partitionkey");
  if (key !== undefined) return parsePartitionKey(key);
  throw badRequest("PartitionKey value must be supplied for this operation.", SUBSTATUS.partitionKeyMismatch);
}

function rangeOfRequest(container: Container, { headers }: CosmosRequest): number {
  const key = headers.get("x-ms-documentdb-partitionkey");
  if (key !== undefined) return rangeOfKey(parsePartitionKey(key), container.rangeCount);
  return Number(headers.get("x-ms-documentdb-partitionkeyrangeid") ?? 0);
}

function itemLimit({ headers }: CosmosRequest): number {
  const asked = Number(headers.get("x-ms-max-item-count") ?? DEFAULT_PAGE);
  if (!Number.isInteger(asked) || asked === 0 || asked < -1) {
    throw badRequest("The value of x-ms-max-item-count is invalid.");
  }
  return asked === -1 ? MAX_FEED_ITEMS : asked;
}

const isMinimal = ({ headers }: CosmosRequest): boolean =>
  /return=minimal/i.test(headers.get("prefer") ?? "");
