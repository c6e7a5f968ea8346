/** Reads PDF files back with a library that has nothing to do with the one that writes them. */
import { inflateSync } from "node:zlib";
import { getDocumentProxy } from "unpdf";
import * as z from "zod";

export const bytesOf = async (file: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  for await (const part of file) parts.push(part);
  return Buffer.concat(parts);
};

const itemSchema = z.looseObject({ str: z.string(), hasEOL: z.boolean() });
const linkSchema = z.looseObject({
  subtype: z.string(),
  dest: z.unknown(),
  url: z.string().optional(),
  contentsObj: z.object({ str: z.string() }),
});
const nodeSchema = z.object({
  role: z.string(),
  alt: z.string().optional(),
  get children() {
    return z.array(z.union([nodeSchema, z.object({ type: z.string() })]));
  },
});
export type Node = z.infer<typeof nodeSchema>;

type Bookmark = { readonly title: string; readonly page: number; readonly items: readonly Bookmark[] };
type OutlineItem = { title: string; dest: unknown; items: OutlineItem[] };
const outlineSchema: z.ZodType<OutlineItem[]> = z.array(
  z.looseObject({ title: z.string(), dest: z.unknown(), items: z.lazy(() => outlineSchema) }),
);

export async function readPdf(bytes: Uint8Array) {
  const document = await getDocumentProxy(Uint8Array.from(bytes), { verbosity: 0 });
  const pageOf = async (dest: unknown): Promise<number> => {
    const [reference] = z.tuple([z.object({ num: z.int(), gen: z.int() })], z.unknown()).parse(dest);
    return (await document.getPageIndex(reference)) + 1;
  };
  const bookmarks = (items: OutlineItem[]): Promise<Bookmark[]> =>
    Promise.all(
      items.map(async (item) => ({
        title: item.title,
        page: await pageOf(item.dest),
        items: await bookmarks(item.items),
      })),
    );
  const pages = await Promise.all(
    Array.from({ length: document.numPages }, async (_, index) => {
      const page = await document.getPage(index + 1);
      const { items } = await page.getTextContent({ includeMarkedContent: false });
      const annotations = z.array(linkSchema).parse(await page.getAnnotations());
      const links = annotations.map(async ({ dest, url, contentsObj }) => ({
        text: contentsObj.str,
        url,
        name: z.string().parse(dest),
        page: await pageOf(await document.getDestination(z.string().parse(dest))),
      }));
      const structure = nodeSchema.parse(await page.getStructTree());
      const text = z
        .array(itemSchema)
        .parse(items)
        .map(({ str, hasEOL }) => (hasEOL ? `${str}\n` : str))
        .join("");
      return { text, links: await Promise.all(links), structure };
    }),
  );
  const { info } = await document.getMetadata();
  const outline = await bookmarks(outlineSchema.parse((await document.getOutline()) ?? []));
  const facts = z
    .looseObject({ Title: z.string(), Language: z.string(), CreationDate: z.string() })
    .parse(info);
  const hasScript = (await document.getJSActions()) !== null;
  await document.loadingTask.destroy();
  return { pages, outline, facts, hasScript };
}

/** All nodes of a role that have content on the page, from the top. */
export function nodesOf(node: Node, role: string): readonly Node[] {
  const below = node.children.flatMap((child) => ("role" in child ? nodesOf(child, role) : []));
  return node.role === role && hasContent(node) ? [node, ...below] : below;
}

const hasContent = (node: Node): boolean =>
  node.children.some((child) => !("role" in child) || hasContent(child));

/** Everything that a file says in objects, unpacked. */
export function objectsText(bytes: Uint8Array): string {
  const file = Buffer.from(bytes).toString("latin1");
  const streams = file.matchAll(/\/Type\/ObjStm[^>]*\/Length (\d+)>>\nstream\n/g);
  const unpacked = Array.from(streams, (match) => {
    const start = match.index + match[0].length;
    return inflateSync(bytes.subarray(start, start + Number(match[1]))).toString("latin1");
  });
  const direct = file.replaceAll(/stream\n[\s\S]*?\nendstream/g, "");
  return `${unpacked.join("\n")}\n${direct}`;
}
