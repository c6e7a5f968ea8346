import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type PdfObjects, pdfObjects, pdfText } from "../../src/reports/pdf-objects.ts";

const FILE_ID = "0".repeat(32);

/** As many small objects as asked for, the catalog among them. */
async function fileOf(count: number): Promise<Buffer> {
  const objects = pdfObjects();
  const root = objects.take();
  const info = objects.take();
  const others = Array.from({ length: count }, objects.take);
  for (const id of others) objects.write(id, `(object ${id})`);
  objects.write(root, "<</Type/Catalog>>");
  objects.write(info, "<<>>");
  return end(objects, root, info);
}

async function end(objects: PdfObjects, root: number, info: number): Promise<Buffer> {
  await objects.end({ root, info, fileId: FILE_ID });
  return Buffer.concat(objects.written());
}

function streamAt(file: Buffer, offset: number): { readonly head: string; readonly content: Buffer } {
  const head = file.subarray(offset, file.indexOf("stream\n", offset)).toString("latin1");
  const length = Number(/\/Length (\d+)/.exec(head)?.[1]);
  const start = offset + head.length + "stream\n".length;
  return { head, content: inflateSync(file.subarray(start, start + length)) };
}

/** Finds an object as a viewer does: from the end of the file by the table. */
function readObject(file: Buffer, id: number): string {
  const table = streamAt(
    file,
    Number(/startxref\n(\d+)\n%%EOF\n$/.exec(file.toString("latin1"))?.[1]),
  ).content;
  const pack = table.readUInt32BE(id * 6 + 1);
  const place = table.readUInt8(id * 6 + 5);
  expect(table.readUInt8(id * 6)).toBe(2);
  expect(table.readUInt8(pack * 6)).toBe(1);
  const { head, content } = streamAt(file, table.readUInt32BE(pack * 6 + 1));
  expect(head.startsWith(`${pack} 0 obj\n`)).toBe(true);
  const first = Number(/\/First (\d+)/.exec(head)?.[1]);
  const numbers = content.subarray(0, first).toString("latin1").trim().split(" ").map(Number);
  expect(numbers[2 * place]).toBe(id);
  const start = first + (numbers[2 * place + 1] ?? 0);
  return content.subarray(start, content.indexOf("\n", start)).toString("latin1");
}

describe("objects of a PDF file", () => {
  test.each([1, 198, 199, 500, 40_000])("are found by their number, of %d", async (count) => {
    const file = await fileOf(count);
    for (const id of new Set([3, 4, Math.ceil(count / 2) + 2, count + 2])) {
      if (id <= count + 2) expect(readObject(file, id)).toBe(`(object ${id})`);
    }
    expect(readObject(file, 1)).toBe("<</Type/Catalog>>");
  });

  test("are written once each, or there is no file", async () => {
    const objects = pdfObjects();
    const root = objects.take();
    const info = objects.take();
    objects.write(root, "<<>>");
    expect(() => objects.write(root, "<<>>")).toThrow("is written twice");
    await expect(end(objects, root, info)).rejects.toThrow("the object 2 was never written");
  });

  test("are handed over as they are written", () => {
    const objects = pdfObjects();
    const sizes = Array.from({ length: 10 }, () => {
      for (let count = 0; count < 1_000; count++) objects.write(objects.take(), "<<>>");
      return Buffer.concat(objects.written()).length;
    });
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    expect(objects.written()).toEqual([]);
  });

  test("say texts in hexadecimal, which nothing in them can end", () => {
    expect(pdfText("a)ż😀")).toBe("<FEFF00610029017cd83dde00>");
    expect(pdfText("\uD800")).toBe("<FEFFfffd>");
  });
});
