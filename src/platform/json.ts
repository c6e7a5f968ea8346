import { InvalidRequestError } from "./errors.ts";

/**
 * JSON text to a value. The engine's messages quote the text and often leave the position out: for text that does not
 * parse, a scan over its tokens finds where it stops being JSON.
 */

const SPACE = /[ \t\n\r]*/y;
const TOKEN =
  /(?<text>"(?:[^"\\\p{Cc}]|\x7f|[\x80-\x9f]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*")|(?<atom>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)|(?<mark>[{}[\],:])/uy;

/** What may come next; `first…` stands directly after an opening bracket, where the closing one may follow too. */
type Expected = "value" | "firstItem" | "key" | "firstKey" | "colon" | "next";

type Token = { readonly kind: "text" | "atom" | "mark"; readonly text: string; readonly end: number };

const tokenAt = (text: string, at: number): Token | undefined => {
  TOKEN.lastIndex = at;
  const groups = TOKEN.exec(text)?.groups;
  const end = TOKEN.lastIndex;
  if (groups?.["text"] !== undefined) return { kind: "text", text: groups["text"], end };
  if (groups?.["atom"] !== undefined) return { kind: "atom", text: groups["atom"], end };
  return groups?.["mark"] === undefined ? undefined : { kind: "mark", text: groups["mark"], end };
};

const skipSpace = (text: string, at: number): number => {
  SPACE.lastIndex = at;
  SPACE.exec(text);
  return SPACE.lastIndex;
};

const step = (token: Token, expected: Expected, open: ("{" | "[")[]): Expected | undefined => {
  const takesValue = expected === "value" || expected === "firstItem";
  const takesKey = expected === "key" || expected === "firstKey";
  if (token.kind === "text" && takesKey) return "colon";
  if (token.kind !== "mark") return takesValue ? "next" : undefined;
  if (token.text === ":") return expected === "colon" ? "value" : undefined;
  if (token.text === "{" || token.text === "[") {
    if (!takesValue) return undefined;
    open.push(token.text);
    return token.text === "{" ? "firstKey" : "firstItem";
  }
  const inside = open.at(-1);
  if (token.text === ",")
    return expected === "next" && inside ? (inside === "{" ? "key" : "value") : undefined;
  const mayClose = expected === "next" || expected === (inside === "{" ? "firstKey" : "firstItem");
  if (!mayClose || inside !== (token.text === "}" ? "{" : "[")) return undefined;
  open.pop();
  return "next";
};

/** The index of the first character that no JSON text could have there, or the length when the text ends too soon. */
export const faultPosition = (text: string): number => {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const token = tokenAt(text, at);
    const next: Expected | undefined = token === undefined ? undefined : step(token, expected, open);
    if (token === undefined || next === undefined) return at;
    if (next === "next" && open.length === 0) return skipSpace(text, token.end);
    expected = next;
    at = skipSpace(text, token.end);
  }
  return at;
};

const DEFAULT_MAX_DEPTH = 64;

/** How deep brackets are nested, which later code may follow by recursion. */
const depthOf = (text: string): number => {
  let depth = 0;
  let deepest = 0;
  for (const [mark] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/gs)) {
    if (mark === "{" || mark === "[") depth += 1;
    else if (mark === "}" || mark === "]") depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
};

/** @throws InvalidRequestError `InvalidJson` with line and column, both counted from 1. */
export const parseJson = (text: string, maxDepth = DEFAULT_MAX_DEPTH): unknown => {
  const value = parse(text);
  if (maxDepth === Number.POSITIVE_INFINITY || depthOf(text) <= maxDepth) return value;
  throw new InvalidRequestError("InvalidJson", `The body is nested deeper than ${maxDepth}.`);
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const before = text.slice(0, faultPosition(text)).split("\n");
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    throw new InvalidRequestError(
      "InvalidJson",
      `The body is not valid JSON at line ${line}, column ${column}.`,
      {
        innererror: { line, column },
        cause,
      },
    );
  }
};
