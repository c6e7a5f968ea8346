/** Negotiation of the language of a page after RFC 9110, section 12.5.4, by primary languages: `es-MX` is `es`. */

const RANGES_MAX = 50;

/** The offered language that the client likes best, the first of equals; the first that is offered when it names none. */
export function preferredLanguage<Language extends string>(
  acceptLanguage: string | null,
  offered: readonly [Language, ...Language[]],
): Language {
  const liked = (acceptLanguage ?? "")
    .split(",", RANGES_MAX)
    .map(rangeOf)
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality);
  for (const { primary } of liked) {
    const found = offered.find((language) => primary === "*" || language === primary);
    if (found !== undefined) return found;
  }
  return offered[0];
}

function rangeOf(text: string): { readonly primary: string; readonly quality: number } {
  const [tag = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  const quality = weight === undefined ? 1 : Number(weight);
  return { primary: tag.split("-")[0] ?? "", quality: Number.isFinite(quality) ? quality : 0 };
}
