/** The pages of a file and the tree that they hang in. Invariant: of a page that is written nothing is kept but its number. */
import { type PdfObjects, reference } from "./pdf-objects.ts";
import type { Structure } from "./pdf-structure.ts";

/** A4, landscape: a line of a table has many columns. */
export const PAGE = {
  width: 841.89,
  height: 595.28,
  left: 48,
  right: 793.89,
  top: 48,
  bottom: 541,
} as const;
const PAGES_OF_NODE = 256;

export type Page = {
  readonly id: number;
  readonly parent: number;
  /** By which its elements are found. */
  readonly key: number;
  /** Elements in the order of the content that is theirs. */
  readonly owners: number[];
  readonly annotations: string[];
};

export type PageTree = {
  /** @returns the node that the page hangs in. */
  readonly add: (page: number) => number;
  readonly count: () => number;
  /** @returns its top. */
  readonly end: () => number;
};

/** Of two levels: a viewer of thousands of pages does not read them all to show one. */
export function pageTree(objects: PdfObjects): PageTree {
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
      return node;
    },
    count: () => count,
    end: () => {
      writeNode();
      objects.write(top, `<</Type/Pages/Count ${count}/Kids[${nodes.join(" ")}]>>`);
      return top;
    },
  };
}

export function newPage(objects: PdfObjects, tree: PageTree, structure: Structure): Page {
  const id = objects.take();
  return { id, parent: tree.add(id), key: structure.takeKey(), owners: [], annotations: [] };
}

/** @param drawn what the page shows. */
export function writePage(
  objects: PdfObjects,
  structure: Structure,
  page: Page,
  { drawn, resources }: { readonly drawn: Uint8Array; readonly resources: number },
): void {
  const content = objects.take();
  objects.writeStream(content, "", drawn);
  const owners = objects.take();
  objects.write(owners, `[${page.owners.map(reference).join(" ")}]`);
  structure.setOwner(page.key, owners);
  const links = page.annotations.length === 0 ? "" : `/Annots[${page.annotations.join(" ")}]`;
  objects.write(
    page.id,
    `<</Type/Page/Parent ${reference(page.parent)}/MediaBox[0 0 ${PAGE.width} ${PAGE.height}]` +
      `/Resources ${reference(resources)}/Contents ${reference(content)}` +
      `/StructParents ${page.key}/Tabs/S${links}>>`,
  );
}
