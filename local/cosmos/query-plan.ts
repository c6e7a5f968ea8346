import { CosmosError, SUBSTATUS, unsupported } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import { type CompiledQuery, selectedNames } from "./query-compile.ts";
import { aggregateName, selectsAggregate } from "./sql-aggregates.ts";
import type { Query, Span } from "./sql-ast.ts";

/**
 * How the SDK is to ask each physical partition and put the answers together. The text that it sends then is rewritten
 * so that every row carries what the merge needs. A query in one partition does not need a plan, but the SDK fetches
 * one for every query.
 */
const FILTER_PLACEHOLDER = "{documentdb-formattableorderbyquery-filter}";
const AGGREGATOR = { COUNT: "Count", SUM: "Sum", MIN: "Min", MAX: "Max", AVG: "Average" } as const;

/** @throws CosmosError 501 for a query that is supported in one partition only. */
export function queryPlan(compiled: CompiledQuery): JsonObject {
  const { query, offset, limit } = compiled;
  const rewritten = rewrite(compiled);
  const finite = Number.isFinite(limit) ? limit : null;
  return {
    partitionedQueryExecutionInfoVersion: 2,
    queryInfo: {
      distinctType: query.distinct ? "Unordered" : "None",
      top: query.top === undefined ? null : finite,
      offset: query.page === undefined ? null : offset,
      limit: query.page === undefined ? null : finite,
      orderBy: query.orderBy.map(({ descending }) => (descending ? "Descending" : "Ascending")),
      orderByExpressions: query.orderBy.map(({ expression }) => slice(query, expression)),
      groupByExpressions: [],
      groupByAliases: [],
      aggregates: rewritten.aggregates,
      groupByAliasToAggregateType: {},
      rewrittenQuery: rewritten.text,
      hasSelectValue: query.select.kind === "value",
      dCountInfo: null,
      hasNonStreamingOrderBy: false,
    },
    queryRanges: [{ min: "", max: "FF", isMinInclusive: true, isMaxInclusive: false }],
    hybridSearchQueryInfo: null,
  };
}

/** Across partitions the gateway serves plain filters and projections only; the rest it hands back with a plan. */
export function requireServableAcrossPartitions(compiled: CompiledQuery): void {
  const { query } = compiled;
  const plain =
    !compiled.whole && query.orderBy.length === 0 && query.top === undefined && query.page === undefined;
  if (plain) return;
  throw new CosmosError(
    400,
    "BadRequest",
    "The provided cross partition query can not be directly served by the gateway. This is a first chance (internal) " +
      "exception that all newer clients will know how to handle gracefully.",
    {
      substatus: SUBSTATUS.crossPartitionQueryNotServable,
      additionalErrorInfo: JSON.stringify(queryPlan(compiled)),
    },
  );
}

type Rewritten = { readonly text: string; readonly aggregates: readonly string[] };

function rewrite(compiled: CompiledQuery): Rewritten {
  const { query } = compiled;
  if (query.groupBy.length > 0) throw unsupported("GROUP BY across partitions");
  if (selectsAggregate(query.select)) return rewriteAggregate(query);
  if (query.orderBy.length > 0) return { text: rewriteOrderBy(compiled), aggregates: [] };
  if (query.page === undefined) return { text: "", aggregates: [] };
  const distinct = query.distinct ? "DISTINCT " : "";
  const text = `SELECT ${distinct}${slice(query, query.selectSpan)} ${sources(query)} ${filter(query)} ${cap(compiled)}`;
  return { text, aggregates: [] };
}

function rewriteAggregate(query: Query): Rewritten {
  const call = query.select.kind === "value" ? query.select.expression : undefined;
  const name = call?.kind === "call" ? aggregateName(call.name) : undefined;
  const argument = call?.kind === "call" ? call.arguments[0] : undefined;
  if (name === undefined || argument === undefined || query.distinct || query.top || query.page) {
    throw unsupported("aggregates across partitions other than one SELECT VALUE of one of them");
  }
  const of = slice(query, argument);
  const item = {
    COUNT: `COUNT(${of})`,
    SUM: `SUM(${of})`,
    AVG: `{"sum": SUM(${of}), "count": COUNT(${of})}`,
    MIN: `{"min": MIN(${of}), "count": COUNT(${of})}`,
    MAX: `{"max": MAX(${of}), "count": COUNT(${of})}`,
  }[name];
  const text = `SELECT VALUE [{"item": ${item}}] ${sources(query)} ${filter(query)}`;
  return { text, aggregates: [AGGREGATOR[name]] };
}

function rewriteOrderBy(compiled: CompiledQuery): string {
  const { query } = compiled;
  if (query.distinct) throw unsupported("DISTINCT with ORDER BY across partitions");
  const keys = query.orderBy.map(({ expression }) => `{"item": ${slice(query, expression)}}`).join(", ");
  const order = query.orderBy
    .map(({ expression, descending }) => `${slice(query, expression)} ${descending ? "DESC" : "ASC"}`)
    .join(", ");
  const top = query.top === undefined ? "" : `TOP ${compiled.limit} `;
  const where = query.where === undefined ? "" : `(${slice(query, query.where)}) AND `;
  return (
    `SELECT ${top}${query.root}._rid, [${keys}] AS orderByItems, ${payload(query)} AS payload ${sources(query)} ` +
    `WHERE (${where}(${FILTER_PLACEHOLDER})) ORDER BY ${order} ${cap(compiled)}`
  );
}

function payload(query: Query): string {
  if (query.select.kind === "star") return query.root;
  if (query.select.kind === "value") return slice(query, query.select.expression);
  const members = selectedNames(query).map(
    ([name, expression]) => `${JSON.stringify(name)}: ${slice(query, expression)}`,
  );
  return `{${members.join(", ")}}`;
}

/** Each partition may hold all of the rows that are to be skipped, so each answers from its first. */
function cap({ query, offset, limit }: CompiledQuery): string {
  return query.page === undefined ? "" : `OFFSET 0 LIMIT ${offset + limit}`;
}

const slice = (query: Query, { start, end }: Span): string => query.text.slice(start, end);
const sources = (query: Query): string => slice(query, query.fromSpan);
const filter = (query: Query): string =>
  query.where === undefined ? "" : `WHERE (${slice(query, query.where)})`;
