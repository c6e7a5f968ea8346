import { badQuery, unsupported } from "./errors.ts";
import type { Value } from "./json.ts";
import type { BinaryOperator, Expression } from "./sql-ast.ts";
import type { TokenReader } from "./sql-tokens.ts";

/** How tightly an operator binds; a higher number binds tighter. */
const BINDING: ReadonlyMap<string, number> = new Map([
  ["?", 1],
  ["??", 2],
  ["OR", 3],
  ["AND", 4],
  ["=", 6],
  ["!=", 6],
  ["IN", 6],
  ["BETWEEN", 6],
  ["LIKE", 6],
  ["<", 7],
  [">", 7],
  ["<=", 7],
  [">=", 7],
  ["||", 10],
  ["+", 11],
  ["-", 11],
  ["*", 12],
  ["/", 12],
  ["%", 12],
]);
const NOT_BINDING = 5;
const COMPARED_BINDING = 8;
const SIGN_BINDING = 13;
const BITWISE: ReadonlySet<string> = new Set(["&", "|", "^", "~"]);
const MAX_NESTING = 200;

const BINARY: ReadonlyMap<string, BinaryOperator> = new Map(
  (["AND", "OR", "??", "=", "!=", "<", "<=", ">", ">=", "||", "+", "-", "*", "/", "%"] as const).map(
    (operator) => [operator, operator],
  ),
);

const WORDS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["TRUE", true],
  ["FALSE", false],
  ["NULL", null],
  ["UNDEFINED", undefined],
]);

/** @throws CosmosError 400 for a syntax error, 501 for syntax outside the subset. */
export function parseExpression(reader: TokenReader, binding = 0, nesting = 0): Expression {
  if (nesting > MAX_NESTING) throw badQuery("SC1001", "The query is nested too deeply.");
  const { start } = reader.peek();
  let left = parsePrefix(reader, nesting);
  for (;;) {
    const next = parseInfix(reader, left, binding, start, nesting);
    if (next === undefined) return left;
    left = next;
  }
}

function parseList(reader: TokenReader, close: string, nesting = 0): readonly Expression[] {
  const items: Expression[] = [];
  if (reader.eat(close)) return items;
  do items.push(parseExpression(reader, 0, nesting + 1));
  while (reader.eat(","));
  reader.expect(close);
  return items;
}

function parsePrefix(reader: TokenReader, nesting: number): Expression {
  const { start } = reader.peek();
  if (reader.eat("NOT")) {
    const operand = parseExpression(reader, NOT_BINDING, nesting + 1);
    return { kind: "unary", operator: "NOT", operand, start, end: reader.end };
  }
  for (const operator of ["-", "+"] as const) {
    if (!reader.eat(operator)) continue;
    const operand = parseExpression(reader, SIGN_BINDING, nesting + 1);
    return { kind: "unary", operator, operand, start, end: reader.end };
  }
  return parsePath(reader, parsePrimary(reader, nesting), nesting);
}

function parseInfix(
  reader: TokenReader,
  left: Expression,
  binding: number,
  start: number,
  nesting: number,
): Expression | undefined {
  const negated = reader.is("NOT");
  const token = reader.peek(negated ? 1 : 0);
  const word = token.kind === "keyword" || token.kind === "symbol" ? token.text : "";
  if (BITWISE.has(word)) throw unsupported(`the operator ${word} in queries`);
  const own = BINDING.get(word);
  if (own === undefined || own < binding) return undefined;
  if (negated && word !== "IN" && word !== "BETWEEN" && word !== "LIKE") return undefined;
  if (negated) reader.take();
  reader.take();
  const node = parseOperator(reader, left, word, own, start, nesting + 1);
  return negated ? { kind: "unary", operator: "NOT", operand: node, start, end: reader.end } : node;
}

function parseOperator(
  reader: TokenReader,
  left: Expression,
  word: string,
  binding: number,
  start: number,
  nesting: number,
): Expression {
  switch (word) {
    case "?": {
      const then = parseExpression(reader, 1, nesting);
      reader.expect(":");
      const otherwise = parseExpression(reader, 1, nesting);
      return { kind: "conditional", test: left, then, otherwise, start, end: reader.end };
    }
    case "IN": {
      reader.expect("(");
      const list = parseList(reader, ")", nesting);
      return { kind: "in", needle: left, list, start, end: reader.end };
    }
    case "BETWEEN": {
      const low = parseExpression(reader, COMPARED_BINDING, nesting);
      reader.expect("AND");
      const high = parseExpression(reader, COMPARED_BINDING, nesting);
      return { kind: "between", value: left, low, high, start, end: reader.end };
    }
    case "LIKE": {
      const pattern = parseExpression(reader, COMPARED_BINDING, nesting);
      if (reader.is("ESCAPE")) throw unsupported("LIKE with ESCAPE");
      return { kind: "like", value: left, pattern, start, end: reader.end };
    }
    default: {
      const operator = BINARY.get(word);
      if (operator === undefined) throw reader.unexpected();
      const right = parseExpression(reader, binding + 1, nesting);
      return { kind: "binary", operator, left, right, start, end: reader.end };
    }
  }
}

function parsePath(reader: TokenReader, first: Expression, nesting: number): Expression {
  let node = first;
  for (;;) {
    const { start } = node;
    if (reader.eat(".")) {
      const token = reader.peek();
      const property: Expression = {
        kind: "literal",
        value: reader.expectName(),
        start: token.start,
        end: token.end,
      };
      node = { kind: "member", object: node, property, start, end: reader.end };
    } else if (reader.eat("[")) {
      const property = parseExpression(reader, 0, nesting + 1);
      reader.expect("]");
      node = { kind: "member", object: node, property, start, end: reader.end };
    } else return node;
  }
}

function parsePrimary(reader: TokenReader, nesting: number): Expression {
  const token = reader.peek();
  const { start } = token;
  switch (token.kind) {
    case "number":
    case "string":
      reader.take();
      return { kind: "literal", value: token.value, start, end: reader.end };
    case "parameter":
      reader.take();
      return { kind: "parameter", name: token.text, start, end: reader.end };
    case "name":
      reader.take();
      if (!reader.eat("(")) return { kind: "identifier", name: token.text, start, end: reader.end };
      return {
        kind: "call",
        name: token.text.toUpperCase(),
        arguments: parseList(reader, ")", nesting),
        start,
        end: reader.end,
      };
    case "keyword":
      return parseWord(reader, token.text, start);
    case "symbol":
      return parseBracketed(reader, token.text, start, nesting);
    case "end":
      throw reader.unexpected();
  }
}

function parseWord(reader: TokenReader, word: string, start: number): Expression {
  if (WORDS.has(word)) {
    reader.take();
    return { kind: "literal", value: WORDS.get(word), start, end: reader.end };
  }
  if (word === "UDF") throw unsupported("user defined functions");
  if (word === "EXISTS" || word === "ARRAY" || word === "SELECT") throw unsupported("subqueries");
  throw reader.unexpected();
}

function parseBracketed(reader: TokenReader, symbol: string, start: number, nesting: number): Expression {
  if (symbol === "~") throw unsupported("the operator ~ in queries");
  if (symbol !== "(" && symbol !== "[" && symbol !== "{") throw reader.unexpected();
  reader.take();
  if (symbol === "(") {
    const inner = parseExpression(reader, 0, nesting + 1);
    reader.expect(")");
    return { ...inner, start, end: reader.end };
  }
  if (symbol === "[") {
    const items = parseList(reader, "]", nesting);
    return { kind: "array", items, start, end: reader.end };
  }
  const entries = parseEntries(reader, nesting);
  return { kind: "object", entries, start, end: reader.end };
}

function parseEntries(reader: TokenReader, nesting: number): readonly (readonly [string, Expression])[] {
  const entries: (readonly [string, Expression])[] = [];
  if (reader.eat("}")) return entries;
  do {
    const token = reader.peek();
    const name = token.kind === "string" ? token.value : undefined;
    if (name !== undefined) reader.take();
    const key = name ?? reader.expectName();
    reader.expect(":");
    entries.push([key, parseExpression(reader, 0, nesting + 1)]);
  } while (reader.eat(","));
  reader.expect("}");
  return entries;
}
