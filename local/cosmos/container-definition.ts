import * as z from "zod";
import { badRequest, unsupported } from "./errors.ts";
import { type IndexingPolicy, indexingPolicy, requireRootPath, splitPath } from "./indexing-policy.ts";
import type { Json, JsonObject } from "./json.ts";

const RESOURCE_ID = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^/\\#?]+$/);

const partitionKey = z.object({
  paths: z.array(z.string().regex(/^\/.+/)).min(1),
  kind: z.enum(["Hash", "MultiHash", "Range"]).default("Hash"),
  version: z.number().default(2),
});

const definition = z.object({
  id: RESOURCE_ID,
  partitionKey,
  indexingPolicy: indexingPolicy.prefault({}),
});

/** What may stand in a definition and changes nothing here. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(["id", "partitionKey", "indexingPolicy"]);
const EMPTY_BY_DEFAULT: Readonly<Record<string, string>> = {
  uniqueKeyPolicy: JSON.stringify({ uniqueKeys: [] }),
  geospatialConfig: JSON.stringify({ type: "Geography" }),
};

export type ContainerDefinition = {
  readonly id: string;
  readonly partitionKeyPath: readonly string[];
  readonly indexingPolicy: IndexingPolicy;
  /** What a read of the container answers, without system properties. */
  readonly resource: JsonObject;
};

/** @throws CosmosError 400 when the service would refuse it, 501 for a feature outside the subset. */
export function parseContainerDefinition(body: JsonObject): ContainerDefinition {
  for (const [name, value] of Object.entries(body)) refuseUnsupported(name, value);
  const parsed = definition.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const at = issue?.path.join("/") ?? "";
    if (at.startsWith("indexingPolicy")) throw unsupported(`this indexing policy (${at}: ${issue?.message})`);
    throw badRequest(`The container definition is invalid: ${at}: ${issue?.message ?? ""}`);
  }
  const { paths, kind } = parsed.data.partitionKey;
  const [path] = paths;
  if (path === undefined || paths.length > 1 || kind === "MultiHash") {
    throw unsupported("hierarchical partition keys");
  }
  requireRootPath(parsed.data.indexingPolicy);
  const resource: Json = JSON.parse(JSON.stringify(parsed.data));
  if (typeof resource !== "object" || resource === null || !("id" in resource)) {
    throw badRequest("The container definition is invalid.");
  }
  return {
    id: parsed.data.id,
    partitionKeyPath: splitPath(path),
    indexingPolicy: parsed.data.indexingPolicy,
    resource,
  };
}

function refuseUnsupported(name: string, value: Json): void {
  if (name.startsWith("_") || WITHOUT_EFFECT.has(name)) return;
  if (EMPTY_BY_DEFAULT[name] === JSON.stringify(value)) return;
  throw unsupported(`a container with ${name}`);
}

/** @throws CosmosError 400 */
export function parseDatabaseId(body: JsonObject): string {
  const parsed = RESOURCE_ID.safeParse(body["id"]);
  if (!parsed.success) throw badRequest("The input name is invalid.");
  return parsed.data;
}
