/**
 * The body of an e-mail as it may be shown inside the product's own pages, and as text.
 * Invariants: of markup there is only what the lists below name; nothing in it is fetched when it is shown, since that
 * would tell the sender; a link leads to the web or to an e-mail address. None of the elements that stay changes how a
 * browser reads what follows, so every browser reads it as it was checked. Sanitising twice is sanitising once. The
 * text says nothing that the markup does not. Time and memory grow with the length and with nothing else.
 */
import { Parser } from "htmlparser2";
import sanitizeHtml from "sanitize-html";
import { startOf } from "./plain-text.ts";

/** In UTF-16 units, of what is given and of what comes back: of a longer body the start is shown. */
export const MAIL_BODY_LENGTH_MAX = 262_144;
/** Deeper elements are left out, and their text stays. */
const NESTING_MAX = 100;
/** No mail is written so; to follow it takes time by the square of the depth. It is shown as text. */
const OPEN_ELEMENTS_MAX = 2_000;
/** What is left after one pass may nest in ways that the next one reads differently; two or three settle it. */
const PASSES_MAX = 8;

const PARAGRAPHS = ["address", "article", "blockquote", "dd", "dl", "dt", "figcaption", "figure", "footer"];
const BLOCKS = [
  ...["caption", "div", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre"],
  ...["section", "table", "tr", "ul", ...PARAGRAPHS],
];
const WORDS = ["a", "abbr", "b", "bdi", "br", "cite", "code", "del", "em", "i", "ins", "kbd", "mark", "q"];
const MORE_WORDS = ["s", "samp", "small", "span", "strong", "sub", "sup", "u", "var"];
const TABLE_PARTS = ["tbody", "td", "tfoot", "th", "thead"];
const MAIL_ELEMENTS: readonly string[] = [...BLOCKS, ...WORDS, ...MORE_WORDS, ...TABLE_PARTS];

/** Their content is no text of the mail, or a browser reads it as something else than markup. */
const LEFT_OUT_WHOLE = [
  ...["applet", "audio", "canvas", "datalist", "embed", "iframe", "math", "noembed", "noframes"],
  ...[
    "noscript",
    "object",
    "option",
    "plaintext",
    "script",
    "select",
    "style",
    "svg",
    "template",
    "textarea",
  ],
  ...["title", "video", "xmp"],
];

const LINK_REL = "noopener noreferrer nofollow";
const LINK_SCHEMES: readonly string[] = ["http:", "https:", "mailto:"];
const DIRECTIONS = ["ltr", "rtl", "auto"];
const CELLS_ACROSS = /^[1-9]\d{0,2}$/;

type Attributes = Readonly<Record<string, string>>;

/**
 * @returns HTML to be set as the content of an element (`innerHTML`) or of a frame. Not to be written into the source
 * of a page: in `<li><div><li></li></div></li>` the standard ends the first `div` early, and its end tag would be taken
 * for the end of what is around the mail.
 */
export function sanitizedMailHtml(html: string): string {
  let current = startOf(html, MAIL_BODY_LENGTH_MAX);
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const next = sanitizedOnce(current);
    if (next === undefined) break;
    if (next === current) return current;
    // What was cut within an element is a little longer once that is closed.
    current = next.length > MAIL_BODY_LENGTH_MAX ? startOf(next, MAIL_BODY_LENGTH_MAX * 0.9) : next;
  }
  return markupAsText(html);
}

/** @returns undefined when it is nested too deeply. */
function sanitizedOnce(html: string): string | undefined {
  let open = 0;
  try {
    const sanitized = sanitizeHtml(withoutControls(html), {
      ...OPTIONS,
      onOpenTag: () => {
        open += 1;
        if (open > OPEN_ELEMENTS_MAX) throw new TooDeepError();
      },
      onCloseTag: () => {
        open -= 1;
      },
    });
    return withoutControls(sanitized);
  } catch (error) {
    if (error instanceof TooDeepError) return undefined;
    throw error;
  }
}

class TooDeepError extends Error {}

const OPTIONS: sanitizeHtml.IOptions = {
  allowedTags: [...MAIL_ELEMENTS],
  nonTextTags: LEFT_OUT_WHOLE,
  allowedAttributes: {
    "*": ["dir"],
    a: ["href", "rel"],
    td: ["colspan", "rowspan"],
    th: ["colspan", "rowspan"],
  },
  allowedSchemes: LINK_SCHEMES.map((scheme) => scheme.slice(0, -1)),
  allowProtocolRelative: false,
  nestingLimit: NESTING_MAX,
  transformTags: {
    a: (tagName, attributes) => ({ tagName, attribs: { ...directionOf(attributes), ...linkOf(attributes) } }),
    td: (tagName, attributes) => ({ tagName, attribs: cellOf(attributes) }),
    th: (tagName, attributes) => ({ tagName, attribs: cellOf(attributes) }),
    // Its own name is in no list, so one without a text in its place goes without a trace.
    img: (tagName, { alt = "" }) =>
      alt.trim() === "" ? { tagName, attribs: {} } : { tagName: "span", attribs: {}, text: alt },
    "*": (tagName, attributes) => ({
      tagName,
      attribs: ["a", "td", "th"].includes(tagName) ? attributes : directionOf(attributes),
    }),
  },
};

function directionOf({ dir = "" }: Attributes): Attributes {
  const direction = dir.toLowerCase();
  return DIRECTIONS.includes(direction) ? { dir: direction } : {};
}

function cellOf(attributes: Attributes): Attributes {
  const across = ["colspan", "rowspan"].flatMap((name) => {
    const value = attributes[name] ?? "";
    return CELLS_ACROSS.test(value) ? [[name, value] as const] : [];
  });
  return { ...directionOf(attributes), ...Object.fromEntries(across) };
}

/** As the browser will read it, without a page that it could be relative to, and without a name that looks like a host. */
function linkOf({ href = "" }: Attributes): Attributes {
  const url = URL.parse(href);
  if (url === null || !LINK_SCHEMES.includes(url.protocol)) return {};
  url.username = "";
  url.password = "";
  return { href: url.href, rel: LINK_REL };
}

/** Line ends become one kind; what no reader shows goes, before it is read and after characters were decoded. */
const withoutControls = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/(?![\n\t])\p{Cc}/gu, "");

/** For what cannot be read as markup in reasonable time: safe whatever it holds, since all of it is escaped. */
function markupAsText(html: string): string {
  const text = startOf(html, MAIL_BODY_LENGTH_MAX).replaceAll(/<[^<>]*>/g, " ");
  const escaped = withoutControls(text).replaceAll(/[&<>]/g, (sign) => ESCAPES[sign] ?? "");
  // Nothing of an escape that was cut.
  return startOf(escaped, MAIL_BODY_LENGTH_MAX).replace(/&[a-z]*$/, "");
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** A blank line before and after these, and a line of its own for each other block. */
const APART = new Set([
  "blockquote",
  "dl",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "hr",
  "ol",
  "p",
  "pre",
  "table",
  "ul",
]);
const IN_LINES = new Set(BLOCKS);

/** Plain text of a mail's HTML: lines, lists with dashes, cells between tabs, and where each link leads. */
export function textOfHtml(html: string): string {
  const lines = lineWriter();
  const links: { readonly href: string; said: string }[] = [];
  let preformatted = 0;
  const parser = new Parser({
    onopentag(name, { href = "" }) {
      if (name === "br") lines.addBreak();
      else if (name === "td" || name === "th") lines.nextCell();
      else if (IN_LINES.has(name)) lines.breakTo(APART.has(name) ? 2 : 1);
      if (name === "li") lines.say("- ");
      if (name === "pre") preformatted += 1;
      if (name === "a") links.push({ href, said: "" });
    },
    ontext(text) {
      const link = links.at(-1);
      if (link !== undefined) link.said += text;
      if (preformatted > 0) lines.write(text);
      else lines.say(text.replaceAll(/[ \t\n]+/g, " "));
    },
    onclosetag(name) {
      if (IN_LINES.has(name)) lines.breakTo(APART.has(name) ? 2 : 1);
      if (name === "pre") preformatted -= 1;
      const link = name === "a" ? links.pop() : undefined;
      if (link !== undefined && link.href !== "" && !saysWhere(link.said, link.href))
        lines.say(` <${link.href}>`);
    },
  });
  parser.end(sanitizedMailHtml(html));
  return lines.text();
}

/** Whether a link's own text is where it leads: `contoso.example` for `https://contoso.example/`. */
function saysWhere(said: string, href: string): boolean {
  const address = href.replace(/^(?:https?:\/\/|mailto:)/, "").replace(/\/$/, "");
  return (
    said
      .trim()
      .replace(/^(?:https?:\/\/|mailto:)/, "")
      .replace(/\/$/, "") === address
  );
}

/** Puts pieces into lines, with at most one blank line between them. */
function lineWriter() {
  const pieces: string[] = [];
  let breaks = 0;
  let isAtStart = true;
  let isAfterSpace = true;
  const write = (piece: string): void => {
    if (piece === "") return;
    if (pieces.length > 0) pieces.push("\n".repeat(breaks));
    breaks = 0;
    pieces.push(piece);
    isAtStart = false;
    isAfterSpace = piece.endsWith(" ") || piece.endsWith("\t");
  };
  const breakLine = (count: number): void => {
    breaks = count;
    isAtStart = true;
    isAfterSpace = true;
  };
  return {
    write,
    say: (words: string) => write(isAfterSpace && words.startsWith(" ") ? words.slice(1) : words),
    nextCell: () => write(isAtStart ? "" : "\t"),
    breakTo: (count: number) => breakLine(Math.max(breaks, count)),
    addBreak: () => breakLine(Math.min(breaks + 1, 2)),
    text: (): string =>
      pieces
        .join("")
        .split("\n")
        .map((line) => line.trimEnd())
        .join("\n")
        .trim(),
  };
}

const SNIPPET_LENGTH = 200;
/** In UTF-16 units; a snippet is made of what comes first. */
const SNIPPET_READ_MAX = 16_384;

/** The start of a text in one line, without the addresses of its links. @param max in UTF-16 units, at most */
export function snippetOf(text: string, max: number = SNIPPET_LENGTH): string {
  const start = startOf(text, SNIPPET_READ_MAX).replaceAll(/<(?:https?|mailto):[^\s<>]*>/g, "");
  const line = start.replaceAll(/\s+/g, " ").trim();
  if (line.length <= max) return line;
  let cut = 0;
  for (const { index, segment } of new Intl.Segmenter().segment(line)) {
    if (index + segment.length >= max) break;
    cut = index + segment.length;
  }
  const lastSpace = line.lastIndexOf(" ", cut);
  return `${line.slice(0, lastSpace > max / 2 ? lastSpace : cut).trimEnd()}…`;
}
