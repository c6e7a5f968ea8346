import * as z from "zod";
import type { Container } from "./container.ts";
import { badRequest } from "./errors.ts";
import { anyJson, type JsonObject, parseJson, type Value } from "./json.ts";
import type { Partition } from "./partition.ts";
import { parsePartitionKey } from "./partition-key.ts";
import { parseCached, type QueryPage, runQuery } from "./query.ts";
import { type CompiledQuery, compileQuery } from "./query-compile.ts";
import { queryPlan, requireServableAcrossPartitions } from "./query-plan.ts";
import { type CosmosRequest, isTrue } from "./routes.ts";

const queryBody = z.object({
  query: z.string(),
  parameters: z
    .array(z.object({ name: z.string().regex(/^@[A-Za-z_]\w*$/), value: anyJson.optional() }))
    .default([]),
});

export type QueryResult =
  | { readonly kind: "plan"; readonly plan: JsonObject }
  | { readonly kind: "page"; readonly page: QueryPage };

/** @throws CosmosError 400 for what the service refuses, 501 for what is outside the subset. */
export function requestedPage(
  container: Container,
  operation: "query" | "queryPlan" | "readFeed",
  request: CosmosRequest,
  pageSize: number,
): QueryResult {
  const { text, parameters } =
    operation === "readFeed" ? { text: "SELECT * FROM c", parameters: new Map() } : parseBody(request.body);
  const compiled = compileQuery(parseCached(text), parameters, container.definition.indexingPolicy);
  if (operation === "queryPlan") return { kind: "plan", plan: queryPlan(compiled) };
  const partitions = partitionsOf(container, operation, compiled, request);
  const page = runQuery(compiled, partitions, pageSize, request.headers.get("x-ms-continuation"));
  return { kind: "page", page };
}

/** One partition by its key, one physical partition by its id, or all of them, for which the client must ask. */
function partitionsOf(
  container: Container,
  operation: "query" | "readFeed",
  compiled: CompiledQuery,
  { headers }: CosmosRequest,
): readonly Partition[] {
  const key = headers.get("x-ms-documentdb-partitionkey");
  if (key !== undefined && key !== "[]") {
    const partition = container.partition(parsePartitionKey(key));
    return partition === undefined ? [] : [partition];
  }
  const range = headers.get("x-ms-documentdb-partitionkeyrangeid");
  if (range !== undefined) return container.partitions(Number(range));
  if (operation === "query" && !isTrue(headers, "x-ms-documentdb-query-enablecrosspartition")) {
    throw badRequest(
      "Cross partition query is required but disabled. Please set x-ms-documentdb-query-enablecrosspartition to true, " +
        "specify x-ms-documentdb-partitionkey, or revise your query to avoid this exception.",
    );
  }
  requireServableAcrossPartitions(compiled);
  return container.partitions();
}

function parseBody(body: string): {
  readonly text: string;
  readonly parameters: ReadonlyMap<string, Value>;
} {
  const parsed = queryBody.safeParse(parseJson(body));
  if (!parsed.success) {
    throw badRequest(
      "The query is not of the expected form; parameter names are '@' followed by a valid identifier.",
    );
  }
  const parameters = new Map(parsed.data.parameters.map(({ name, value }) => [name, value]));
  if (parameters.size < parsed.data.parameters.length)
    throw badRequest("Specified duplicate parameter name.");
  return { text: parsed.data.query, parameters };
}
