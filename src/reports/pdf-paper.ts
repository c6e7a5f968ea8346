/**
 * The pages of a document, one after another: a page is written when the next begins. What is drawn belongs to an element
 * of the document's structure or is decoration. Lengths are in points from the top left corner. Invariants: nothing is kept
 * of a page that is done but its number; the same calls are the same bytes.
 */
import { createHash } from "node:crypto";
import { type PdfFont, pdfFont } from "./pdf-font.ts";
import { metadataOf } from "./pdf-metadata.ts";
import { type PdfObjects, pdfNumber, pdfObjects, pdfText, reference } from "./pdf-objects.ts";
import { type Destinations, pdfDestinations } from "./pdf-outline.ts";
import {
  type Element,
  type ElementOptions,
  type ElementType,
  pdfStructure,
  type Structure,
} from "./pdf-structure.ts";

/** A4, landscape: a line of a table has many columns. */
export const PAGE = { width: 841.89, height: 595.28, left: 48, right: 793.89, top: 48, bottom: 541 } as const;
const PAGES_OF_NODE = 256;

export type Color = `${number} ${number} ${number}`;
export type TextStyle = { readonly font: "regular" | "bold"; readonly size: number; readonly color: Color };

type Page = {
  readonly id: number;
  readonly key: number;
  readonly operators: string[];
  readonly owners: number[];
  readonly annotations: string[];
};

export type Paper = {
  readonly fonts: { readonly regular: PdfFont; readonly bold: PdfFont };
  readonly destinations: Destinations;
  readonly root: Element;
  /** Where the next thing begins. */
  y: number;
  readonly pageNumber: () => number;
  /** @param foot draws what each page has at its end. */
  readonly newPage: () => void;
  readonly open: (parent: Element, type: ElementType, options?: ElementOptions) => Element;
  readonly close: (element: Element) => void;
  /** What `draw` draws is the content of the element. */
  readonly mark: (element: Element, draw: () => void) => void;
  readonly decorate: (draw: () => void) => void;
  /** @param y of the line's top. */
  readonly text: (text: string, x: number, y: number, style: TextStyle) => void;
  readonly rectangle: (x: number, y: number, width: number, height: number, color: Color) => void;
  /** A link to a named place; its text is drawn by the caller. */
  readonly link: (element: Element, name: string, alt: string, box: Box) => void;
  /** Draws the number of pages, which is known at the end. */
  readonly pages: (x: number, y: number) => void;
  readonly written: () => readonly Uint8Array[];
  readonly end: () => Promise<void>;
};

export type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

export type PaperOptions = {
  readonly title: string;
  readonly locale: string;
  readonly createdAt: string;
  /** Of which no two documents have the same. */
  readonly identity: string;
  readonly fonts: { readonly regular: Uint8Array; readonly bold: Uint8Array };
  readonly pagesStyle: TextStyle;
  readonly pagesText: (pages: number) => string;
  /** Called before a page is done. */
  readonly foot: (paper: Paper) => void;
};

export function openPaper(options: PaperOptions): Paper {
  const objects = pdfObjects();
  const catalog = objects.take();
  const structureRoot = objects.take();
  const structure = pdfStructure(objects, structureRoot);
  const tree = pageTree(objects);
  const fonts = {
    regular: pdfFont(objects, "R", options.fonts.regular),
    bold: pdfFont(objects, "B", options.fonts.bold),
  };
  const resources = objects.take();
  const pageCount = objects.take();
  const destinations = pdfDestinations(objects, PAGE.height);
  const root = structure.open(undefined, "Document");
  let page = newPage(objects, tree, structure);

  const draw = (operator: string): void => {
    page.operators.push(operator);
  };
  const paper: Paper = {
    fonts,
    destinations,
    root,
    y: PAGE.top,
    pageNumber: tree.count,
    newPage: () => {
      options.foot(paper);
      writePage(objects, structure, page, { parent: tree.nodeOf(), resources });
      page = newPage(objects, tree, structure);
      destinations.setPage(page.id);
      paper.y = PAGE.top;
    },
    open: structure.open,
    close: structure.close,
    mark: (element, drawContent) => {
      const number = page.owners.push(element.id) - 1;
      element.kids.push(`<</Type/MCR/Pg ${reference(page.id)}/MCID ${number}>>`);
      draw(`/${element.type}<</MCID ${number}>>BDC`);
      drawContent();
      draw("EMC");
    },
    decorate: (drawContent) => {
      draw("/Artifact BMC");
      drawContent();
      draw("EMC");
    },
    text: (text, x, y, style) => draw(textOperators(fonts[style.font], text, x, PAGE.height - y, style)),
    rectangle: (x, y, width, height, color) => {
      const numbers = [x, PAGE.height - y - height, width, height].map(pdfNumber).join(" ");
      draw(`${color} rg ${numbers} re f`);
    },
    link: (element, name, alt, box) => {
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
    },
    pages: (x, y) => draw(`q 1 0 0 1 ${pdfNumber(x)} ${pdfNumber(PAGE.height - y)} cm /Pages Do Q`),
    written: objects.written,
    end: async () => {
      options.foot(paper);
      writePage(objects, structure, page, { parent: tree.nodeOf(), resources });
      structure.close(root);
      structure.end(structureRoot, root);
      writePageCount(objects, pageCount, fonts, options, tree.count());
      for (const font of [fonts.regular, fonts.bold]) font.end();
      const fontNames = [fonts.regular, fonts.bold].map(({ name, id }) => `/${name} ${reference(id)}`);
      objects.write(
        resources,
        `<</Font<<${fontNames.join("")}>>/XObject<</Pages ${reference(pageCount)}>>>>`,
      );
      const metadata = objects.take();
      objects.writeStream(metadata, "/Type/Metadata/Subtype/XML", metadataOf(options), "asIs");
      objects.write(
        catalog,
        `<</Type/Catalog/Pages ${reference(tree.end())}/Metadata ${reference(metadata)}` +
          `/Lang ${pdfText(options.locale)}/MarkInfo<</Marked true>>/StructTreeRoot ${reference(structureRoot)}` +
          `/ViewerPreferences<</DisplayDocTitle true>>${destinations.end()}>>`,
      );
      await objects.end(catalog, createHash("sha256").update(options.identity).digest("hex").slice(0, 32));
    },
  };
  destinations.setPage(page.id);
  return paper;
}

function newPage(objects: PdfObjects, tree: PageTree, structure: Structure): Page {
  const id = objects.take();
  tree.add(id);
  return { id, key: structure.takeKey(), operators: [], owners: [], annotations: [] };
}

type PageContext = { readonly parent: number; readonly resources: number };

function writePage(objects: PdfObjects, structure: Structure, page: Page, context: PageContext): void {
  const content = objects.take();
  objects.writeStream(content, "", Buffer.from(page.operators.join("\n"), "latin1"));
  const owners = objects.take();
  objects.write(owners, `[${page.owners.map(reference).join(" ")}]`);
  structure.setOwner(page.key, owners);
  const links = page.annotations.length === 0 ? "" : `/Annots[${page.annotations.join(" ")}]`;
  objects.write(
    page.id,
    `<</Type/Page/Parent ${reference(context.parent)}/MediaBox[0 0 ${PAGE.width} ${PAGE.height}]` +
      `/Resources ${reference(context.resources)}/Contents ${reference(content)}` +
      `/StructParents ${page.key}/Tabs/S${links}>>`,
  );
}

function textOperators(font: PdfFont, text: string, x: number, top: number, style: TextStyle): string {
  const baseline = top - font.ascent * style.size;
  return (
    `BT ${style.color} rg /${font.name} ${style.size} Tf ` +
    `${pdfNumber(x)} ${pdfNumber(baseline)} Td ${font.encode(text)} TJ ET`
  );
}

/** Every page draws this one: it says how many there are, which only the last knows. */
function writePageCount(
  objects: PdfObjects,
  id: number,
  fonts: Paper["fonts"],
  options: PaperOptions,
  pages: number,
): void {
  const { font, size } = options.pagesStyle;
  const operators = textOperators(fonts[font], options.pagesText(pages), 0, 0, options.pagesStyle);
  const resources = `<</Font<</${fonts[font].name} ${reference(fonts[font].id)}>>>>`;
  const box = `0 ${-2 * size} ${20 * size} ${size}`;
  objects.writeStream(
    id,
    `/Type/XObject/Subtype/Form/BBox[${box}]/Resources ${resources}`,
    Buffer.from(operators, "latin1"),
  );
}

type PageTree = {
  readonly add: (page: number) => void;
  /** Of the page that was added last. */
  readonly nodeOf: () => number;
  readonly count: () => number;
  readonly end: () => number;
};

/** Two levels: a viewer of thousands of pages does not read them all to show one. */
function pageTree(objects: PdfObjects): PageTree {
  const top = objects.take();
  const nodes: string[] = [];
  let node = objects.take();
  let pages: string[] = [];
  let count = 0;
  const writeNode = (): void => {
    const kids = pages.join(" ");
    objects.write(node, `<</Type/Pages/Parent ${reference(top)}/Count ${pages.length}/Kids[${kids}]>>`);
    nodes.push(reference(node));
  };
  return {
    add: (page) => {
      if (pages.length === PAGES_OF_NODE) {
        writeNode();
        node = objects.take();
        pages = [];
      }
      pages.push(reference(page));
      count += 1;
    },
    nodeOf: () => node,
    count: () => count,
    end: () => {
      writeNode();
      objects.write(top, `<</Type/Pages/Count ${count}/Kids[${nodes.join(" ")}]>>`);
      return top;
    },
  };
}
