/**
 * What is what in a document, for whoever has it read aloud: headings, paragraphs, tables with their headers, figures with
 * a text instead. Invariants: everything on a page belongs to one element or is marked as decoration; an element is written
 * when it ends, so that only those that are open are kept. As of ISO 32000-1, 14.7 and 14.8.
 */
import { type PdfObjects, pdfText, reference } from "./pdf-objects.ts";

export type ElementType =
  | "Document"
  | "Sect"
  | "H1"
  | "H2"
  | "H3"
  | "P"
  | "Link"
  | "Figure"
  | "Table"
  | "THead"
  | "TBody"
  | "TR"
  | "TH"
  | "TD";

export type Element = {
  readonly id: number;
  readonly type: ElementType;
  readonly parent: number;
  readonly attributes: string;
  readonly kids: string[];
};

export type ElementOptions = {
  /** Instead of what is drawn. */
  readonly alt?: string;
  /** Of a figure: where it is. */
  readonly box?: readonly [left: number, bottom: number, right: number, top: number];
};

export type Structure = {
  readonly open: (parent: Element | undefined, type: ElementType, options?: ElementOptions) => Element;
  readonly close: (element: Element) => void;
  /** The key by which a page or a link is found from what it shows. */
  readonly takeKey: () => number;
  /** @param id the owner, or the list of owners. */
  readonly setOwner: (key: number, id: number) => void;
  readonly end: (root: number, document: Element) => void;
};

export function pdfStructure(objects: PdfObjects, root: number): Structure {
  const owners: number[] = [];
  return {
    open: (parent, type, options = {}) => {
      const id = objects.take();
      parent?.kids.push(reference(id));
      return { id, type, parent: parent?.id ?? root, attributes: attributesOf(type, options), kids: [] };
    },
    close: ({ id, type, parent, attributes, kids }) =>
      objects.write(
        id,
        `<</Type/StructElem/S/${type}/P ${reference(parent)}${attributes}/K[${kids.join(" ")}]>>`,
      ),
    takeKey: () => owners.push(0) - 1,
    setOwner: (key, id) => {
      owners[key] = id;
    },
    end: (id, document) => {
      const tree = objects.take();
      const entries = owners.map((owner, key) => `${key} ${reference(owner)}`);
      objects.write(tree, `<</Nums[${entries.join(" ")}]>>`);
      const next = owners.length;
      objects.write(
        id,
        `<</Type/StructTreeRoot/K[${reference(document.id)}]/ParentTree ${reference(tree)}/ParentTreeNextKey ${next}>>`,
      );
    },
  };
}

function attributesOf(type: ElementType, { alt, box }: ElementOptions): string {
  const text = alt === undefined ? "" : `/Alt ${pdfText(alt)}`;
  const place = box === undefined ? "" : `/A<</O/Layout/Placement/Block/BBox[${box.join(" ")}]>>`;
  const scope = type === "TH" ? "/A<</O/Table/Scope/Column>>" : "";
  return `${text}${place}${scope}`;
}
