/** Content negotiation after RFC 9110, section 12.5.1: the most specific range decides about a type. */

type Range = { readonly type: string; readonly subtype: string; readonly quality: number };

const RANGES_MAX = 50;

const parseRange = (text: string): Range | undefined => {
  const [name = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const [type, subtype, ...rest] = name.split("/");
  if (type === undefined || subtype === undefined || rest.length > 0) return undefined;
  const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  const quality = weight === undefined ? 1 : Number(weight);
  return Number.isFinite(quality) ? { type, subtype, quality: Math.min(Math.max(quality, 0), 1) } : undefined;
};

const specificity = (range: Range): number => (range.type === "*" ? 0 : range.subtype === "*" ? 1 : 2);

const covers = (range: Range, type: string, subtype: string): boolean =>
  (range.type === "*" || range.type === type) && (range.subtype === "*" || range.subtype === subtype);

const qualityOf = (mediaType: string, ranges: readonly Range[]): number => {
  const [type = "", subtype = ""] = mediaTypeName(mediaType).split("/");
  const decisive = ranges
    .filter((range) => covers(range, type, subtype))
    .toSorted((a, b) => specificity(b) - specificity(a))[0];
  return decisive?.quality ?? 0;
};

/** `Application/JSON; charset=utf-8` is `application/json`. */
export const mediaTypeName = (contentType: string): string =>
  (contentType.split(";")[0] ?? "").trim().toLowerCase();

/** The offered type that the client likes best, the first of equals; undefined when it takes none of them. */
export const preferredType = <T extends string>(
  accept: string | null,
  offered: readonly T[],
): T | undefined => {
  if (accept === null || accept.trim() === "") return offered[0];
  const ranges = accept
    .split(",", RANGES_MAX)
    .map(parseRange)
    .filter((range) => range !== undefined);
  const rated = offered.map((type) => ({ type, quality: qualityOf(type, ranges) }));
  return rated.filter(({ quality }) => quality > 0).toSorted((a, b) => b.quality - a.quality)[0]?.type;
};
