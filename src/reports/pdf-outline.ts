/** Places of a document that are named, for links, and its outline, which viewers show as bookmarks. Their number is bounded. */
import { type PdfObjects, pdfNumber, pdfText, reference } from "./pdf-objects.ts";

export type Destinations = {
  readonly setPage: (id: number) => void;
  /** @param name of `a-z`, `0-9` and hyphens. @param y from the top of the page. */
  readonly add: (name: string, y: number) => void;
  /** @param level 1 or 2. */
  readonly bookmark: (title: string, level: 1 | 2, y: number) => void;
  /** Entries of the catalog. */
  readonly end: () => string;
};

type Bookmark = {
  readonly id: number;
  readonly title: string;
  readonly place: string;
  readonly kids: Bookmark[];
};

export function pdfDestinations(objects: PdfObjects, pageHeight: number): Destinations {
  const places = new Map<string, string>();
  const bookmarks: Bookmark[] = [];
  let page = 0;
  const placeAt = (y: number): string => `[${reference(page)}/XYZ 0 ${pdfNumber(pageHeight - y)} 0]`;
  return {
    setPage: (id) => {
      page = id;
    },
    add: (name, y) => places.set(name, placeAt(y)),
    bookmark: (title, level, y) => {
      const list = level === 1 ? bookmarks : (bookmarks.at(-1)?.kids ?? bookmarks);
      list.push({ id: objects.take(), title, place: placeAt(y), kids: [] });
    },
    end: () => {
      const names = [...places].sort(([left], [right]) => (left < right ? -1 : 1));
      const tree = objects.take();
      objects.write(tree, `<</Names[${names.map(([name, place]) => `(${name})${place}`).join(" ")}]>>`);
      const outline = objects.take();
      writeBookmarks(objects, outline, bookmarks);
      objects.write(outline, `<</Type/Outlines${endsOf(bookmarks, bookmarks.length)}>>`);
      return `/Names<</Dests ${reference(tree)}>>/Outlines ${reference(outline)}/PageMode/UseOutlines`;
    },
  };
}

function writeBookmarks(objects: PdfObjects, parent: number, bookmarks: readonly Bookmark[]): void {
  for (const [index, { id, title, place, kids }] of bookmarks.entries()) {
    const previous = bookmarks[index - 1];
    const next = bookmarks[index + 1];
    const neighbours =
      (previous === undefined ? "" : `/Prev ${reference(previous.id)}`) +
      (next === undefined ? "" : `/Next ${reference(next.id)}`);
    // Negative: what is below it is not shown until it is opened.
    const below = endsOf(kids, -kids.length);
    const title16 = pdfText(title);
    objects.write(id, `<</Title ${title16}/Parent ${reference(parent)}${neighbours}/Dest${place}${below}>>`);
    writeBookmarks(objects, id, kids);
  }
}

function endsOf(bookmarks: readonly Bookmark[], count: number): string {
  const first = bookmarks[0];
  const last = bookmarks.at(-1);
  if (first === undefined || last === undefined) return "";
  return `/First ${reference(first.id)}/Last ${reference(last.id)}/Count ${count}`;
}
