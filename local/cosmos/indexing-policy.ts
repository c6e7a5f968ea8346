import * as z from "zod";
import { badRequest } from "./errors.ts";

const pathEntry = z.looseObject({ path: z.string().startsWith("/") });
const compositePath = z.object({
  path: z.string().startsWith("/"),
  order: z.enum(["ascending", "descending"]).default("ascending"),
});

/** The service adds this exclusion to every policy that lacks it. */
const ETAG_EXCLUSION = { path: '/"_etag"/?' };

/** Only the form of a policy that the queries here are checked against: consistent and automatic. */
export const indexingPolicy = z
  .strictObject({
    indexingMode: z.literal("consistent").default("consistent"),
    automatic: z.literal(true).default(true),
    includedPaths: z.array(pathEntry).default([{ path: "/*" }]),
    excludedPaths: z.array(pathEntry).default([]),
    compositeIndexes: z.array(z.array(compositePath).min(2)).default([]),
  })
  .transform((policy) => {
    const { compositeIndexes, excludedPaths, ...rest } = policy;
    const complete = excludedPaths.some(({ path }) => path === ETAG_EXCLUSION.path)
      ? excludedPaths
      : [...excludedPaths, ETAG_EXCLUSION];
    return {
      ...rest,
      excludedPaths: complete,
      ...(compositeIndexes.length === 0 ? {} : { compositeIndexes }),
    };
  });

export type IndexingPolicy = z.output<typeof indexingPolicy>;

export type OrderPath = { readonly path: readonly string[]; readonly descending: boolean };

export function splitPath(path: string): readonly string[] {
  return path
    .slice(1)
    .split("/")
    .map((segment) => segment.replace(/^"(.*)"$/, "$1"));
}

/** @throws CosmosError 400 when a policy says nothing of the root, as the service does. */
export function requireRootPath(policy: IndexingPolicy): void {
  const all = [...policy.includedPaths, ...policy.excludedPaths];
  if (!all.some(({ path }) => path === "/*")) {
    throw badRequest("The special mandatory indexing path '/' is not provided in any of the path type sets.");
  }
}

/**
 * What ORDER BY may ask of a policy, as the service enforces it: one path must be indexed, two or more need a
 * composite index of exactly these paths, in these directions or all of them reversed.
 * @throws CosmosError 400
 */
export function requireOrderable(policy: IndexingPolicy, order: readonly OrderPath[]): void {
  const [first] = order;
  if (first === undefined) return;
  if (order.length === 1) {
    if (isIndexed(policy, first.path)) return;
    throw badRequest("The index path corresponding to the specified order-by item is excluded.");
  }
  const served = (policy.compositeIndexes ?? []).some((composite) => {
    if (composite.length !== order.length) return false;
    const same = order.map(({ path, descending }, i) => {
      const indexed = composite[i];
      if (indexed === undefined || samePath(splitPath(indexed.path), path) === false) return undefined;
      return (indexed.order === "descending") === descending;
    });
    return same.every((direction) => direction === true) || same.every((direction) => direction === false);
  });
  if (served) return;
  throw badRequest(
    "The order by query does not have a corresponding composite index that it can be served from.",
  );
}

/** ORDER BY on one path leaves out documents without it, unless the policy names that path itself. */
export function keepsUndefined(policy: IndexingPolicy, path: readonly string[]): boolean {
  return policy.includedPaths.some((entry) => samePath(splitPath(entry.path).slice(0, -1), path));
}

/** The most specific rule decides. */
function isIndexed(policy: IndexingPolicy, path: readonly string[]): boolean {
  const included = Math.max(...policy.includedPaths.map((entry) => specificity(entry.path, path)));
  const excluded = Math.max(...policy.excludedPaths.map((entry) => specificity(entry.path, path)));
  return included > excluded;
}

/** How closely a rule describes a path; -1 when it does not. */
function specificity(rule: string, path: readonly string[]): number {
  const segments = splitPath(rule);
  const last = segments.at(-1);
  const stem = segments.slice(0, -1);
  if (!stem.every((segment, i) => segment === path[i])) return -1;
  if (last === "*") return stem.length * 2;
  return last === "?" && stem.length === path.length ? stem.length * 2 + 1 : -1;
}

function samePath(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((segment, i) => segment === right[i]);
}
