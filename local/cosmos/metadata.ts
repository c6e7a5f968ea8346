import type { Account } from "./account.ts";
import { METADATA } from "./charges.ts";
import type { Container } from "./container.ts";
import { badRequest } from "./errors.ts";
import { isObject, type JsonObject, parseJson } from "./json.ts";
import { keyRanges } from "./ranges.ts";
import { answer, type CosmosResponse, feed, withHeaders } from "./response.ts";
import { type CosmosRequest, methodNotAllowed } from "./routes.ts";

export function handleDatabase(account: Account, { method, segments, body }: CosmosRequest): CosmosResponse {
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

export function handleContainer(account: Account, { method, segments, body }: CosmosRequest): CosmosResponse {
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

export function keyRangeFeed(container: Container, request: CosmosRequest): CosmosResponse {
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

export function accountResource(endpoint: string): JsonObject {
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

function objectBody(text: string): JsonObject {
  const body = parseJson(text);
  if (!isObject(body)) throw badRequest("The request payload must be an object.");
  return body;
}
