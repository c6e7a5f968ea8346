/** Parts of an XLSX file as other libraries than the writer read them: yauzl unzips, saxes takes well-formed XML only. */
import { SaxesParser } from "saxes";
import { fromBufferPromise } from "yauzl";

export async function fileOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** By path. */
export async function partsOf(file: Buffer): Promise<ReadonlyMap<string, string>> {
  const zip = await fromBufferPromise(file);
  const parts = new Map<string, string>();
  for await (const entry of zip.eachEntry()) {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(Buffer.from(chunk));
    parts.set(entry.fileName, Buffer.concat(chunks).toString("utf8"));
  }
  return parts;
}

export type XmlCell = { readonly name: string; readonly type: string | undefined; readonly text: string };

/**
 * The cells of a worksheet in their order.
 * @throws Error for what is not well-formed, and for a cell with a formula.
 */
export function cellsOf(sheetXml: string): readonly XmlCell[] {
  const cells: XmlCell[] = [];
  let cell: { name: string; type: string | undefined; text: string } | undefined;
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    if (name === "f") throw new Error(`${cell?.name} is a formula`);
    if (name === "c") cell = { name: attributes["r"] ?? "", type: attributes["t"], text: "" };
  });
  parser.on("text", (text) => {
    if (cell !== undefined) cell.text += text;
  });
  parser.on("closetag", ({ name }) => {
    if (name !== "c" || cell === undefined) return;
    cells.push(cell);
    cell = undefined;
  });
  parser.write(sheetXml).close();
  return cells;
}
