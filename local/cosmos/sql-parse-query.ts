import { unsupported } from "./errors.ts";
import type { Expression, Join, OrderItem, Query, Selection } from "./sql-ast.ts";
import { parseExpression } from "./sql-parse-expression.ts";
import { TokenReader } from "./sql-tokens.ts";

/** One source, the document, plus arrays inside it: that is all a query in one container can name. */
type Sources = { readonly root: string; readonly joins: readonly Join[] };

/** @throws CosmosError 400 for a syntax error, 501 for what is outside the subset. */
export function parseQuery(text: string): Query {
  const reader = new TokenReader(text);
  reader.expect("SELECT");
  let distinct = reader.eat("DISTINCT");
  const top = reader.eat("TOP") ? parseCount(reader) : undefined;
  distinct = reader.eat("DISTINCT") || distinct;
  const selectStart = reader.peek().start;
  const select = parseSelection(reader);
  const selectSpan = { start: selectStart, end: reader.end };
  const fromStart = reader.peek().start;
  const sources = parseSources(reader);
  const fromSpan = { start: fromStart, end: reader.end };
  const where = reader.eat("WHERE") ? parseExpression(reader) : undefined;
  const groupBy = parseGroupBy(reader);
  const orderBy = parseOrderBy(reader);
  const page = parsePage(reader);
  if (reader.peek().kind !== "end") throw reader.unexpected();
  return { text, distinct, top, select, selectSpan, ...sources, fromSpan, where, groupBy, orderBy, page };
}

function parseCount(reader: TokenReader): Expression {
  const token = reader.peek();
  if (token.kind !== "number" && token.kind !== "parameter") throw reader.unexpected();
  reader.take();
  return token.kind === "number"
    ? { kind: "literal", value: token.value, start: token.start, end: token.end }
    : { kind: "parameter", name: token.text, start: token.start, end: token.end };
}

function parseSelection(reader: TokenReader): Selection {
  if (reader.eat("*")) return { kind: "star" };
  if (reader.eat("VALUE")) return { kind: "value", expression: parseExpression(reader) };
  const items: { expression: Expression; alias: string | undefined }[] = [];
  do {
    const expression = parseExpression(reader);
    const named = reader.eat("AS") || reader.peek().kind === "name";
    items.push({ expression, alias: named ? reader.expectName() : undefined });
  } while (reader.eat(","));
  return { kind: "list", items };
}

function parseSources(reader: TokenReader): Sources {
  if (reader.peek().kind === "end") throw unsupported("a query without FROM");
  reader.expect("FROM");
  if (reader.is("(")) throw unsupported("subqueries");
  const name = reader.expectName();
  if (reader.is("IN") || reader.is(".") || reader.is("[")) {
    throw unsupported("a FROM that names a part of the document (use FROM c JOIN x IN c.items)");
  }
  const renamed = reader.eat("AS") || reader.peek().kind === "name";
  const root = renamed ? reader.expectName() : name;
  const joins: Join[] = [];
  while (reader.eat("JOIN")) {
    if (reader.is("(")) throw unsupported("subqueries");
    const alias = reader.expectName();
    reader.expect("IN");
    if (reader.is("(")) throw unsupported("subqueries");
    joins.push({ alias, array: parseExpression(reader) });
  }
  return { root, joins };
}

function parseGroupBy(reader: TokenReader): readonly Expression[] {
  const expressions: Expression[] = [];
  if (!reader.eat("GROUP")) return expressions;
  reader.expect("BY");
  do expressions.push(parseExpression(reader));
  while (reader.eat(","));
  return expressions;
}

function parseOrderBy(reader: TokenReader): readonly OrderItem[] {
  const items: OrderItem[] = [];
  if (!reader.eat("ORDER")) return items;
  reader.expect("BY");
  do {
    const expression = parseExpression(reader);
    const descending = reader.eat("DESC");
    if (!descending) reader.eat("ASC");
    items.push({ expression, descending });
  } while (reader.eat(","));
  return items;
}

function parsePage(reader: TokenReader): Query["page"] {
  if (!reader.eat("OFFSET")) return undefined;
  const offset = parseCount(reader);
  reader.expect("LIMIT");
  return { offset, limit: parseCount(reader) };
}
