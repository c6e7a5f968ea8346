import type { InvalidRequestError } from "./errors.ts";
import { filterError, type Token, tokenize } from "./filter-tokens.ts";

/**
 * The filter grammar of the Azure REST API Guidelines, over the fields that an endpoint declares. What parses is typed:
 * every comparison is of a declared field with a literal of that field's type. `not` binds tighter than a comparison in
 * the guidelines' table, and so stands before one comparison, one function call or one pair of parentheses.
 *
 *     filter  = and *( "or" and )            and     = factor *( "and" factor )
 *     factor  = "not" factor / "(" filter ")" / call / field operator literal / field "in" "(" literal *( "," literal ) ")"
 *     call    = ( "contains" / "startswith" ) "(" field "," string ")"
 */

export type FieldType = "string" | "integer" | "boolean" | "instant";
export type FilterFields = Readonly<Record<string, FieldType>>;
export type Comparison = "eq" | "ne" | "gt" | "ge" | "lt" | "le";
/** Instants are RFC 3339 in UTC with milliseconds, so that their order as texts is their order in time. */
export type Literal = string | number | boolean | null;

export type Filter =
  | { readonly kind: "and" | "or"; readonly terms: readonly Filter[] }
  | { readonly kind: "not"; readonly term: Filter }
  | {
      readonly kind: "compare";
      readonly field: string;
      readonly operator: Comparison;
      readonly value: Literal;
    }
  | { readonly kind: "in"; readonly field: string; readonly values: readonly Literal[] }
  | { readonly kind: "contains" | "startswith"; readonly field: string; readonly text: string };

const FILTER_MAX_CHARACTERS = 1_000;
const MAX_DEPTH = 10;
const MAX_TERMS = 50;

const isComparison = (text: string): text is Comparison =>
  ["eq", "ne", "gt", "ge", "lt", "le"].includes(text);

type State = {
  readonly tokens: readonly Token[];
  readonly fields: FilterFields;
  at: number;
  terms: number;
};

/** @throws InvalidRequestError `InvalidFilter` with the position, counted from 1, and what was expected there. */
export const parseFilter = (text: string, fields: FilterFields): Filter => {
  if (text.length > FILTER_MAX_CHARACTERS) {
    throw filterError(`a filter has at most ${FILTER_MAX_CHARACTERS} characters`, FILTER_MAX_CHARACTERS);
  }
  const state: State = { tokens: tokenize(text), fields, at: 0, terms: 0 };
  const filter = parseOr(state, 0);
  if (peek(state).kind !== "end") throw unexpected(state, "'and', 'or' or the end");
  return filter;
};

const END: Token = { kind: "end", text: "", position: 0 };
const peek = (state: State): Token => state.tokens[state.at] ?? END;

const take = (state: State): Token => {
  const token = peek(state);
  state.at += 1;
  return token;
};

const unexpected = (state: State, expected: string): InvalidRequestError => {
  const { kind, text, position } = peek(state);
  return filterError(`expected ${expected}, found ${kind === "end" ? "the end" : `'${text}'`}`, position);
};

const isWord = (token: Token, text: string): boolean => token.kind === "word" && token.text === text;

const takeMark = (state: State, mark: string): void => {
  if (peek(state).kind !== "mark" || peek(state).text !== mark) throw unexpected(state, `'${mark}'`);
  state.at += 1;
};

const parseOr = (state: State, depth: number): Filter =>
  parseChain(state, "or", () => parseAnd(state, depth));
const parseAnd = (state: State, depth: number): Filter =>
  parseChain(state, "and", () => parseFactor(state, depth));

const parseChain = (state: State, kind: "and" | "or", next: () => Filter): Filter => {
  const first = next();
  const terms = [first];
  while (isWord(peek(state), kind)) {
    state.at += 1;
    terms.push(next());
  }
  return terms.length === 1 ? first : { kind, terms };
};

const parseFactor = (state: State, depth: number): Filter => {
  const token = peek(state);
  if (depth > MAX_DEPTH) throw filterError(`the filter is nested deeper than ${MAX_DEPTH}`, token.position);
  if (isWord(token, "not")) {
    state.at += 1;
    return { kind: "not", term: parseFactor(state, depth + 1) };
  }
  if (token.kind === "mark" && token.text === "(") {
    state.at += 1;
    const inner = parseOr(state, depth + 1);
    takeMark(state, ")");
    return inner;
  }
  state.terms += 1;
  if (state.terms > MAX_TERMS)
    throw filterError(`the filter has more than ${MAX_TERMS} terms`, token.position);
  const following = state.tokens[state.at + 1] ?? END;
  return following.kind === "mark" && following.text === "(" ? parseCall(state) : parseTerm(state);
};

const takeField = (state: State): { readonly field: string; readonly type: FieldType } => {
  const { kind, text } = peek(state);
  const type = Object.hasOwn(state.fields, text) ? state.fields[text] : undefined;
  if (kind !== "word" || type === undefined) {
    throw unexpected(state, `a field (${Object.keys(state.fields).join(", ")})`);
  }
  state.at += 1;
  return { field: text, type };
};

const parseCall = (state: State): Filter => {
  const kind = peek(state).text;
  if (kind !== "contains" && kind !== "startswith") throw unexpected(state, "contains or startswith");
  state.at += 1;
  takeMark(state, "(");
  const position = peek(state).position;
  const { field, type } = takeField(state);
  if (type !== "string")
    throw filterError(`${kind} needs a field of text, and ${field} is ${type}`, position);
  takeMark(state, ",");
  if (peek(state).kind !== "string") throw unexpected(state, "a text in single quotes");
  const text = take(state).text;
  takeMark(state, ")");
  return { kind, field, text };
};

const parseTerm = (state: State): Filter => {
  const { field, type } = takeField(state);
  const token = peek(state);
  if (isWord(token, "in")) {
    state.at += 1;
    return { kind: "in", field, values: parseList(state, type) };
  }
  const operator = token.text;
  if (token.kind !== "word" || !isComparison(operator))
    throw unexpected(state, "eq, ne, gt, ge, lt, le or in");
  if (type === "boolean" && operator !== "eq" && operator !== "ne") {
    throw filterError(`${field} is true or false: only eq, ne and in apply`, token.position);
  }
  state.at += 1;
  const value = takeLiteral(state, type);
  if (value === null && operator !== "eq" && operator !== "ne") {
    throw filterError(`null has no order: only eq and ne apply`, token.position);
  }
  return { kind: "compare", field, operator, value };
};

const parseList = (state: State, type: FieldType): readonly Literal[] => {
  takeMark(state, "(");
  const values = [takeLiteral(state, type)];
  while (peek(state).text === "," && peek(state).kind === "mark") {
    state.at += 1;
    values.push(takeLiteral(state, type));
  }
  state.terms += values.length - 1;
  if (state.terms > MAX_TERMS) throw unexpected(state, `at most ${MAX_TERMS} terms in all`);
  takeMark(state, ")");
  return values;
};

const EXPECTED: Readonly<Record<FieldType, string>> = {
  string: "a text in single quotes or null",
  integer: "a whole number or null",
  boolean: "true, false or null",
  instant: "a date-time such as 2026-11-01T00:00:00Z or null",
};

const takeLiteral = (state: State, type: FieldType): Literal => {
  const value = literalOf(peek(state), type);
  if (value === undefined) throw unexpected(state, EXPECTED[type]);
  state.at += 1;
  return value;
};

const literalOf = (token: Token, type: FieldType): Literal | undefined => {
  if (isWord(token, "null")) return null;
  switch (type) {
    case "string":
      return token.kind === "string" ? token.text : undefined;
    case "integer":
      return token.kind === "integer" && Number.isSafeInteger(Number(token.text))
        ? Number(token.text)
        : undefined;
    case "boolean":
      return token.kind === "word" && /^(?:true|false)$/.test(token.text) ? token.text === "true" : undefined;
    case "instant":
      return token.kind === "instant" ? new Date(token.text).toISOString() : undefined;
  }
};
