import { badRequest, CosmosError, unsupported } from "./errors.ts";

export type Headers = ReadonlyMap<string, string>;

export type CosmosRequest = {
  readonly method: string;
  readonly path: string;
  readonly segments: readonly string[];
  readonly headers: Headers;
  readonly body: string;
  readonly bodyBytes: number;
};

export type Operation =
  | "account"
  | "database"
  | "container"
  | "pkranges"
  | "read"
  | "create"
  | "upsert"
  | "replace"
  | "patch"
  | "delete"
  | "batch"
  | "bulk"
  | "queryPlan"
  | "query"
  | "changeFeed"
  | "readFeed"
  /** Something that is refused. */
  | "unsupported";

export const isTrue = (headers: Headers, name: string): boolean => /^true$/i.test(headers.get(name) ?? "");

const ITEM: Readonly<Record<string, Operation>> = {
  GET: "read",
  PUT: "replace",
  PATCH: "patch",
  DELETE: "delete",
};

/** What a request asks for, told from its method, address and headers alone. */
export function operationOf({ method, segments, headers }: CosmosRequest): Operation {
  const [dbs, , colls, , kind] = segments;
  if (segments.length === 0) return method === "GET" ? "account" : "unsupported";
  if (dbs !== "dbs") return "unsupported";
  if (segments.length <= 2) return "database";
  if (colls !== "colls") return "unsupported";
  if (segments.length <= 4) return "container";
  if (kind === "pkranges") return segments.length === 5 && method === "GET" ? "pkranges" : "unsupported";
  if (kind !== "docs" || segments.length > 6) return "unsupported";
  if (segments.length === 6) return ITEM[method] ?? "unsupported";
  if (method === "GET") return headers.has("a-im") ? "changeFeed" : "readFeed";
  return method === "POST" ? postedTo(headers) : "unsupported";
}

function postedTo(headers: Headers): Operation {
  if (isTrue(headers, "x-ms-cosmos-is-batch-request")) {
    return isTrue(headers, "x-ms-cosmos-batch-atomic") ? "batch" : "bulk";
  }
  if (isTrue(headers, "x-ms-cosmos-is-query-plan-request")) return "queryPlan";
  if (isTrue(headers, "x-ms-documentdb-isquery")) return "query";
  return isTrue(headers, "x-ms-documentdb-is-upsert") ? "upsert" : "create";
}

/** Headers that would change what a request means, and that are not served here. */
const REFUSED_HEADERS: ReadonlyMap<string, string> = new Map([
  ["x-ms-documentdb-pre-trigger-include", "triggers"],
  ["x-ms-documentdb-post-trigger-include", "triggers"],
  ["x-ms-start-epk", "feed ranges smaller than a physical partition"],
  ["x-ms-end-epk", "feed ranges smaller than a physical partition"],
  ["x-ms-cosmos-changefeed-wire-format-version", "the change feed of all versions and deletes"],
]);

/** @throws CosmosError 501 */
export function refuseHeaders(headers: Headers): void {
  for (const [name, what] of REFUSED_HEADERS) {
    if (headers.has(name)) throw unsupported(what);
  }
}

/** @throws CosmosError 400 for an address that cannot be decoded. */
export function segmentsOf(path: string): readonly string[] {
  try {
    return path
      .split("/")
      .filter((segment) => segment !== "")
      .map(decodeURIComponent);
  } catch {
    throw badRequest("The request url is invalid.");
  }
}

export function methodNotAllowed(): CosmosError {
  return new CosmosError(405, "MethodNotAllowed", "The requested verb is not supported.");
}
