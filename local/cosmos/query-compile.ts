import { badQuery, badRequest } from "./errors.ts";
import { type IndexingPolicy, keepsUndefined, type OrderPath, requireOrderable } from "./indexing-policy.ts";
import { isArray, type JsonObject, type Value } from "./json.ts";
import { aggregateCalls, expressionsOf, selectsAggregate } from "./sql-aggregates.ts";
import { type Expression, pathFrom, type Query } from "./sql-ast.ts";
import { compile, type Names, project } from "./sql-compile.ts";
import type { Evaluate, Scope } from "./sql-operators.ts";

export type CompiledQuery = {
  readonly query: Query;
  readonly parameters: ReadonlyMap<string, Value>;
  readonly order: readonly OrderPath[];
  readonly skipUndefined: boolean;
  readonly groupBy: readonly Evaluate[];
  /** Its rows are made of several documents' rows: aggregates, GROUP BY and DISTINCT. */
  readonly whole: boolean;
  readonly aggregates: boolean;
  readonly offset: number;
  readonly limit: number;
  /** The rows of a document that satisfy the filter: one, or with JOIN one for each combination. */
  readonly rowsOf: (document: JsonObject) => readonly Scope[];
  readonly select: Evaluate;
};

/** @throws CosmosError 400 for what the service refuses, 501 for what is outside the subset. */
export function compileQuery(
  query: Query,
  parameters: ReadonlyMap<string, Value>,
  policy: IndexingPolicy,
): CompiledQuery {
  const slots = new Map([query.root, ...query.joins.map(({ alias }) => alias)].map((name, i) => [name, i]));
  if (slots.size <= query.joins.length) throw badQuery("SC2002", "A name in FROM is used more than once.");
  const names: Names = { slots, parameters, aggregates: false };
  const order = query.orderBy.map(({ expression, descending }) => ({
    path: orderPath(query.root, expression),
    descending,
  }));
  requireOrderable(policy, order);
  const [first, second] = order;
  const aggregates = selectsAggregate(query.select) || query.groupBy.length > 0;
  if (aggregates && first !== undefined) {
    throw badQuery("SC2104", "ORDER BY cannot be used with aggregates or GROUP BY.");
  }
  if (query.groupBy.length > 0) requireGrouped(query);
  return {
    query,
    parameters,
    order,
    skipUndefined: first !== undefined && second === undefined && !keepsUndefined(policy, first.path),
    groupBy: query.groupBy.map((expression) => compile(expression, names)),
    whole: aggregates || query.distinct,
    aggregates,
    ...limits(query, parameters),
    rowsOf: compileRows(query, names),
    select: compileSelection(query, { ...names, aggregates: true }),
  };
}

function orderPath(root: string, expression: Expression): readonly string[] {
  const path = pathFrom(root, expression);
  if (path !== undefined && path.length > 0) return path;
  throw badQuery(
    "SC2103",
    "Unsupported ORDER BY clause. ORDER BY item expression could not be mapped to a document path.",
  );
}

/** A selected expression is an aggregate, a constant, or one of those that the rows are grouped by. */
function requireGrouped(query: Query): void {
  const text = ({ start, end }: Expression) => query.text.slice(start, end).replace(/\s+/g, "");
  const groups = new Set(query.groupBy.map(text));
  if (query.select.kind === "star") throw badQuery("SC2102", "'SELECT *' cannot be used with GROUP BY.");
  for (const expression of expressionsOf(query.select)) {
    const isConstant = expression.kind === "literal" || expression.kind === "parameter";
    if (isConstant || aggregateCalls(expression).length > 0 || groups.has(text(expression))) continue;
    throw badQuery(
      "SC2102",
      `Property reference '${text(expression)}' is invalid in the select list because it is not contained in either ` +
        "an aggregate function or the GROUP BY clause.",
    );
  }
}

function limits(
  query: Query,
  parameters: ReadonlyMap<string, Value>,
): { readonly offset: number; readonly limit: number } {
  const { top, page } = query;
  if (top !== undefined && page !== undefined) throw badRequest("TOP cannot be used with OFFSET LIMIT.");
  const count = (expression: Expression | undefined, fallback: number): number => {
    if (expression === undefined) return fallback;
    const value =
      expression.kind === "parameter"
        ? parameters.get(expression.name)
        : expression.kind === "literal"
          ? expression.value
          : undefined;
    if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
    throw badQuery("SC2060", "TOP, OFFSET and LIMIT take a non-negative integer.");
  };
  return { offset: count(page?.offset, 0), limit: count(top ?? page?.limit, Number.POSITIVE_INFINITY) };
}

function compileRows(query: Query, names: Names): CompiledQuery["rowsOf"] {
  const joins = query.joins.map(({ array }, i) => {
    const before = new Map([...names.slots].filter(([, slot]) => slot <= i));
    return compile(array, { ...names, slots: before });
  });
  const where = query.where === undefined ? undefined : compile(query.where, names);
  return (document) => {
    let scopes: readonly Scope[] = [[document]];
    for (const join of joins) {
      scopes = scopes.flatMap((scope) => {
        const items = join(scope, []);
        return isArray(items) ? items.map((item) => [...scope, item]) : [];
      });
    }
    return where === undefined ? scopes : scopes.filter((scope) => where(scope, []) === true);
  };
}

function compileSelection(query: Query, names: Names): Evaluate {
  const { select } = query;
  if (select.kind === "star") {
    if (query.joins.length > 0) throw badQuery("SC2001", "'SELECT *' is only valid with a single input set.");
    return ([document]) => document;
  }
  if (select.kind === "value") return compile(select.expression, names);
  const entries = selectedNames(query).map(
    ([name, expression]) => [name, compile(expression, names)] as const,
  );
  if (new Set(entries.map(([name]) => name)).size < entries.length) {
    throw badQuery("SC2022", "The SELECT list names a property more than once.");
  }
  return (scope, group) => project(entries, scope, group);
}

/** The property names of a SELECT list: the alias, else the last name of a path, else $1, $2 and so on. */
export function selectedNames(query: Query): readonly (readonly [string, Expression])[] {
  if (query.select.kind !== "list") return [];
  let unnamed = 0;
  return query.select.items.map(({ expression, alias }) => {
    const name = alias ?? ownName(expression);
    if (name !== undefined) return [name, expression] as const;
    unnamed += 1;
    return [`$${unnamed}`, expression] as const;
  });
}

function ownName(expression: Expression): string | undefined {
  if (expression.kind === "identifier") return expression.name;
  if (expression.kind !== "member" || expression.property.kind !== "literal") return undefined;
  const { value } = expression.property;
  return typeof value === "string" ? value : undefined;
}
