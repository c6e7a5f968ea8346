import type { Account } from "./account.ts";
import { type BatchOutcome, runBatch, runBulk } from "./batch.ts";
import { changeFeedPage } from "./change-feed.ts";
import { charges, METADATA, QUERY_PLAN } from "./charges.ts";
import type { Container } from "./container.ts";
import { badRequest, CosmosError, SUBSTATUS } from "./errors.ts";
import { type ItemOperationType, runItemOperation } from "./item-operations.ts";
import { anyJson, isObject, type Json, type JsonObject, parseJson } from "./json.ts";
import { parsePartitionKey } from "./partition-key.ts";
import { requestedPage } from "./query-request.ts";
import { keyRanges, rangeOfKey } from "./ranges.ts";
import { type CosmosRequest, methodNotAllowed, type Operation } from "./routes.ts";

export type CosmosResponse = {
  readonly status: number;
  /** JSON text. */
  readonly body: string | undefined;
  readonly charge: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly examined: number;
};

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

function handleDatabase(account: Account, { method, segments, body }: CosmosRequest): CosmosResponse {
  const [, id] = segments;
  if (id === undefined) {
    if (method === "GET") return answer(200, feed("Databases", account.databases(), ""), METADATA);
    if (method === "POST") return answer(201, account.createDatabase(objectBody(body)), METADATA);
    throw methodNotAllowed();
  }
  if (method === "GET") return answer(200, account.database(id).resource, METADATA);
  if (method !== "DELETE") throw methodNotAllowed();
  account.deleteDatabase(id);
  return answer(204, undefined, METADATA);
}

function handleContainer(account: Account, { method, segments, body }: CosmosRequest): CosmosResponse {
  const [, database = "", , id] = segments;
  if (id === undefined) {
    const { rid } = account.database(database);
    if (method === "GET") {
      return answer(200, feed("DocumentCollections", account.containers(database), rid), METADATA);
    }
    if (method === "POST") {
      return answer(201, account.createContainer(database, objectBody(body)), METADATA);
    }
    throw methodNotAllowed();
  }
  switch (method) {
    case "GET":
      return answer(200, account.container(database, id).definition.resource, METADATA);
    case "PUT":
      return answer(200, account.replaceContainer(database, id, objectBody(body)), METADATA);
    case "DELETE":
      account.deleteContainer(database, id);
      return answer(204, undefined, METADATA);
    default:
      throw methodNotAllowed();
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

function keyRangeFeed(container: Container, request: CosmosRequest): CosmosResponse {
  const etag = '"1"';
  if (request.headers.get("if-none-match") === etag) {
    return withHeaders(answer(304, undefined, METADATA), { etag });
  }
  const ranges = keyRanges(container.rangeCount).map((range) => ({
    ...range,
    _rid: `${container.rid}${range.id}`,
    _etag: etag,
    ridPrefix: Number(range.id),
    throughputFraction: 1 / container.rangeCount,
    status: "online",
    parents: [],
  }));
  return withHeaders(answer(200, feed("PartitionKeyRanges", ranges, container.rid), METADATA), { etag });
}

function accountResource(endpoint: string): JsonObject {
  const locations = [{ name: "Local", databaseAccountEndpoint: endpoint }];
  return {
    _self: "",
    id: "local",
    _rid: "local",
    media: "//media/",
    addresses: "//addresses/",
    _dbs: "//dbs/",
    writableLocations: locations,
    readableLocations: locations,
    enableMultipleWriteLocations: false,
    userReplicationPolicy: {},
    userConsistencyPolicy: { defaultConsistencyLevel: "Session" },
    systemReplicationPolicy: {},
    readPolicy: {},
    queryEngineConfiguration: "{}",
  };
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

function objectBody(text: string): JsonObject {
  const body = anyJson.parse(parseJson(text));
  if (!isObject(body)) throw badRequest("The request payload must be an object.");
  return body;
}

function feed(name: string, resources: readonly JsonObject[], rid: string): JsonObject {
  return { _rid: rid, [name]: resources, _count: resources.length };
}

function answer(status: number, body: Json | undefined, charge: number): CosmosResponse {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const etag = isObject(body) && typeof body["_etag"] === "string" ? { etag: body["_etag"] } : {};
  return { status, body: text, charge, headers: etag, examined: 0 };
}

function withHeaders(response: CosmosResponse, headers: Readonly<Record<string, string>>): CosmosResponse {
  return { ...response, headers: { ...response.headers, ...headers } };
}
