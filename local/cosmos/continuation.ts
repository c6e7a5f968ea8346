import { createHash } from "node:crypto";
import * as z from "zod";
import { badRequest } from "./errors.ts";
import { parseOrUndefined, type Value } from "./json.ts";

/**
 * Where a page of a query ended. It names a place between items and not a count of them, so items written or removed
 * between two pages neither repeat nor hide others; only queries that aggregate count.
 */
export type Continuation = {
  readonly ordinal: number;
  readonly keys: readonly Value[];
  readonly sequence: number;
  /** How many rows of that item were read: with a JOIN one item has several. */
  readonly rows: number;
  /** How many rows were read on all pages so far, for OFFSET, LIMIT and TOP. */
  readonly seen: number;
};

/** `null` does not tell a missing value from a null one, so keys travel boxed. */
const token = z.object({
  query: z.string(),
  ordinal: z.int().min(0),
  keys: z.array(z.array(z.json()).max(1)),
  sequence: z.int(),
  rows: z.int().min(0),
  seen: z.int().min(0),
});

export function writeContinuation(belongsTo: string, at: Continuation): string {
  const { ordinal, sequence, rows, seen } = at;
  const keys = at.keys.map((key) => (key === undefined ? [] : [key]));
  const fields = { query: fingerprint(belongsTo), ordinal, keys, sequence, rows, seen };
  return Buffer.from(JSON.stringify(fields)).toString("base64");
}

/** @throws CosmosError 400 for anything that `writeContinuation` did not make for the same purpose. */
export function readContinuation(belongsTo: string, text: string): Continuation {
  const parsed = token.safeParse(parseOrUndefined(Buffer.from(text, "base64").toString()));
  if (!parsed.success || parsed.data.query !== fingerprint(belongsTo)) {
    throw badRequest("Invalid Continuation Token");
  }
  const { keys, ordinal, sequence, rows, seen } = parsed.data;
  return { ordinal, sequence, rows, seen, keys: keys.map(([key]) => key) };
}

function fingerprint(belongsTo: string): string {
  return createHash("sha256").update(belongsTo).digest("base64url").slice(0, 12);
}
