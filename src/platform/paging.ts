import { createHash } from "node:crypto";
import * as z from "zod";
import { InvalidRequestError } from "./errors.ts";
import { maxPageSize, top } from "./query.ts";
import { conceal, reveal } from "./secret-text.ts";
import { open, seal } from "./signed-token.ts";

/**
 * Keyset paging: a cursor is the place of the last row that was given, sealed. It holds for one path and one set of
 * filters; with others it is refused, since it would skip or repeat rows without a sign. It says nothing about who may
 * read on: every page is authorised anew.
 */

/** At the least: the end is rounded up to the hour, so that the same page has the same link, and tag, for an hour. */
const CURSOR_HOURS = 24;
const HOUR_MS = 3_600_000;
/** What may change between the pages: the cursor itself, and how many rows one page has. */
const NOT_BOUND = new Set(["cursor", "maxpagesize", "api-version"]);

/** The query parameters of a paged list, to be spread into the endpoint's query schema. */
export const pagingQuery = (defaultItems: number) => ({
  top,
  maxpagesize: maxPageSize(defaultItems),
  cursor: z.string().min(1).optional().meta({ description: "From nextLink; not made by clients." }),
});

export const listSchema = <S extends z.ZodType>(item: S) =>
  z.object({
    value: z.array(item),
    nextLink: z.url().optional().meta({ description: "The next page; absent on the last." }),
  });

export type PageScope = {
  /** The endpoint's name. */
  readonly name: string;
  readonly url: URL;
  readonly key: Uint8Array;
  readonly now: Date;
};

export type Page<P> = {
  readonly after: P | undefined;
  /** Read one row more than this: it tells whether there is a next page. */
  readonly limit: number;
  /** How many rows `top` still allows, this page included. */
  readonly left: number | undefined;
};

const cursorSchema = z.object({ scope: z.string(), after: z.unknown(), left: z.int().min(1).optional() });

const scopeHash = ({ url }: PageScope): string => {
  const bound = [...url.searchParams]
    .filter(([name]) => !NOT_BOUND.has(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([url.pathname, bound]))
    .digest("base64url")
    .slice(0, 22);
};

const purposeOf = (scope: PageScope): string => `cursor:${scope.name}`;

/** @throws InvalidRequestError `InvalidCursor`. */
export const startPage = <S extends z.ZodType>(
  scope: PageScope,
  query: {
    readonly top?: number | undefined;
    readonly maxpagesize: number;
    readonly cursor?: string | undefined;
  },
  position: S,
): Page<z.output<S>> => {
  const { cursor, maxpagesize } = query;
  if (cursor === undefined) return pageOf<z.output<S>>(undefined, query.top, maxpagesize);
  const opened = open(cursor, purposeOf(scope), scope.key, scope.now, cursorSchema);
  if (opened.kind === "expired") throw cursorError("is too old");
  if (opened.kind === "invalid" || opened.payload.scope !== scopeHash(scope)) throw cursorError(FOREIGN);
  const after = position.safeParse(placeIn(opened.payload.after, scope));
  if (!after.success) throw cursorError(FOREIGN);
  return pageOf(after.data, opened.payload.left, maxpagesize);
};

const FOREIGN = "does not belong to this list with these parameters";

const cursorError = (why: string): InvalidRequestError =>
  new InvalidRequestError("InvalidCursor", `The cursor ${why}: start again without it.`, {
    target: "cursor",
  });

const pageOf = <P>(after: P | undefined, left: number | undefined, maxItems: number): Page<P> => ({
  after,
  left,
  limit: left === undefined ? maxItems : Math.min(left, maxItems),
});

/** Where a list goes on; a client can read its cursor, so the place of a row that it is not shown is kept from it there. */
export type NextPlace<P> = { readonly place: P; readonly isShown: boolean };

const concealedSchema = z.object({ concealed: z.string() });

function placeIn(after: unknown, scope: PageScope): unknown {
  const found = concealedSchema.safeParse(after);
  return found.success ? reveal(found.data.concealed, purposeOf(scope), scope.key) : after;
}

/** `rows` may hold one more than `page.limit`; `position` is what `startPage` gives back for the next page. */
export const finishPage = <T>(
  scope: PageScope,
  page: Page<unknown>,
  rows: readonly T[],
  position: (row: T) => unknown,
): { readonly value: readonly T[]; readonly nextLink?: string } => {
  const value = rows.slice(0, page.limit);
  const last = value.at(-1);
  const hasMore = last !== undefined && rows.length > page.limit;
  return linkPage(scope, page, value, hasMore ? { place: position(last), isShown: true } : undefined);
};

/** All that is on the page, and where the list goes on; it may be short, even empty, and go on. */
export const linkPage = <T>(
  scope: PageScope,
  page: Page<unknown>,
  value: readonly T[],
  next: NextPlace<unknown> | undefined,
): { readonly value: readonly T[]; readonly nextLink?: string } => {
  const left = page.left === undefined ? undefined : page.left - value.length;
  if (next === undefined || left === 0) return { value };
  const endHours = Math.ceil(scope.now.getTime() / HOUR_MS) + CURSOR_HOURS;
  const expiresAt = new Date(endHours * HOUR_MS);
  const after = next.isShown ? next.place : { concealed: conceal(next.place, purposeOf(scope), scope.key) };
  const payload = { scope: scopeHash(scope), after, ...(left === undefined ? {} : { left }) };
  const link = new URL(scope.url);
  link.searchParams.set("cursor", seal(payload, purposeOf(scope), scope.key, { expiresAt }));
  return { value, nextLink: link.href };
};
