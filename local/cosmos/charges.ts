/**
 * Request units by a formula of this project's own, never a measurement. It assumes the default indexing policy, no
 * consistency stronger than session, and that every filter is served by an index, so that only matching items are
 * loaded. What the service charges was not compared.
 *
 * KB is the item's JSON without system properties, in units of 1,024 bytes and at least 1, not rounded up.
 */
const READ_PER_KB = 1;
const CREATE_PER_KB = 5.5;
const REPLACE_PER_KB = 11;
const DELETE_PER_KB = 5.5;
const QUERY_BASE = 2.3;
const QUERY_PER_MATCH = 0.05;
const BYTES_PER_KB = 1024;

/** Anything that was looked up and refused, not found or not modified. */
export const ATTEMPT = 1;
export const METADATA = 1;
export const QUERY_PLAN = 0;

const kilobytes = (bytes: number): number => Math.max(1, bytes / BYTES_PER_KB);

export const charges = {
  read: (bytes: number): number => READ_PER_KB * kilobytes(bytes),
  create: (bytes: number): number => CREATE_PER_KB * kilobytes(bytes),
  /** A replace, a patch, or an upsert of an item that exists; by the size of what is stored then. */
  replace: (bytes: number): number => REPLACE_PER_KB * kilobytes(bytes),
  delete: (bytes: number): number => DELETE_PER_KB * kilobytes(bytes),
  query: (matches: number, returnedBytes: number): number =>
    QUERY_BASE + QUERY_PER_MATCH * matches + returnedBytes / BYTES_PER_KB,
  changeFeed: (returnedBytes: number): number => ATTEMPT + returnedBytes / BYTES_PER_KB,
} as const;

export const rounded = (charge: number): number => Math.round(charge * 100) / 100;
