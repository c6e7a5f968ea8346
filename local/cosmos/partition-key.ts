import { badRequest, SUBSTATUS } from "./errors.ts";
import { atPath, isArray, isObject, type JsonObject, parseOrUndefined, type Value } from "./json.ts";

const MAX_KEY_BYTES = 2048;
/** How a missing partition key value travels and is stored. */
const NONE = "{}";

/** The text that identifies a partition: a number and the same digits as a string are different keys. */
function keyTextOf(value: Value): string {
  if (value === undefined) return NONE;
  if (typeof value === "object" && value !== null) {
    throw badRequest("A partition key value must be a string, a number, a boolean or null.");
  }
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > MAX_KEY_BYTES) {
    throw badRequest(`The partition key is longer than ${MAX_KEY_BYTES} bytes.`);
  }
  return text;
}

export function keyTextOfDocument(path: readonly string[], document: JsonObject): string {
  return keyTextOf(atPath(document, path));
}

/**
 * Reads `["value"]`, the form of the header and of an operation in bulk.
 * @throws CosmosError 400
 */
export function parsePartitionKey(text: string): string {
  const components = parseOrUndefined(text);
  if (components === undefined || !isArray(components)) {
    throw badRequest(`Partition key ${text} is invalid.`);
  }
  const [component] = components;
  if (components.length !== 1 || component === undefined) {
    throw badRequest(
      "The partition key supplied does not have as many components as the container defines.",
      SUBSTATUS.partitionKeyMismatch,
    );
  }
  const missing = isObject(component) && Object.keys(component).length === 0;
  return keyTextOf(missing ? undefined : component);
}
