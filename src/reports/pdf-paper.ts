/**
 * Paper to draw on, page after page: a page is written when the next begins. What is drawn belongs to an element of the
 * document's structure or is decoration. Lengths are in points from the top left corner. Invariant: the same calls are the
 * same bytes.
 */
import { createHash } from "node:crypto";
import { type ByteGatherer, byteGatherer } from "./pdf-bytes.ts";
import { type FontFile, type PdfFont, pdfFont } from "./pdf-font.ts";
import { type DocumentFacts, writeMetadata } from "./pdf-metadata.ts";
import { type PdfObjects, pdfNumber, pdfObjects, pdfText, reference } from "./pdf-objects.ts";
import { type Destinations, pdfDestinations } from "./pdf-outline.ts";
import { newPage, PAGE, type Page, type PageTree, pageTree, writePage } from "./pdf-pages.ts";
import {
  type Element,
  type ElementOptions,
  type ElementType,
  pdfStructure,
  type Structure,
} from "./pdf-structure.ts";

/** Red, green and blue, of 1. */
export type Color = `${number} ${number} ${number}`;
export type TextStyle = { readonly font: "regular" | "bold"; readonly size: number; readonly color: Color };
type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
type Fonts<Font> = { readonly regular: Font; readonly bold: Font };

export type Paper = {
  readonly fonts: Fonts<PdfFont>;
  readonly destinations: Destinations;
  readonly root: Element;
  /** Where the next thing begins. */
  y: number;
  readonly pageNumber: () => number;
  readonly newPage: () => void;
  readonly open: (parent: Element, type: ElementType, options?: ElementOptions) => Element;
  readonly close: (element: Element) => void;
  /** What `draw` draws is content of the element. */
  readonly mark: (element: Element, draw: () => void) => void;
  readonly decorate: (draw: () => void) => void;
  /** @param y of the line's top. */
  readonly text: (text: string, x: number, y: number, style: TextStyle) => void;
  readonly rectangle: (x: number, y: number, width: number, height: number, color: Color) => void;
  /** To a named place; its text is drawn by the caller. */
  readonly link: (element: Element, name: string, alt: string, box: Box) => void;
  /** Draws `pagesText`. */
  readonly pages: (x: number, y: number) => void;
  readonly written: () => readonly Uint8Array[];
  readonly end: () => Promise<void>;
};

export type PaperOptions = DocumentFacts & {
  /** Of which no two documents have the same. */
  readonly identity: string;
  readonly fonts: Fonts<FontFile>;
  /** What every page can draw of their number, which is known at the end. */
  readonly pagesText: (pages: number) => string;
  readonly pagesStyle: TextStyle;
  /** Draws what stands on each page, when it is done. */
  readonly foot: (paper: Paper) => void;
};

type Parts = {
  readonly objects: PdfObjects;
  readonly structure: Structure;
  readonly tree: PageTree;
  readonly fonts: Fonts<PdfFont>;
  readonly destinations: Destinations;
  readonly root: Element;
  readonly ids: Readonly<Record<"catalog" | "structure" | "resources" | "pages", number>>;
  /** What the page at hand shows. */
  readonly drawn: ByteGatherer;
  page: Page;
};

export function openPaper(options: PaperOptions): Paper {
  const parts = partsOf(options);
  const { objects, structure, tree, fonts, destinations, root, ids } = parts;
  const writeLastPage = (): void => {
    options.foot(paper);
    writePage(objects, structure, parts.page, { drawn: parts.drawn.take(), resources: ids.resources });
  };
  const paper: Paper = {
    fonts,
    destinations,
    root,
    y: PAGE.top,
    pageNumber: tree.count,
    newPage: () => {
      writeLastPage();
      parts.page = newPage(objects, tree, structure);
      destinations.setPage(parts.page.id);
      paper.y = PAGE.top;
    },
    open: structure.open,
    close: structure.close,
    ...drawingOn(parts),
    written: objects.written,
    end: () => {
      writeLastPage();
      return endPaper(parts, options);
    },
  };
  return paper;
}

function partsOf(options: PaperOptions): Parts {
  const objects = pdfObjects();
  const ids = {
    catalog: objects.take(),
    structure: objects.take(),
    resources: objects.take(),
    pages: objects.take(),
  };
  const structure = pdfStructure(objects, ids.structure);
  const tree = pageTree(objects);
  const destinations = pdfDestinations(objects, PAGE.height);
  const page = newPage(objects, tree, structure);
  destinations.setPage(page.id);
  const fonts = {
    regular: pdfFont(objects, "R", options.fonts.regular),
    bold: pdfFont(objects, "B", options.fonts.bold),
  };
  const root = structure.open(undefined, "Document");
  return { objects, structure, tree, fonts, destinations, root, ids, drawn: byteGatherer(), page };
}

type Drawing = Pick<Paper, "mark" | "decorate" | "text" | "rectangle" | "link" | "pages">;

function drawingOn(parts: Parts): Drawing {
  const draw = (operator: string): void => {
    parts.drawn.add(operator);
    parts.drawn.add("\n");
  };
  return {
    mark: (element, drawContent) => {
      const { id, owners } = parts.page;
      const number = owners.push(element.id) - 1;
      element.kids.push(`<</Type/MCR/Pg ${reference(id)}/MCID ${number}>>`);
      draw(`/${element.type}<</MCID ${number}>>BDC`);
      drawContent();
      draw("EMC");
    },
    decorate: (drawContent) => {
      draw("/Artifact BMC");
      drawContent();
      draw("EMC");
    },
    text: (text, x, y, style) =>
      draw(textOperators(parts.fonts[style.font], text, x, PAGE.height - y, style)),
    rectangle: (x, y, width, height, color) => {
      const numbers = [x, PAGE.height - y - height, width, height].map(pdfNumber).join(" ");
      draw(`${color} rg ${numbers} re f`);
    },
    link: (element, name, alt, box) => writeLink(parts, element, { name, alt, box }),
    pages: (x, y) => draw(`q 1 0 0 1 ${pdfNumber(x)} ${pdfNumber(PAGE.height - y)} cm /Pages Do Q`),
  };
}

type Link = { readonly name: string; readonly alt: string; readonly box: Box };

function writeLink({ objects, structure, page }: Parts, element: Element, { name, alt, box }: Link): void {
  const id = objects.take();
  const key = structure.takeKey();
  structure.setOwner(key, element.id);
  page.annotations.push(reference(id));
  element.kids.push(`<</Type/OBJR/Pg ${reference(page.id)}/Obj ${reference(id)}>>`);
  const corners = [box.x, PAGE.height - box.y - box.height, box.x + box.width, PAGE.height - box.y];
  objects.write(
    id,
    `<</Type/Annot/Subtype/Link/F 4/Border[0 0 0]/Rect[${corners.map(pdfNumber).join(" ")}]` +
      `/StructParent ${key}/Contents ${pdfText(alt)}/Dest(${name})>>`,
  );
}

function textOperators(font: PdfFont, text: string, x: number, top: number, style: TextStyle): string {
  const baseline = top - font.ascent * style.size;
  return (
    `BT ${style.color} rg /${font.name} ${style.size} Tf ` +
    `${pdfNumber(x)} ${pdfNumber(baseline)} Td ${font.encode(text)} TJ ET`
  );
}

async function endPaper(parts: Parts, options: PaperOptions): Promise<void> {
  const { objects, structure, tree, fonts, destinations, root, ids } = parts;
  structure.close(root);
  structure.end(ids.structure, root);
  writePagesText(parts, options);
  const names = [fonts.regular, fonts.bold].map(({ name, id }) => `/${name} ${reference(id)}`).join("");
  objects.write(ids.resources, `<</Font<<${names}>>/XObject<</Pages ${reference(ids.pages)}>>>>`);
  for (const font of [fonts.regular, fonts.bold]) font.end();
  const { metadata, info } = writeMetadata(objects, options);
  objects.write(
    ids.catalog,
    `<</Type/Catalog/Pages ${reference(tree.end())}/Metadata ${reference(metadata)}` +
      `/Lang ${pdfText(options.locale)}/MarkInfo<</Marked true>>/StructTreeRoot ${reference(ids.structure)}` +
      `/ViewerPreferences<</DisplayDocTitle true>>${destinations.end()}>>`,
  );
  const fileId = createHash("sha256").update(options.identity).digest("hex").slice(0, 32);
  await objects.end({ root: ids.catalog, info, fileId });
}

/** Every page draws this one: how many there are only the last knows. */
function writePagesText({ objects, fonts, tree, ids }: Parts, options: PaperOptions): void {
  const style = options.pagesStyle;
  const { name, id } = fonts[style.font];
  const operators = textOperators(fonts[style.font], options.pagesText(tree.count()), 0, 0, style);
  const box = [0, -2 * style.size, 20 * style.size, style.size].map(pdfNumber).join(" ");
  const entries = `/Type/XObject/Subtype/Form/BBox[${box}]/Resources<</Font<</${name} ${reference(id)}>>>>`;
  objects.writeStream(ids.pages, entries, Buffer.from(operators, "latin1"));
}
