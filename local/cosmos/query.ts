import { charges } from "./charges.ts";
import { type Continuation, readContinuation, writeContinuation } from "./continuation.ts";
import { unsupported } from "./errors.ts";
import { indexingPolicy } from "./indexing-policy.ts";
import type { Json, JsonObject, Value } from "./json.ts";
import type { Partition } from "./partition.ts";
import { type Candidate, type Search, searchInOrder } from "./query-candidates.ts";
import { type CompiledQuery, compileQuery } from "./query-compile.ts";
import type { Query } from "./sql-ast.ts";
import type { Scope } from "./sql-operators.ts";
import { parseQuery } from "./sql-parse-query.ts";

/** The service ends a page at 4 MB, whatever number of items was asked for. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;
const MAX_PARSED_QUERIES = 500;

export type QueryPage = {
  /** The JSON text of each row. */
  readonly rows: readonly string[];
  readonly continuation: string | undefined;
  readonly charge: number;
  /** How many items were looked at to make the page. */
  readonly examined: number;
};

const parsedQueries = new Map<string, Query>();

/** @throws CosmosError 400 or 501, as `parseQuery` does. */
export function parseCached(text: string): Query {
  const known = parsedQueries.get(text);
  if (known !== undefined) return known;
  const query = parseQuery(text);
  if (parsedQueries.size >= MAX_PARSED_QUERIES) parsedQueries.clear();
  parsedQueries.set(text, query);
  return query;
}

/** The condition of a patch, such as `from c where c.n = 1`. @throws CosmosError 400 or 501 */
export function matchesCondition(condition: string, document: JsonObject): boolean {
  const query = parseCached(`SELECT VALUE 1 ${condition}`);
  return compileQuery(query, new Map(), indexingPolicy.parse({})).rowsOf(document).length > 0;
}

/** @throws CosmosError 400 for a token that is not one of this query's. */
export function runQuery(
  compiled: CompiledQuery,
  partitions: readonly Partition[],
  pageSize: number,
  token: string | undefined,
): QueryPage {
  const after = token === undefined ? undefined : readContinuation(tokenOwner(compiled), token);
  return compiled.whole
    ? wholePage(compiled, partitions, pageSize, after)
    : streamedPage(compiled, partitions, pageSize, after);
}

/**
 * A place fits every query with the same order: the SDK resumes a cross-partition query with a token and a filter of its
 * own making added to the text. A count fits one text only.
 */
function tokenOwner({ whole, query, order }: CompiledQuery): string {
  return whole ? query.text : JSON.stringify([order, query.joins.length]);
}

/** Reads no further than the page needs: in order, from where the last page ended. */
function streamedPage(
  compiled: CompiledQuery,
  partitions: readonly Partition[],
  pageSize: number,
  after: Continuation | undefined,
): QueryPage {
  const search: Search = { examined: 0 };
  const page = new PageText(pageSize);
  const last = compiled.offset + compiled.limit;
  let seen = after?.seen ?? 0;
  let matches = 0;
  let end = after;
  if (seen >= last) return page.finish(matches, search.examined, undefined);
  for (const candidate of searchInOrder(compiled, partitions, after, search)) {
    const alreadyRead = rowsAlreadyRead(candidate, after);
    const rows = compiled.rowsOf(candidate.item.document).slice(alreadyRead);
    for (const [i, row] of rows.entries()) {
      if (page.full && end !== undefined) {
        return page.finish(matches, search.examined, writeContinuation(tokenOwner(compiled), end));
      }
      if (i === 0) matches += 1;
      seen += 1;
      end = { ...candidate, rows: alreadyRead + i + 1, seen };
      if (seen > compiled.offset) page.add(compiled.select(row, []));
      if (seen >= last) return page.finish(matches, search.examined, undefined);
    }
  }
  return page.finish(matches, search.examined, undefined);
}

function rowsAlreadyRead(candidate: Candidate, after: Continuation | undefined): number {
  return after !== undefined && candidate.sequence === after.sequence ? after.rows : 0;
}

/** Aggregates, groups and distinct values need all rows, on every page again. */
function wholePage(
  compiled: CompiledQuery,
  partitions: readonly Partition[],
  pageSize: number,
  after: Continuation | undefined,
): QueryPage {
  const search: Search = { examined: 0 };
  const scopes: Scope[] = [];
  let matches = 0;
  for (const { item } of searchInOrder(compiled, partitions, undefined, search)) {
    const rows = compiled.rowsOf(item.document);
    if (rows.length > 0) matches += 1;
    scopes.push(...rows);
  }
  const values = compiled.aggregates
    ? aggregated(compiled, scopes)
    : scopes.map((scope) => compiled.select(scope, []));
  const distinct = compiled.query.distinct ? distinctValues(values) : values;
  const all = distinct.slice(compiled.offset, compiled.offset + compiled.limit);
  const page = new PageText(pageSize);
  let seen = after?.seen ?? 0;
  for (; seen < all.length && !page.full; seen += 1) page.add(all[seen]);
  const continuation =
    seen < all.length
      ? writeContinuation(tokenOwner(compiled), { ordinal: 0, keys: [], sequence: 0, rows: 0, seen })
      : undefined;
  return page.finish(matches, search.examined, continuation);
}

function aggregated(compiled: CompiledQuery, scopes: readonly Scope[]): readonly Value[] {
  if (compiled.groupBy.length === 0) return [settled(compiled.select([], scopes))];
  const groups = new Map<string, Scope[]>();
  for (const scope of scopes) {
    const key = compiled.groupBy.map((evaluate) => JSON.stringify(evaluate(scope, [])) ?? "").join("\n");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [scope]);
    else group.push(scope);
  }
  return [...groups.values()].map((group) => compiled.select(group[0] ?? [], group));
}

function settled(value: Value): Json {
  if (value !== undefined) return value;
  throw unsupported(
    "an aggregate that has no value (MIN, MAX, AVG of nothing, or a sum of what is not a number)",
  );
}

function distinctValues(values: readonly Value[]): readonly Value[] {
  const byText = new Map(values.map((value) => [canonicalText(value), value]));
  return [...byText.values()];
}

function canonicalText(value: Value): string {
  return (
    JSON.stringify(value, (_, nested: Value) => {
      if (typeof nested !== "object" || nested === null || Array.isArray(nested)) return nested;
      return Object.fromEntries(Object.entries(nested).sort(([left], [right]) => (left < right ? -1 : 1)));
    }) ?? ""
  );
}

/** A row without a value, such as `SELECT VALUE c.missing`, takes no place on the page. */
class PageText {
  readonly #rows: string[] = [];
  readonly #size: number;
  #bytes = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get full(): boolean {
    return this.#rows.length >= this.#size || this.#bytes >= MAX_PAGE_BYTES;
  }

  add(value: Value): void {
    if (value === undefined) return;
    const text = JSON.stringify(value);
    this.#rows.push(text);
    this.#bytes += Buffer.byteLength(text);
  }

  finish(matches: number, examined: number, continuation: string | undefined): QueryPage {
    const charge = charges.query(matches, this.#bytes);
    return { rows: this.#rows, continuation, charge, examined };
  }
}
