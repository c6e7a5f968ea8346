/** Zip files made by hand, so that they can lie: each field can be given another value than the true one. */
import { crc32, deflateRawSync } from "node:zlib";

type Sizes = { readonly compressed?: number; readonly inflated?: number };

export type ZipPart = {
  readonly name: string | Buffer;
  readonly content?: Buffer | string;
  /** Stored as it is; otherwise deflated. */
  readonly stored?: boolean;
  /** Deflated already. */
  readonly deflated?: Buffer;
  readonly method?: number;
  readonly flags?: number;
  readonly checksum?: number;
  /** What the directory says. */
  readonly sizes?: Sizes;
  /** What stands before the bytes, where that is something else. */
  readonly local?: {
    readonly name?: string;
    readonly sizes?: Sizes;
    readonly flags?: number;
    readonly extra?: Buffer;
  };
  readonly attributes?: number;
  /** Of the part at this place, instead of its own. */
  readonly at?: number;
  /** Bytes that belong to nobody, behind it. */
  readonly gap?: Buffer;
};

type ZipOptions = {
  readonly before?: Buffer;
  readonly beforeDirectory?: Buffer;
  readonly after?: Buffer;
  readonly comment?: string;
  readonly entryCount?: number;
};

export function zipOf(parts: readonly ZipPart[], options: ZipOptions = {}): Buffer {
  const { before = Buffer.alloc(0), comment = "" } = options;
  const files: Buffer[] = [before];
  const starts: number[] = [];
  const records: Buffer[] = [];
  let end = before.byteLength;
  for (const part of parts) {
    const fields = fieldsOf(part);
    const { name, bytes, local } = fields;
    const file = Buffer.concat([localHeader(fields, local), bytes, part.gap ?? Buffer.alloc(0)]);
    starts.push(end);
    records.push(record(fields, name, starts[part.at ?? starts.length - 1] ?? 0, part.attributes ?? 0));
    files.push(file);
    end += file.byteLength;
  }
  const directory = Buffer.concat(records);
  const hidden = options.beforeDirectory ?? Buffer.alloc(0);
  const count = options.entryCount ?? parts.length;
  const last = Buffer.alloc(22);
  last.writeUInt32LE(0x06054b50, 0);
  last.writeUInt16LE(count, 8);
  last.writeUInt16LE(count, 10);
  last.writeUInt32LE(directory.byteLength, 12);
  last.writeUInt32LE(end + hidden.byteLength, 16);
  last.writeUInt16LE(comment.length, 20);
  return Buffer.concat([
    ...files,
    hidden,
    directory,
    last,
    Buffer.from(comment, "latin1"),
    options.after ?? Buffer.alloc(0),
  ]);
}

function fieldsOf(part: ZipPart) {
  const content = Buffer.from(part.content ?? "");
  const isDeflated = part.deflated !== undefined || part.stored !== true;
  const bytes = part.deflated ?? (isDeflated ? deflateRawSync(content) : content);
  const name = Buffer.from(part.name);
  const flags = (part.flags ?? 0) | 0x800;
  return {
    name,
    bytes,
    flags,
    method: part.method ?? (isDeflated ? 8 : 0),
    checksum: part.checksum ?? crc32(content),
    compressed: part.sizes?.compressed ?? bytes.byteLength,
    inflated: part.sizes?.inflated ?? content.byteLength,
    local: {
      name: Buffer.from(part.local?.name ?? name),
      flags: part.local?.flags ?? flags,
      sizes: part.local?.sizes ?? {},
      extra: part.local?.extra ?? Buffer.alloc(0),
    },
  };
}

type Fields = ReturnType<typeof fieldsOf>;

function localHeader(fields: Fields, { name, flags, sizes, extra }: Fields["local"]): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(fields.method, 8);
  header.writeUInt32LE(fields.checksum, 14);
  header.writeUInt32LE(sizes.compressed ?? fields.compressed, 18);
  header.writeUInt32LE(sizes.inflated ?? fields.inflated, 22);
  header.writeUInt16LE(name.byteLength, 26);
  header.writeUInt16LE(extra.byteLength, 28);
  return Buffer.concat([header, name, extra]);
}

function record(fields: Fields, name: Buffer, start: number, attributes: number): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(0x031e, 4);
  header.writeUInt16LE(20, 6);
  header.writeUInt16LE(fields.flags, 8);
  header.writeUInt16LE(fields.method, 10);
  header.writeUInt32LE(fields.checksum, 16);
  header.writeUInt32LE(fields.compressed, 20);
  header.writeUInt32LE(fields.inflated, 24);
  header.writeUInt16LE(name.byteLength, 28);
  header.writeUInt32LE(attributes, 38);
  header.writeUInt32LE(start, 42);
  return Buffer.concat([header, name]);
}

const OFFICE = "application/vnd.openxmlformats-officedocument";
const MAIN_PARTS = {
  docx: ["word/document.xml", `${OFFICE}.wordprocessingml.document.main+xml`],
  xlsx: ["xl/workbook.xml", `${OFFICE}.spreadsheetml.sheet.main+xml`],
  pptx: ["ppt/presentation.xml", `${OFFICE}.presentationml.presentation.main+xml`],
  docm: ["word/document.xml", "application/vnd.ms-word.document.macroEnabled.main+xml"],
  vsdx: ["visio/document.xml", "application/vnd.ms-visio.drawing.main+xml"],
} as const;

export function officeDocument(kind: keyof typeof MAIN_PARTS, more: readonly ZipPart[] = []): Buffer {
  const [part, type] = MAIN_PARTS[kind];
  const types = `<?xml version="1.0"?><Types><Override PartName="/${part}" ContentType="${type}"/></Types>`;
  return zipOf([
    { name: "[Content_Types].xml", content: types },
    { name: "_rels/.rels", content: "<Relationships/>" },
    { name: part, content: `<document>${"words ".repeat(200)}</document>` },
    ...more,
  ]);
}

export const openDocument = (mediaType: string, more: readonly ZipPart[] = []): Buffer =>
  zipOf([
    { name: "mimetype", content: mediaType, stored: true },
    { name: "content.xml", content: "<office:document-content/>" },
    ...more,
  ]);
