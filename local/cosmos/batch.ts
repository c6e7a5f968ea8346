import * as z from "zod";
import { ATTEMPT } from "./charges.ts";
import type { Container } from "./container.ts";
import { badRequest, CosmosError, tooLarge, unsupported } from "./errors.ts";
import { type ItemOperation, type ItemOutcome, MAX_ITEM_BYTES, runItemOperation } from "./item-operations.ts";
import { anyJson, type Json, type JsonObject } from "./json.ts";
import { parsePartitionKey } from "./partition-key.ts";

const MAX_OPERATIONS = 100;
const FAILED_DEPENDENCY = 424;

const operations = z.array(
  z.object({
    operationType: z.enum(["Create", "Upsert", "Read", "Replace", "Delete", "Patch"]),
    id: z.string().optional(),
    resourceBody: anyJson.optional(),
    ifMatch: z.string().optional(),
    ifNoneMatch: z.string().optional(),
    /** In bulk: the JSON text of the key, since one request serves many partitions. */
    partitionKey: z.string().optional(),
  }),
);

type BatchOperation = z.output<typeof operations>[number];

export type BatchOutcome = {
  readonly status: 200 | 207;
  readonly results: readonly JsonObject[];
  readonly charge: number;
};

/**
 * All or nothing: the first operation that fails ends the batch, the others answer 424 and nothing was written.
 * @throws CosmosError 400 or 413 for a batch that is not run at all.
 */
export function runBatch(
  container: Container,
  keyText: string,
  body: Json,
  requestBytes: number,
  minimal: boolean,
): BatchOutcome {
  if (requestBytes > MAX_ITEM_BYTES) throw tooLarge();
  const batch = parseOperations(body);
  if (batch.some(({ partitionKey }) => partitionKey !== undefined)) {
    throw unsupported("an operation of a transactional batch that carries a partition key of its own");
  }
  const transaction = container.begin(keyText);
  const results: JsonObject[] = [];
  let charge = 0;
  for (const [index, operation] of batch.entries()) {
    const attempt = attempted(() =>
      runItemOperation(container, keyText, transaction, toItemOperation(operation)),
    );
    if (attempt instanceof CosmosError) {
      return failed(batch.length, index, attempt);
    }
    charge += attempt.charge;
    results.push(resultOf(operation, attempt, minimal));
  }
  transaction.commit();
  return { status: 200, results, charge };
}

/** Each operation for itself, each with its own partition key, and none undone because of another. */
export function runBulk(container: Container, body: Json, minimal: boolean): BatchOutcome {
  const results: JsonObject[] = [];
  let charge = 0;
  for (const operation of parseOperations(body)) {
    const attempt = attempted(() => runAlone(container, operation));
    if (attempt instanceof CosmosError) {
      charge += ATTEMPT;
      results.push(failureOf(attempt));
    } else {
      charge += attempt.charge;
      results.push(resultOf(operation, attempt, minimal));
    }
  }
  const anyFailed = results.some(({ statusCode }) => typeof statusCode === "number" && statusCode >= 400);
  return { status: anyFailed ? 207 : 200, results, charge };
}

function parseOperations(body: Json): readonly BatchOperation[] {
  const parsed = operations.safeParse(body);
  if (!parsed.success || parsed.data.length === 0) {
    throw badRequest("The batch request is not of the expected form.");
  }
  if (parsed.data.length > MAX_OPERATIONS) {
    throw badRequest("Batch request has more operations than what is supported.");
  }
  return parsed.data;
}

function runAlone(container: Container, operation: BatchOperation): ItemOutcome {
  if (operation.partitionKey === undefined) throw badRequest("An operation has no partition key.");
  const keyText = parsePartitionKey(operation.partitionKey);
  const transaction = container.begin(keyText);
  const outcome = runItemOperation(container, keyText, transaction, toItemOperation(operation));
  transaction.commit();
  return outcome;
}

/** What is outside the subset is no failure of one operation: it fails the whole request, loudly. */
function attempted(run: () => ItemOutcome): ItemOutcome | CosmosError {
  try {
    return run();
  } catch (error) {
    if (error instanceof CosmosError && error.status !== 501) return error;
    throw error;
  }
}

function toItemOperation(operation: BatchOperation): ItemOperation {
  return {
    type: operation.operationType,
    id: operation.id,
    body: operation.resourceBody,
    ifMatch: operation.ifMatch,
    ifNoneMatch: operation.ifNoneMatch,
  };
}

function resultOf(operation: BatchOperation, outcome: ItemOutcome, minimal: boolean): JsonObject {
  const { status, item, charge } = outcome;
  const withBody = item !== undefined && status !== 304 && !(minimal && operation.operationType !== "Read");
  return {
    statusCode: status,
    requestCharge: charge,
    ...(item === undefined ? {} : { eTag: item.etag }),
    ...(withBody ? { resourceBody: item.document } : {}),
  };
}

function failureOf(error: CosmosError): JsonObject {
  return {
    statusCode: error.status,
    ...(error.substatus === undefined ? {} : { subStatusCode: error.substatus }),
    requestCharge: ATTEMPT,
    message: error.message,
  };
}

function failed(count: number, at: number, error: CosmosError): BatchOutcome {
  const results = Array.from({ length: count }, (_, index) =>
    index === at ? failureOf(error) : { statusCode: FAILED_DEPENDENCY, requestCharge: 0 },
  );
  return { status: 207, results, charge: ATTEMPT * (at + 1) };
}
