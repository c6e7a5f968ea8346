import { InvalidRequestError } from "./errors.ts";
import { isInYears, YEARS } from "./instant.ts";

/** The words of a filter. What a word means is for the parser: a field may well be called `in`. */

export type Token = {
  readonly kind: "word" | "string" | "integer" | "instant" | "mark" | "end";
  /** A string without its quotes, anything else as it stands. */
  readonly text: string;
  readonly position: number;
};

export const filterError = (message: string, position: number): InvalidRequestError =>
  new InvalidRequestError("InvalidFilter", `filter, position ${position + 1}: ${message}.`, {
    target: "filter",
    innererror: { position: position + 1 },
  });

const SPACE = /[ \t]*/y;
const PATTERNS: readonly (readonly [Token["kind"], RegExp])[] = [
  ["string", /'(?:[^']|'')*'/y],
  ["instant", /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)/y],
  ["integer", /-?\d{1,16}(?![\w.-])/y],
  ["word", /[A-Za-z]\w*/y],
  ["mark", /[(),]/y],
];

const skipSpace = (text: string, at: number): number => {
  SPACE.lastIndex = at;
  SPACE.exec(text);
  return SPACE.lastIndex;
};

const tokenAt = (text: string, position: number): { readonly token: Token; readonly end: number } => {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = position;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) continue;
    if (kind === "instant" && !isInstant(found))
      throw filterError(`'${found}' is no date-time of ${YEARS}`, position);
    const value = kind === "string" ? found.slice(1, -1).replaceAll("''", "'") : found;
    return { token: { kind, text: value, position }, end: position + found.length };
  }
  throw filterError(faultAt(text, position), position);
};

const faultAt = (text: string, position: number): string => {
  if (text[position] === "'") return "this text has no closing quote";
  if (/\d/.test(text[position] ?? ""))
    return "expected a whole number or a date-time such as 2026-11-01T00:00:00Z";
  return `'${text.slice(position, position + 1)}' has no meaning here`;
};

/** `Date` takes 31 February for 3 March: only what comes back unchanged is a day of the calendar. */
const isInstant = (text: string): boolean => {
  const day = text.slice(0, 10);
  const isDay = !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);
  const time = Date.parse(text);
  return isDay && !Number.isNaN(time) && isInYears(new Date(time).toISOString());
};

/** @throws InvalidRequestError `InvalidFilter`. The last token is always `end`. */
export const tokenize = (text: string): readonly Token[] => {
  const tokens: Token[] = [];
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const { token, end } = tokenAt(text, at);
    tokens.push(token);
    at = skipSpace(text, end);
  }
  return [...tokens, { kind: "end", text: "", position: text.length }];
};
