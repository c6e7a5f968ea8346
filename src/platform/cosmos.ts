/** The few facts about Cosmos DB that its SDK leaves to the caller, in one place. */
import type { Container, OperationInput, SqlParameter } from "@azure/cosmos";
import * as z from "zod";

/** A document as it was read, with the tag that a conditional write names. */
export type Versioned<Value> = { readonly value: Value; readonly etag: string };

const errorShape = z.object({ code: z.union([z.number(), z.string()]).optional() });

/**
 * HTTP status of what an SDK call threw, or undefined for anything else. `Item.read()` answers 404 without throwing;
 * every other call throws an `ErrorResponse` whose `code` is the status.
 */
export function statusOf(error: unknown): number | undefined {
  const parsed = errorShape.safeParse(error);
  const code = parsed.success ? Number(parsed.data.code) : Number.NaN;
  return Number.isInteger(code) && code >= 100 && code < 600 ? code : undefined;
}

const metadata = z.object({ _etag: z.string() });

/** Parses what the store gave back: a document that does not fit its schema is an error here and nowhere later. */
function parseVersioned<Schema extends z.ZodType>(
  schema: Schema,
  resource: unknown,
): Versioned<z.infer<Schema>> {
  return { value: schema.parse(resource), etag: metadata.parse(resource)._etag };
}

/** A point read: one round trip, undefined when there is no such document. */
export async function readItem<Schema extends z.ZodType>(
  container: Container,
  id: string,
  partitionKey: string,
  schema: Schema,
): Promise<Versioned<z.infer<Schema>> | undefined> {
  const { resource, statusCode } = await container.item(id, partitionKey).read<Record<string, unknown>>();
  if (statusCode === 404 || resource === undefined) return undefined;
  return parseVersioned(schema, resource);
}

/**
 * Writes a document only over the version that was read, or, without a tag, only if there is none.
 * @returns false when somebody else was faster.
 */
export async function saveItem(
  container: Container,
  document: { readonly id: string },
  partitionKey: string,
  etag: string | undefined,
): Promise<boolean> {
  try {
    if (etag === undefined) await container.items.create(document);
    else {
      const accessCondition = { type: "IfMatch", condition: etag };
      await container.item(document.id, partitionKey).replace(document, { accessCondition });
    }
    return true;
  } catch (error) {
    const status = statusOf(error);
    if (status === 409 || status === 412) return false;
    throw error;
  }
}

type Document = { readonly id: string };

export type BatchOperation<Item extends Document> =
  | { readonly type: "create"; readonly document: Item }
  | { readonly type: "upsert"; readonly document: Item }
  | { readonly type: "replace"; readonly document: Item; readonly etag: string };

/** `exists`: the id is taken. `changed`: somebody else was faster. `missing`: it is gone. `index` is the first to fail. */
export type BatchResult =
  | { readonly outcome: "committed"; readonly etags: readonly (string | undefined)[] }
  | { readonly outcome: "refused"; readonly index: number; readonly cause: "exists" | "changed" | "missing" };

/** Cosmos DB takes at most this many operations in one transaction. */
export const BATCH_OPERATIONS_MAX = 100;

/** Writes all of the operations or none; each `replace` only if the document is still as it was read. */
export async function commitBatch<Item extends Document>(
  container: Container,
  partitionKey: string,
  operations: readonly BatchOperation<Item>[],
): Promise<BatchResult> {
  const { result, code } = await container.items.batch(operations.map(toOperation), partitionKey, {
    contentResponseOnWriteEnabled: false,
  });
  const results = result ?? [];
  const index = results.findIndex(({ statusCode }) => statusCode >= 400 && statusCode !== 424);
  if (index < 0 && results.length === operations.length) {
    return { outcome: "committed", etags: results.map(({ eTag }) => eTag) };
  }
  const status = results[index]?.statusCode ?? code;
  const cause = BATCH_CAUSES.get(Number(status));
  if (cause !== undefined) return { outcome: "refused", index, cause };
  const message = `the store refused operation ${index} of a batch with status ${status}`;
  throw Object.assign(new Error(message), { code: status });
}

const BATCH_CAUSES: ReadonlyMap<number, "exists" | "changed" | "missing"> = new Map([
  [409, "exists"],
  [412, "changed"],
  [404, "missing"],
]);

function toOperation<Item extends Document>(operation: BatchOperation<Item>): OperationInput {
  const { document } = operation;
  const resourceBody = Object.fromEntries(Object.entries(document));
  switch (operation.type) {
    case "create":
      return { operationType: "Create", resourceBody };
    case "upsert":
      return { operationType: "Upsert", resourceBody };
    case "replace":
      return { operationType: "Replace", id: document.id, ifMatch: operation.etag, resourceBody };
  }
}

export type Query = { readonly query: string; readonly parameters: readonly SqlParameter[] };

export type Condition = { readonly text: string; readonly parameters: Readonly<Record<string, string>> };

/**
 * `path IN (…)` with a parameter for each value: the form that is served by an index wherever it stands.
 * @param name prefix of the parameters, unique within the query. No values: a condition that nothing meets.
 */
export function isOneOf(path: string, name: string, values: readonly string[]): Condition {
  if (values.length === 0) return { text: "false", parameters: {} };
  const parameters = Object.fromEntries(values.map((value, index) => [`${name}${index}`, value]));
  const names = Object.keys(parameters).map((parameter) => `@${parameter}`);
  return { text: `${path} IN (${names.join(", ")})`, parameters };
}

/** Named parameters from a record: `sql("... @id", { id })`. */
export function sql(query: string, parameters: Readonly<Record<string, SqlParameter["value"]>> = {}): Query {
  return {
    query,
    parameters: Object.entries(parameters).map(([name, value]) => ({ name: `@${name}`, value })),
  };
}

/** Documents of one query in one partition, page after page of at most `pageSize`. */
export async function* queryPages<Schema extends z.ZodType>(
  container: Container,
  partitionKey: string | undefined,
  { query, parameters }: Query,
  schema: Schema,
  pageSize = 1_000,
): AsyncGenerator<z.infer<Schema>[]> {
  const iterator = container.items.query<unknown>(
    { query, parameters: [...parameters] },
    { ...(partitionKey === undefined ? {} : { partitionKey }), maxItemCount: pageSize },
  );
  while (iterator.hasMoreResults()) {
    // Across partitions the SDK gives an empty page as undefined, whatever its types say.
    const resources: readonly unknown[] | undefined = (await iterator.fetchNext()).resources;
    if (resources !== undefined && resources.length > 0)
      yield resources.map((resource) => schema.parse(resource));
  }
}

/** All documents of a query that is bounded by what it asks for. */
export async function queryAll<Schema extends z.ZodType>(
  container: Container,
  partitionKey: string | undefined,
  query: Query,
  schema: Schema,
): Promise<z.infer<Schema>[]> {
  const all: z.infer<Schema>[] = [];
  for await (const page of queryPages(container, partitionKey, query, schema)) all.push(...page);
  return all;
}

/** Adds the tag to what a schema parses, for queries whose results are written back. */
export const versioned = <Schema extends z.ZodType>(schema: Schema) =>
  z.unknown().transform((resource) => parseVersioned(schema, resource));

/** The first of what comes in pages; no page is asked for beyond them. */
export async function firstOf<Item>(limit: number, pages: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const page of pages) {
    found.push(...page);
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}
