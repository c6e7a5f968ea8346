/**
 * What is plain text: valid UTF-8, or UTF-16 with its byte order mark, with no character that no text has, and nothing that
 * a browser would take for a page and run. Fed piece by piece; holds no more than the end of the last one.
 */
import { TextDecoder } from "node:util";

/** What no text contains. Escape, which colours logs, is not among them, nor in the WHATWG standard of sniffing. */
const BINARY = /\p{Cc}(?<![\s\u0080-\u009f])/u;
const ESCAPE = "\u001b";
/** How much of the beginning decides whether it is a page. */
const HEAD_LENGTH = 4_096;
/** What is looked for may lie across a border of pieces. */
const OVERLAP_LENGTH = 1_024;

/** After what may stand before the first element: white space, comments, declarations, instructions. */
const BEFORE_FIRST_ELEMENT = /^(?:\s+|<!--[\s\S]*?-->|<!doctype\s[^>[]*>|<\?[\s\S]*?\?>)/i;
/** What makes a page of a text for whoever sniffs, with the end of the tag's name. */
const PAGE =
  /^<(?:!doctype\s+(?:html|svg)|(?:[\w.-]+:)?(?:html|svg|head|body|script|iframe|h1|div|font|table|a|style|title|b|br|p|img|object|embed|link|meta|base|form|input|video|audio|frameset|math|template|xsl:stylesheet|stylesheet)(?=[\s/>]|$))/i;
/** In XML, where any element may belong to a page, or be made one by a style sheet; or say so in a roundabout way. */
const ACTIVE_XML =
  /www\.w3\.org\/(?:1999\/xhtml|2000\/svg|1999\/XSL|1998\/Math)|<\?xml-stylesheet|<!entity|<!attlist|xmlns(?::[\w.-]+)?\s*=\s*(?:"[^"]*&|'[^']*&)/i;

export type TextFinding = "text" | "notText" | "activeContent";

export function textInspector(): {
  readonly take: (piece: Uint8Array) => void;
  readonly finding: () => TextFinding;
} {
  let decoder: TextDecoder | undefined;
  let head = "";
  let tail = "";
  let isMarkup: boolean | undefined;
  let finding: TextFinding = "text";

  const judge = (text: string): void => {
    if (BINARY.test(text.includes(ESCAPE) ? text.replaceAll(ESCAPE, "") : text)) finding = "notText";
    if (finding !== "text") return;
    if (head.length < HEAD_LENGTH) head += text.slice(0, HEAD_LENGTH - head.length);
    if (isMarkup === undefined && /\S/.test(head)) isMarkup = head.trimStart().startsWith("<");
    if (isMarkup !== true) return;
    const joined = tail + text;
    tail = joined.slice(-OVERLAP_LENGTH);
    if (ACTIVE_XML.test(joined)) finding = "activeContent";
  };

  const decode = (piece?: Uint8Array): void => {
    if (finding === "notText") return;
    try {
      judge((decoder ?? new TextDecoder()).decode(piece, { stream: piece !== undefined }));
    } catch {
      finding = "notText";
    }
  };

  return {
    take: (piece) => {
      decoder ??= new TextDecoder(encodingOf(piece), { fatal: true });
      decode(piece);
    },
    finding: () => {
      decode();
      if (finding === "text" && isPage(head)) finding = "activeContent";
      return finding;
    },
  };
}

/** @param first the first piece: the mark is never cut, pieces being larger. */
function encodingOf(first: Uint8Array): string {
  if (first[0] === 0xff && first[1] === 0xfe) return "utf-16le";
  return first[0] === 0xfe && first[1] === 0xff ? "utf-16be" : "utf-8";
}

function isPage(head: string): boolean {
  let rest = head;
  for (;;) {
    if (PAGE.test(rest) || rest.startsWith("<?php")) return true;
    const before = BEFORE_FIRST_ELEMENT.exec(rest)?.[0];
    if (before === undefined) return rest.startsWith("<!--");
    rest = rest.slice(before.length);
  }
}
