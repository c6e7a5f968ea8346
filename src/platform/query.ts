import * as z from "zod";
import { type ErrorDetail, InvalidRequestError } from "./errors.ts";
import { type FilterFields, parseFilter } from "./filter.ts";
import { type Order, parseOrderBy } from "./orderby.ts";

/**
 * Query strings are parsed by the endpoint's schema. Nothing is ignored: an unknown parameter is an error, because a
 * misspelt filter that is dropped gives an answer to another question; so is a repeated one.
 */

const LIST_MAX_ITEMS = 100;
const PAGE_MAX_ITEMS = 1_000;
const TOP_MAX = 1_000_000;

const quoted = (names: readonly string[]): string =>
  names.length === 0 ? "none" : names.map((name) => `'${name}'`).join(", ");

/**
 * @throws InvalidRequestError `UnsupportedQueryParameter`, `InvalidQueryParameterValue` or
 * `MissingRequiredQueryParameter`, with every faulty parameter in `details`.
 */
export const parseQuery = (schema: z.ZodObject | undefined, search: URLSearchParams): unknown => {
  const known = Object.keys(schema?.shape ?? {}).toSorted();
  const names = [...search.keys()].filter((name) => name !== "api-version");
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new InvalidRequestError(
      "UnsupportedQueryParameter",
      `The query parameter '${unknown}' is not known here. Known parameters: ${quoted(known)}.`,
      { target: unknown },
    );
  }
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new InvalidRequestError(
      "InvalidQueryParameterValue",
      `The query parameter '${repeated}' is given more than once.`,
      { target: repeated },
    );
  }
  if (schema === undefined) return {};
  const given = Object.fromEntries(names.map((name) => [name, search.get(name) ?? ""]));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw queryError(parsed.error, names);
};

const queryError = (error: z.ZodError, given: readonly string[]): InvalidRequestError => {
  const details = error.issues.map((issue): ErrorDetail => {
    const target = String(issue.path[0] ?? "query");
    const isMissing = issue.path.length > 0 && issue.code !== "custom" && !given.includes(target);
    return {
      code: isMissing ? "MissingRequiredQueryParameter" : "InvalidQueryParameterValue",
      message: isMissing ? `The query parameter '${target}' is required.` : `${target}: ${issue.message}`,
      target,
    };
  });
  const [first] = details;
  return new InvalidRequestError(
    first?.code ?? "InvalidQueryParameterValue",
    first?.message ?? "The query is not valid.",
    { target: first?.target, ...(details.length > 1 ? { details } : {}), cause: error },
  );
};

/** `a,b,c`: at least one item, none empty, none twice. */
export const commaList = <S extends z.ZodType<unknown, string>>(item: S, maxItems = LIST_MAX_ITEMS) =>
  z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .refine((parts) => new Set(parts).size === parts.length, "an item is given more than once")
    .pipe(z.array(item).min(1).max(maxItems));

/** `all`, or a list of ids. */
export const allOrList = <S extends z.ZodType<unknown, string>>(item: S, maxItems = LIST_MAX_ITEMS) =>
  z.union([z.literal("all"), commaList(item, maxItems)]);

/** The metadata say what the text stands for: a whole number to whoever reads the document, a text on the wire. */
const wholeNumber = (max: number) =>
  z
    .string()
    .refine((text) => /^\d{1,7}$/.test(text), `must be a whole number from 1 to ${max}`)
    .transform(Number)
    .pipe(z.int().min(1, `must be from 1 to ${max}`).max(max, `must be from 1 to ${max}`));

const numberMeta = (maximum: number) => ({ type: "integer", minimum: 1, maximum }) as const;

/** The most items that all pages together give. */
export const top = wholeNumber(TOP_MAX)
  .optional()
  .meta({ ...numberMeta(TOP_MAX), description: "The most items to return in all." });

/** The most items of one page: a page may hold fewer. */
export const maxPageSize = (defaultItems: number) =>
  wholeNumber(PAGE_MAX_ITEMS)
    .default(defaultItems)
    .meta({
      ...numberMeta(PAGE_MAX_ITEMS),
      description: `The most items of one page; a page may hold fewer. Default ${defaultItems}.`,
    });

/** `true` or `false`, in lower case only. */
export const booleanText = z
  .string()
  .refine((text) => text === "true" || text === "false", "must be true or false")
  .transform((text) => text === "true")
  .meta({ type: "boolean" });

/** The names of the fields to return, of those declared. */
export const select = <const F extends readonly [string, ...string[]]>(fields: F) =>
  commaList(z.enum(fields), fields.length)
    .optional()
    .meta({ description: `The fields to return, separated by commas: ${fields.join(", ")}.` });

/** Keeps the selected fields of an item. `id` and `etag` stay: without them the item cannot be used further. */
export const pick = <T extends object>(item: T, fields: readonly string[] | undefined): Partial<T> => {
  if (fields === undefined) return item;
  const kept = Object.entries(item).filter(
    ([name]) => name === "id" || name === "etag" || fields.includes(name),
  );
  // Every entry comes from the item itself, so what is left is a part of it.
  return Object.fromEntries(kept) as Partial<T>;
};

/** The parsed filter; its errors are `InvalidFilter` with a position. */
export const filterOf = (fields: FilterFields) =>
  z
    .string()
    .transform((text) => parseFilter(text, fields))
    .optional()
    .meta({ description: `A condition on: ${Object.keys(fields).join(", ")}.` });

/** The parsed order; its errors are `InvalidOrderBy`. */
export const orderByOf = <const F extends readonly [string, ...string[]]>(fields: F) =>
  z
    .string()
    .transform((text): readonly Order<F[number]>[] => parseOrderBy(text, fields))
    .optional()
    .meta({ description: `Fields, each with asc or desc, separated by commas: ${fields.join(", ")}.` });
