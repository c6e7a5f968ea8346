import type { JsonObject } from "./json.ts";

/** One version of one item. Never changed: a write makes a new one. */
export type StoredItem = {
  readonly id: string;
  /** With its system properties. */
  readonly document: JsonObject;
  readonly etag: string;
  /** Of the JSON without system properties: what the charges are reckoned by. */
  readonly bytes: number;
  /** The order of creation in the container; an item keeps it as long as it lives. */
  readonly sequence: number;
  /** The transaction that wrote this version. */
  readonly lsn: number;
};

export const SYSTEM_PROPERTIES: ReadonlySet<string> = new Set([
  "_rid",
  "_self",
  "_etag",
  "_attachments",
  "_ts",
  "_lsn",
]);

export function withoutSystemProperties(document: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(document).filter(([name]) => !SYSTEM_PROPERTIES.has(name)));
}
