/** Headings and paragraphs of a report. */
import type { ReportContent } from "./content.ts";
import type { Wording } from "./pdf-cells.ts";
import { linesOf } from "./pdf-lines.ts";
import { PAGE } from "./pdf-pages.ts";
import type { Paper, TextStyle } from "./pdf-paper.ts";
import type { Element, ElementType } from "./pdf-structure.ts";
import { STYLES } from "./pdf-style.ts";

export type Print = Wording & { readonly paper: Paper; readonly content: ReportContent };

const LEADING = 1.35;

export type BlockOptions = {
  readonly x?: number;
  readonly width?: number;
  readonly most?: number;
  readonly type?: ElementType;
};

/** Moves on. @param text printable. */
export function paragraph(
  { paper }: Print,
  parent: Element,
  text: string,
  style: TextStyle,
  options: BlockOptions = {},
): void {
  const { x = PAGE.left, width = PAGE.right - x, most = 6, type = "P" } = options;
  const lines = linesOf(paper.fonts[style.font], text, width / style.size, most);
  const leading = style.size * LEADING;
  ensure(paper, lines.length * leading);
  const element = paper.open(parent, type);
  paper.mark(element, () => {
    for (const [index, line] of lines.entries()) paper.text(line, x, paper.y + index * leading, style);
  });
  paper.close(element);
  paper.y += lines.length * leading;
}

export function ensure(paper: Paper, height: number): void {
  if (paper.y + height > PAGE.bottom) paper.newPage();
}

export type Heading = {
  readonly level: 2 | 3;
  /** Printable. */
  readonly title: string;
  readonly place?: string;
  readonly back?: { readonly name: string; readonly text: string };
  /** What has to stand on the same page. */
  readonly room: number;
};

const ABOVE = { 2: 18, 3: 12 } as const;
const BELOW = { 2: 6, 3: 4 } as const;

/** With a bookmark, and at its right a link back. */
export function heading(print: Print, parent: Element, { level, title, place, back, room }: Heading): void {
  const { paper } = print;
  const style = level === 2 ? STYLES.section : STYLES.part;
  const above = paper.y > PAGE.top ? ABOVE[level] : 0;
  if (paper.y + above + style.size * LEADING * 2 + room > PAGE.bottom) paper.newPage();
  else paper.y += above;
  if (place !== undefined) paper.destinations.add(place, paper.y);
  paper.destinations.bookmark(title, level === 2 ? 1 : 2, paper.y);
  const top = paper.y;
  const backWidth = back === undefined ? 0 : paper.fonts.regular.width(back.text) * STYLES.link.size + 12;
  const width = PAGE.right - PAGE.left - backWidth;
  paragraph(print, parent, title, style, { type: `H${level}`, width, most: 2 });
  if (back !== undefined) {
    const size = STYLES.link.size;
    const x = PAGE.right - backWidth + 12;
    const y = top + (style.size - size) * 1.05;
    const element = paper.open(parent, "Link");
    paper.mark(element, () => paper.text(back.text, x, y, STYLES.link));
    paper.link(element, back.name, back.text, { x, y, width: backWidth - 12, height: size * LEADING });
    paper.close(element);
  }
  paper.y += BELOW[level];
}
