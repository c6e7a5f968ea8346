import { createHash } from "node:crypto";
import { InvalidRequestError, PreconditionFailedError } from "./errors.ts";

/**
 * Conditional requests after RFC 9110, section 13. Tags made here are strong: they name one content, byte for byte.
 * A tag is kept with its quotes, as it stands in the header.
 */

const HEADER_MAX_CHARACTERS = 4_096;

/** What `If-Match` or `If-None-Match` says: any current version, or one of these. */
export type TagCondition =
  | { readonly kind: "any" }
  | { readonly kind: "tags"; readonly tags: readonly string[] };

export type Conditions = {
  readonly ifMatch: TagCondition | undefined;
  readonly ifNoneMatch: TagCondition | undefined;
};

export const contentTag = (content: string | Uint8Array): string =>
  `"${createHash("sha256").update(content).digest("base64url").slice(0, 27)}"`;

const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/y;
const SEPARATOR = /[ \t]*,[ \t]*/y;

/** @throws InvalidRequestError when the header is not `*` or a list of entity tags. */
export const parseTagCondition = (name: string, header: string | null): TagCondition | undefined => {
  if (header === null) return undefined;
  const text = header.trim();
  if (text === "*") return { kind: "any" };
  const tags = text.length <= HEADER_MAX_CHARACTERS ? readTags(text) : undefined;
  if (tags !== undefined) return { kind: "tags", tags };
  throw new InvalidRequestError("InvalidHeaderValue", `${name} must be * or a list of quoted entity tags.`, {
    target: name,
  });
};

const readTags = (text: string): readonly string[] | undefined => {
  const tags: string[] = [];
  let at = 0;
  while (true) {
    ENTITY_TAG.lastIndex = at;
    const tag = ENTITY_TAG.exec(text)?.[0];
    if (tag === undefined) return undefined;
    tags.push(tag);
    at += tag.length;
    if (at === text.length) return tags;
    SEPARATOR.lastIndex = at;
    const separator = SEPARATOR.exec(text)?.[0];
    if (separator === undefined) return undefined;
    at += separator.length;
  }
};

export const readConditions = (headers: Headers): Conditions => ({
  ifMatch: parseTagCondition("If-Match", headers.get("if-match")),
  ifNoneMatch: parseTagCondition("If-None-Match", headers.get("if-none-match")),
});

const weakName = (tag: string): string => (tag.startsWith("W/") ? tag.slice(2) : tag);

/** `If-None-Match` compares weakly: the client's copy is good enough to go on using. */
export const isUnmodified = (condition: TagCondition | undefined, currentTag: string): boolean => {
  if (condition === undefined) return false;
  return condition.kind === "any" || condition.tags.some((tag) => weakName(tag) === weakName(currentTag));
};

/**
 * `If-Match` compares strongly. A request without it is let through: who wants to be safe from lost updates sends it.
 * @throws PreconditionFailedError when the resource is not (or no longer) what the caller names.
 */
export const requireMatch = (conditions: Conditions, currentTag: string | undefined): void => {
  const condition = conditions.ifMatch;
  if (condition === undefined) return;
  if (currentTag === undefined) throw new PreconditionFailedError();
  if (condition.kind === "any") return;
  if (currentTag.startsWith("W/") || !condition.tags.includes(currentTag))
    throw new PreconditionFailedError();
};

/** `If-None-Match: *` on a write: create, and never replace. */
export const requireAbsent = (conditions: Conditions, currentTag: string | undefined): void => {
  if (currentTag === undefined || !isUnmodified(conditions.ifNoneMatch, currentTag)) return;
  throw new PreconditionFailedError();
};
