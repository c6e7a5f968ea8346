import { isArray, isObject, type Value } from "./json.ts";
import { equalValues, typeRank } from "./values.ts";

export type BuiltIn = {
  readonly least: number;
  readonly most: number;
  readonly apply: (args: readonly Value[]) => Value;
};

/** A function of a wrong argument yields undefined, never an error: that is the query language's rule. */
function ofText(apply: (text: string) => Value): BuiltIn {
  return { least: 1, most: 1, apply: ([text]) => (typeof text === "string" ? apply(text) : undefined) };
}

function ofNumber(apply: (number: number) => number): BuiltIn {
  return {
    least: 1,
    most: 1,
    apply: ([number]) => (typeof number === "number" ? apply(number) : undefined),
  };
}

const MANY = 1000;

/** The third argument, if true, makes the comparison ignore case. */
function ofTwoTexts(apply: (text: string, other: string) => boolean): BuiltIn {
  return {
    least: 2,
    most: 3,
    apply: ([text, other, ignoreCase]) => {
      if (typeof text !== "string" || typeof other !== "string") return undefined;
      if (ignoreCase !== undefined && typeof ignoreCase !== "boolean") return undefined;
      return ignoreCase === true ? apply(text.toLowerCase(), other.toLowerCase()) : apply(text, other);
    },
  };
}

function isOfType(test: (value: Value) => boolean): BuiltIn {
  return { least: 1, most: 1, apply: ([value]) => test(value) };
}

function concat(args: readonly Value[]): Value {
  let text = "";
  for (const arg of args) {
    if (typeof arg !== "string") return undefined;
    text += arg;
  }
  return text;
}

function substring([text, start, length]: readonly Value[]): Value {
  if (typeof text !== "string" || typeof start !== "number" || typeof length !== "number") return undefined;
  if (start < 0 || length <= 0) return "";
  return text.slice(start, start + length);
}

function arrayContains([array, wanted, partial]: readonly Value[]): Value {
  if (array === undefined || !isArray(array) || wanted === undefined) return undefined;
  return array.some((item) => equalValues(item, wanted, partial === true));
}

function replace([text, from, to]: readonly Value[]): Value {
  if (typeof text !== "string" || typeof from !== "string" || typeof to !== "string") return undefined;
  return from === "" ? text : text.split(from).join(to);
}

export const FUNCTIONS: ReadonlyMap<string, BuiltIn> = new Map<string, BuiltIn>([
  ["IS_DEFINED", isOfType((value) => value !== undefined)],
  ["IS_NULL", isOfType((value) => value === null)],
  ["IS_BOOL", isOfType((value) => typeof value === "boolean")],
  ["IS_NUMBER", isOfType((value) => typeof value === "number")],
  ["IS_STRING", isOfType((value) => typeof value === "string")],
  ["IS_ARRAY", isOfType((value) => isArray(value))],
  ["IS_OBJECT", isOfType((value) => isObject(value))],
  ["IS_PRIMITIVE", isOfType((value) => typeRank(value) >= 1 && typeRank(value) <= 4)],
  ["ARRAY_CONTAINS", { least: 2, most: 3, apply: arrayContains }],
  ["ARRAY_LENGTH", { least: 1, most: 1, apply: ([array]) => (isArray(array) ? array.length : undefined) }],
  ["STARTSWITH", ofTwoTexts((text, prefix) => text.startsWith(prefix))],
  ["ENDSWITH", ofTwoTexts((text, suffix) => text.endsWith(suffix))],
  ["CONTAINS", ofTwoTexts((text, part) => text.includes(part))],
  ["STRINGEQUALS", ofTwoTexts((text, other) => text === other)],
  ["LOWER", ofText((text) => text.toLowerCase())],
  ["UPPER", ofText((text) => text.toUpperCase())],
  ["LENGTH", ofText((text) => text.length)],
  ["TRIM", ofText((text) => text.trim())],
  ["CONCAT", { least: 2, most: MANY, apply: concat }],
  ["SUBSTRING", { least: 3, most: 3, apply: substring }],
  ["REPLACE", { least: 3, most: 3, apply: replace }],
  ["ABS", ofNumber(Math.abs)],
  ["FLOOR", ofNumber(Math.floor)],
  ["CEILING", ofNumber(Math.ceil)],
]);
