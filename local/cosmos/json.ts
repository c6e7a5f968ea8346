import * as z from "zod";
import { badRequest } from "./errors.ts";

export type JsonObject = { readonly [name: string]: Json };
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** What an expression can yield: `undefined` is a value of the query language, but never of a document. */
export type Value = Json | undefined;

/** For a part of a body that was parsed as JSON already: nothing is left to check, and a walk would cost time. */
export const anyJson = z.custom<Json>((value) => value !== undefined);

/** The service's own limit on nesting. */
const MAX_DEPTH = 128;
/** A batch wraps each document in an array, an operation and a patch. */
const WRAPPER_DEPTH = 4;

export function isArray(value: Value): value is readonly Json[] {
  return Array.isArray(value);
}

export function isObject(value: Value): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws CosmosError 400 when the text is not JSON, or nested deeper than the service allows. */
export function parseJson(text: string): Json {
  const value = parseOrUndefined(text);
  if (value === undefined) {
    throw badRequest("The request payload is invalid. Ensure to provide a valid request payload.");
  }
  if (deeperThan(value, MAX_DEPTH + WRAPPER_DEPTH)) {
    throw badRequest(`The request payload is nested deeper than ${MAX_DEPTH} levels.`);
  }
  return value;
}

export function parseOrUndefined(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function deeperThan(value: Json, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  const children = isArray(value) ? value : Object.values(value);
  return children.some((child) => deeperThan(child, levels - 1));
}

/** An own member only: a document may well have a property called `constructor`. */
export function member(value: Value, name: string): Value {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

export function atPath(value: Value, path: readonly string[]): Value {
  let current = value;
  for (const name of path) current = member(current, name);
  return current;
}

export const byteLength = (value: Json): number => Buffer.byteLength(JSON.stringify(value));
