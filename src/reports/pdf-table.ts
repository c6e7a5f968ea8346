/**
 * A table that goes on over pages: its headers stand on each, a row is never parted, and no header stands without a row.
 * Invariant: only the rows of the page at hand are kept open.
 */
import { linesOf } from "./pdf-lines.ts";
import { PAGE } from "./pdf-pages.ts";
import type { Paper } from "./pdf-paper.ts";
import type { Element } from "./pdf-structure.ts";
import { COLORS, STYLES } from "./pdf-style.ts";
import { columnWidths } from "./pdf-widths.ts";

export type TableColumn = {
  readonly label: string;
  /** Its part of the width. */
  readonly share: number;
  readonly align: "left" | "right";
  /** What it is to have room for on one line, if there is any. */
  readonly words: readonly string[];
};

export type TableCell = {
  /** Printable. */
  readonly text: string;
  readonly emphasis?: "strong" | "warning";
  /** To a named place; `alt` says where it leads. */
  readonly link?: { readonly name: string; readonly alt: string };
};

export type Table = {
  /** @param place a name for it, to link to. */
  readonly row: (cells: readonly TableCell[], place?: string) => void;
  readonly end: () => void;
};

const PADDING = 3.5;
const GAP = 11;
const MOST_LINES = 8;
const MOST_HEADER_LINES = 3;

type Column = TableColumn & { readonly x: number; readonly width: number };
type Line = { readonly column: Column; readonly cell: TableCell; readonly lines: readonly string[] };

export function openTable(paper: Paper, parent: Element, tableColumns: readonly TableColumn[]): Table {
  const columns = placed(paper, tableColumns);
  const table = paper.open(parent, "Table");
  const header = headerLines(paper, columns);
  const headerHeight = heightOf(header) + 2;
  let body: Element | undefined;
  let begun = false;

  const begin = (): void => {
    if (begun) paper.decorate(() => drawHeader(paper, header));
    else tagHeader(paper, table, header);
    begun = true;
    paper.y += headerHeight;
    body = paper.open(table, "TBody");
  };
  const endBody = (): void => {
    if (body !== undefined) paper.close(body);
    body = undefined;
  };
  return {
    row: (cells, place) => {
      const lines = rowLines(paper, columns, cells);
      const height = heightOf(lines);
      const needed = height + (body === undefined ? headerHeight : 0);
      if (paper.y + needed > PAGE.bottom) {
        endBody();
        paper.newPage();
      }
      if (body === undefined) begin();
      if (place !== undefined) paper.destinations.add(place, paper.y);
      drawRow(paper, body ?? table, lines);
      paper.y += height;
      paper.decorate(() => paper.rectangle(PAGE.left, paper.y, PAGE.right - PAGE.left, 0.4, COLORS.hairline));
    },
    end: () => {
      endBody();
      paper.close(table);
    },
  };
}

/** What has to fit on a page with the heading above a table: its header and a row of two lines. */
export const TABLE_START = 60;

function placed(paper: Paper, columns: readonly TableColumn[]): readonly Column[] {
  const widths = columnWidths(
    columns.map((column) => ({ share: column.share, least: leastWidth(paper, column) })),
    PAGE.right - PAGE.left - GAP * (columns.length - 1),
  );
  let x: number = PAGE.left;
  return columns.map((column, index) => {
    const width = widths[index] ?? 0;
    const at = x;
    x += width + GAP;
    return { ...column, x: at, width };
  });
}

function leastWidth({ fonts }: Paper, { label, words }: TableColumn): number {
  const { header, cell } = STYLES;
  const ofLabel = label.split(" ").map((word) => fonts[header.font].width(word) * header.size);
  return Math.max(...ofLabel, ...words.map((word) => fonts[cell.font].width(word) * cell.size));
}

function headerLines(paper: Paper, columns: readonly Column[]): readonly Line[] {
  const { font, size } = STYLES.header;
  return columns.map((column) => ({
    column,
    cell: { text: column.label },
    lines: linesOf(paper.fonts[font], column.label, column.width / size, MOST_HEADER_LINES),
  }));
}

function rowLines(paper: Paper, columns: readonly Column[], cells: readonly TableCell[]): readonly Line[] {
  return columns.map((column, index) => {
    const cell = cells[index] ?? { text: "" };
    const { font, size } = styleOf(cell);
    return { column, cell, lines: linesOf(paper.fonts[font], cell.text, column.width / size, MOST_LINES) };
  });
}

const heightOf = (lines: readonly Line[]): number =>
  lines.reduce((most, line) => Math.max(most, line.lines.length), 1) * STYLES.leading + 2 * PADDING;

function styleOf({ emphasis, link }: TableCell) {
  if (link !== undefined) return STYLES.link;
  if (emphasis === "warning") return STYLES.warning;
  return emphasis === "strong" ? STYLES.strong : STYLES.cell;
}

function tagHeader(paper: Paper, table: Element, header: readonly Line[]): void {
  const head = paper.open(table, "THead");
  const row = paper.open(head, "TR");
  for (const line of header) {
    const element = paper.open(row, "TH");
    paper.mark(element, () => drawLines(paper, line, STYLES.header, headerTop(paper, header, line)));
    paper.close(element);
  }
  paper.close(row);
  paper.close(head);
  paper.decorate(() => drawHeaderRule(paper, header));
}

function drawHeader(paper: Paper, header: readonly Line[]): void {
  for (const line of header) drawLines(paper, line, STYLES.header, headerTop(paper, header, line));
  drawHeaderRule(paper, header);
}

/** Labels stand on the rule, however many lines they have. */
const headerTop = (paper: Paper, header: readonly Line[], line: Line): number =>
  paper.y + heightOf(header) - PADDING - line.lines.length * STYLES.leading;

const drawHeaderRule = (paper: Paper, header: readonly Line[]): void =>
  paper.rectangle(PAGE.left, paper.y + heightOf(header), PAGE.right - PAGE.left, 1, COLORS.accent);

function drawRow(paper: Paper, body: Element, lines: readonly Line[]): void {
  const row = paper.open(body, "TR");
  for (const line of lines) {
    const cell = paper.open(row, "TD");
    const draw = (): void => drawLines(paper, line, styleOf(line.cell), paper.y + PADDING);
    if (line.cell.link !== undefined) drawLink(paper, cell, line, draw);
    else if (line.cell.text !== "") paper.mark(cell, draw);
    paper.close(cell);
  }
  paper.close(row);
}

function drawLink(
  paper: Paper,
  cell: Element,
  { column, cell: { link }, lines }: Line,
  draw: () => void,
): void {
  if (link === undefined) return;
  const element = paper.open(cell, "Link");
  paper.mark(element, draw);
  const height = lines.length * STYLES.leading;
  paper.link(element, link.name, link.alt, {
    x: column.x,
    y: paper.y + PADDING,
    width: column.width,
    height,
  });
  paper.close(element);
}

function drawLines(
  paper: Paper,
  { column, lines }: Line,
  style: Parameters<Paper["text"]>[3],
  top: number,
): void {
  for (const [index, line] of lines.entries()) {
    if (line === "") continue;
    const indent =
      column.align === "left" ? 0 : column.width - paper.fonts[style.font].width(line.trimEnd()) * style.size;
    paper.text(line, column.x + indent, top + index * STYLES.leading, style);
  }
}
