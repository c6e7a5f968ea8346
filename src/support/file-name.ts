/**
 * Names of files that strangers chose. Invariant: a sanitised name is one path part in NFC that Windows, macOS and Linux
 * take as it is, shows what it says (nothing invisible, nothing that turns the direction of writing), and is the same when
 * it is sanitised again. What it says of the content is not judged here.
 */

const NAME_LENGTH_MAX = 150;
/** Most file systems count bytes of UTF-8. */
const NAME_BYTES_MAX = 255;
/** With the dot; what follows the last dot and is longer is no extension. */
const EXTENSION_LENGTH_MAX = 17;
/** More in a row are no writing: they paint over the lines above and below. */
const MARKS_IN_A_ROW = /(\p{M}{4})\p{M}+/gu;

const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;
const SPACES = /\p{Zs}+/gu;
/** Reserved on Windows, or turned into what is by those who map letters to the nearest one they know. */
const RESERVED = /[<>:"/\\|?*\u2044\u2215\u2216\u29F5\u29F8\u29F9\uFE68\uFF0F\uFF3C\u2024-\u2026\uFF0E]/gu;
/** Somebody further on might decode it. */
const PERCENT_ENCODED = /%(?=[0-9a-f]{2})/gi;
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³]) *(\.|$)/iu;

const FALLBACK = "attachment";

/** @param fallback what a name is called of which nothing is left; sanitised too. */
export function sanitizedFileName(name: string, fallback: string = FALLBACK): string {
  const found = sanitized(name);
  if (found !== "") return found;
  const instead = sanitized(fallback);
  return instead === "" ? FALLBACK : instead;
}

function sanitized(name: string): string {
  const visible = name.replaceAll(INVISIBLE, "").normalize("NFC");
  const lastPart = visible.slice(Math.max(visible.lastIndexOf("/"), visible.lastIndexOf("\\")) + 1);
  const harmless = lastPart
    .replaceAll(MARKS_IN_A_ROW, "$1")
    .replaceAll(PERCENT_ENCODED, "_")
    .replaceAll(RESERVED, "_")
    .replaceAll(SPACES, " ");
  return cut(withoutDevice(withoutEdges(harmless)));
}

/** A name that starts with a dot is hidden, one that ends with it loses it; a mark at the start has nothing to stand on. */
const withoutEdges = (name: string): string => name.replace(/^[. \p{M}]+/u, "").replace(/[. ]+$/, "");

const withoutDevice = (name: string): string => (DEVICE.test(name) ? `_${name}` : name);

function cut(name: string): string {
  if (fits(name)) return name;
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 && name.length - dot <= EXTENSION_LENGTH_MAX ? name.slice(dot) : "";
  let stem = "";
  for (const character of name.slice(0, name.length - extension.length)) {
    if (!fits(stem + character + extension)) break;
    stem += character;
  }
  return stem.replace(/[. ]+$/, "") + extension;
}

const fits = (name: string): boolean =>
  name.length <= NAME_LENGTH_MAX && Buffer.byteLength(name) <= NAME_BYTES_MAX;

/** What follows the last dot, in lower case; none for numbers (`app.log.1`) and what has no letter or is no word. */
export function extensionOf(name: string): string | undefined {
  const found = /[^.]\.([a-z0-9_-]{1,16})$/i.exec(name)?.[1]?.toLowerCase();
  return found !== undefined && /[a-z]/.test(found) ? found : undefined;
}

/** And the percent sign, which some clients decode here too. */
const NOT_ASCII = /[^ -$&-~]/gu;
const MARKS = /\p{M}+/gu;

/**
 * The header of a download, RFC 6266: always to be saved and never shown, under the sanitised name; for those who do not
 * know `filename*`, a name in ASCII beside it.
 */
export function contentDisposition(name: string): string {
  const safe = sanitizedFileName(name);
  // Without its marks a name may be another one: longer, or that of a device.
  const ascii = sanitizedFileName(safe.normalize("NFD").replaceAll(MARKS, "").replaceAll(NOT_ASCII, "_"));
  return `attachment; filename="${ascii}"; filename*=UTF-8''${percentEncoded(safe)}`;
}

/** RFC 8187: all but `attr-char`. */
const percentEncoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /['()*]/g,
    (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`,
  );
