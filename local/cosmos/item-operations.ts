import { ATTEMPT, charges } from "./charges.ts";
import type { Container, Transaction } from "./container.ts";
import {
  badRequest,
  conflict,
  notFound,
  preconditionFailed,
  SUBSTATUS,
  tooLarge,
  unsupported,
} from "./errors.ts";
import { byteLength, isObject, type Json, type JsonObject } from "./json.ts";
import { keyTextOfDocument } from "./partition-key.ts";
import { applyPatch, parsePatch } from "./patch.ts";
import { matchesCondition } from "./query.ts";
import type { StoredItem } from "./stored-item.ts";

export const MAX_ITEM_BYTES = 2 * 1024 * 1024;
const MAX_ID_BYTES = 1023;

export type ItemOperationType = "Create" | "Upsert" | "Read" | "Replace" | "Delete" | "Patch";

export type ItemOperation = {
  readonly type: ItemOperationType;
  /** As in the address; absent for create and upsert, whose body has it. */
  readonly id: string | undefined;
  readonly body: Json | undefined;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
};

export type ItemOutcome = {
  readonly status: 200 | 201 | 204 | 304;
  readonly item: StoredItem | undefined;
  readonly charge: number;
};

/**
 * Does one operation inside a transaction. The caller commits, or leaves it and nothing has happened.
 * @throws CosmosError as the service would refuse it.
 */
export function runItemOperation(
  container: Container,
  keyText: string,
  transaction: Transaction,
  operation: ItemOperation,
): ItemOutcome {
  switch (operation.type) {
    case "Create":
      return create(container, keyText, transaction, operation);
    case "Upsert":
      return upsert(container, keyText, transaction, operation);
    case "Read":
      return read(transaction, operation);
    case "Replace":
      return replace(container, keyText, transaction, operation);
    case "Delete":
      return remove(transaction, operation);
    case "Patch":
      return patch(container, keyText, transaction, operation);
  }
}

function create(
  container: Container,
  keyText: string,
  transaction: Transaction,
  operation: ItemOperation,
): ItemOutcome {
  const { id, document } = checkedBody(container, keyText, operation);
  refuseIfNoneMatch(operation);
  if (transaction.get(id) !== undefined) throw conflict();
  const item = transaction.put(id, document);
  return { status: 201, item, charge: charges.create(item.bytes) };
}

function upsert(
  container: Container,
  keyText: string,
  transaction: Transaction,
  operation: ItemOperation,
): ItemOutcome {
  const { id, document } = checkedBody(container, keyText, operation);
  refuseIfNoneMatch(operation);
  const existing = transaction.get(id);
  if (existing === undefined) {
    if (operation.ifMatch !== undefined)
      throw unsupported("an upsert with If-Match of an item that does not exist");
    const item = transaction.put(id, document);
    return { status: 201, item, charge: charges.create(item.bytes) };
  }
  requireMatch(existing, operation);
  const item = transaction.put(id, document);
  return { status: 200, item, charge: charges.replace(item.bytes) };
}

function read(transaction: Transaction, operation: ItemOperation): ItemOutcome {
  const item = existingItem(transaction, operation);
  const { ifNoneMatch } = operation;
  if (ifNoneMatch === item.etag || ifNoneMatch === "*") return { status: 304, item, charge: ATTEMPT };
  return { status: 200, item, charge: charges.read(item.bytes) };
}

function replace(
  container: Container,
  keyText: string,
  transaction: Transaction,
  operation: ItemOperation,
): ItemOutcome {
  const existing = existingItem(transaction, operation);
  const { id, document } = checkedBody(container, keyText, operation);
  if (id !== existing.id) throw badRequest("The id in the body does not match the id in the address.");
  requireMatch(existing, operation);
  const item = transaction.put(id, document);
  return { status: 200, item, charge: charges.replace(item.bytes) };
}

function remove(transaction: Transaction, operation: ItemOperation): ItemOutcome {
  const existing = existingItem(transaction, operation);
  requireMatch(existing, operation);
  transaction.remove(existing.id);
  return { status: 204, item: undefined, charge: charges.delete(existing.bytes) };
}

function patch(
  container: Container,
  keyText: string,
  transaction: Transaction,
  operation: ItemOperation,
): ItemOutcome {
  const existing = existingItem(transaction, operation);
  requireMatch(existing, operation);
  const { condition, operations } = parsePatch(operation.body ?? null);
  if (condition !== undefined && !matchesCondition(condition, existing.document)) throw preconditionFailed();
  const document = applyPatch(existing.document, operations);
  const sameKey = keyTextOfDocument(container.definition.partitionKeyPath, document) === keyText;
  if (document["id"] !== existing.id || !sameKey) {
    throw badRequest("The id and the partition key of an item cannot be patched.");
  }
  if (byteLength(document) > MAX_ITEM_BYTES) throw tooLarge();
  const item = transaction.put(existing.id, document);
  return { status: 200, item, charge: charges.replace(item.bytes) };
}

function existingItem(transaction: Transaction, { id }: ItemOperation): StoredItem {
  const item = id === undefined ? undefined : transaction.get(id);
  if (item === undefined) throw notFound();
  return item;
}

function requireMatch(existing: StoredItem, { ifMatch }: ItemOperation): void {
  if (ifMatch !== undefined && ifMatch !== "*" && ifMatch !== existing.etag) throw preconditionFailed();
}

function refuseIfNoneMatch({ ifNoneMatch }: ItemOperation): void {
  if (ifNoneMatch !== undefined) throw unsupported("If-None-Match on a write");
}

function checkedBody(
  container: Container,
  keyText: string,
  { body }: ItemOperation,
): { readonly id: string; readonly document: JsonObject } {
  if (!isObject(body)) throw badRequest("The input content is invalid because it is not an object.");
  const id = body["id"];
  if (typeof id !== "string" || !isValidId(id)) {
    throw badRequest(
      "The input content is invalid because the required properties - 'id; ' - are missing or invalid.",
    );
  }
  if (byteLength(body) > MAX_ITEM_BYTES) throw tooLarge();
  if (keyTextOfDocument(container.definition.partitionKeyPath, body) !== keyText) {
    throw badRequest(
      "PartitionKey extracted from document doesn't match the one specified in the header",
      SUBSTATUS.partitionKeyMismatch,
    );
  }
  return { id, document: body };
}

function isValidId(id: string): boolean {
  return id !== "" && Buffer.byteLength(id) <= MAX_ID_BYTES && !/[/\\#?]/.test(id);
}
