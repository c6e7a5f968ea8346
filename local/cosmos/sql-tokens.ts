import { badQuery } from "./errors.ts";
import type { Span } from "./sql-ast.ts";

export type Token = Span &
  (
    | { readonly kind: "number"; readonly value: number }
    | { readonly kind: "string"; readonly value: string }
    | { readonly kind: "parameter" | "name" | "keyword" | "symbol" | "end"; readonly text: string }
  );

/**
 * Words that cannot name a property after a dot or an alias: the service refuses them there too, and wants
 * `c["value"]`. The words of what is outside the subset are among them, so that they are recognised and refused.
 */
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    "AND ARRAY AS ASC BETWEEN BY DESC DISTINCT ESCAPE EXISTS FALSE FROM GROUP IN JOIN LIKE LIMIT NOT NULL OFFSET OR " +
    "ORDER SELECT TOP TRUE UDF UNDEFINED VALUE WHERE"
  ).split(" "),
);

const TOKEN = new RegExp(
  [
    String.raw`(?<space>\s+|--[^\n]*)`,
    String.raw`(?<parameter>@[A-Za-z_]\w*)`,
    String.raw`(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)`,
    String.raw`(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')`,
    String.raw`(?<name>[A-Za-z_]\w*)`,
    String.raw`(?<symbol>\?\?|<>|!=|<=|>=|\|\||[-+*/%<>=?:.,()[\]{}&|^~])`,
  ].join("|"),
  "y",
);

/** @throws CosmosError 400 at the first character that starts no token. */
function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) {
      throw badQuery("SC1010", `Syntax error, invalid token '${text[start]}'.`);
    }
    const token = toToken(groups, { start, end: pattern.lastIndex });
    if (token !== undefined) tokens.push(token);
  }
  tokens.push({ kind: "end", text: "", start: text.length, end: text.length });
  return tokens;
}

function toToken(groups: Readonly<Record<string, string | undefined>>, span: Span): Token | undefined {
  const { parameter, number, string, name, symbol } = groups;
  if (parameter !== undefined) return { kind: "parameter", text: parameter, ...span };
  if (number !== undefined) return { kind: "number", value: Number(number), ...span };
  if (string !== undefined) return { kind: "string", value: withoutEscapes(string.slice(1, -1)), ...span };
  if (symbol !== undefined) return { kind: "symbol", text: symbol === "<>" ? "!=" : symbol, ...span };
  if (name === undefined) return undefined;
  const upper = name.toUpperCase();
  return KEYWORDS.has(upper)
    ? { kind: "keyword", text: upper, ...span }
    : { kind: "name", text: name, ...span };
}

const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

function withoutEscapes(body: string): string {
  return body.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, hex: string | undefined, character: string) =>
    hex === undefined ? (ESCAPES[character] ?? character) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** A position in the tokens, with the few questions that a parser asks. */
export class TokenReader {
  readonly text: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.text = text;
    this.#tokens = tokenize(text);
  }

  peek(ahead = 0): Token {
    const last = this.#tokens.length - 1;
    const token = this.#tokens[Math.min(this.#next + ahead, last)];
    if (token === undefined) throw new Error("a token list always has its end");
    return token;
  }

  take(): Token {
    const token = this.peek();
    if (token.kind !== "end") this.#next += 1;
    return token;
  }

  /** Where the token before this position ends. */
  get end(): number {
    return this.#tokens[this.#next - 1]?.end ?? 0;
  }

  is(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return (token.kind === "keyword" || token.kind === "symbol") && token.text === word;
  }

  eat(word: string): boolean {
    const found = this.is(word);
    if (found) this.take();
    return found;
  }

  expect(word: string): void {
    if (!this.eat(word)) throw this.unexpected();
  }

  expectName(): string {
    const token = this.peek();
    if (token.kind !== "name") throw this.unexpected();
    this.take();
    return token.text;
  }

  unexpected(): Error {
    const token = this.peek();
    const near = this.text.slice(token.start, token.end);
    return badQuery(
      "SC1001",
      token.kind === "end"
        ? "Syntax error, unexpected end of the query."
        : `Syntax error, incorrect syntax near '${near}'.`,
    );
  }
}
