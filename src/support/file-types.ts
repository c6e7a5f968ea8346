/**
 * What may be attached. A type is here if its content can be told by its bytes and opens in what people have, without
 * running anything. Not here, and why: HTML and SVG run scripts in a browser; Office files with macros and the old binary
 * formats (.doc, .xls, .msg) carry programs and cannot be looked into; mails (.eml) wrap attachments of their own; RAR, 7z
 * and tar cannot be looked into; programs and scripts run.
 */

/** A browser takes everything of this family for plain text: XML, shown as what it is, could run scripts. */
const TEXT = "text/plain; charset=utf-8";

type FileType = {
  readonly mediaType: string;
  /** The first one is given to a file without one. */
  readonly extensions: readonly [string, ...string[]];
};

export const FILE_TYPES = {
  text: {
    mediaType: TEXT,
    extensions: [
      ...["txt", "log", "csv", "tsv", "json", "jsonl", "ndjson", "har", "xml", "yaml", "yml", "md"],
      ...["ini", "conf", "cfg", "properties", "trace", "out", "err"],
    ] as [string, ...string[]],
  },
  pdf: { mediaType: "application/pdf", extensions: ["pdf"] },
  png: { mediaType: "image/png", extensions: ["png", "apng"] },
  jpeg: { mediaType: "image/jpeg", extensions: ["jpg", "jpeg", "jpe", "jfif"] },
  gif: { mediaType: "image/gif", extensions: ["gif"] },
  webp: { mediaType: "image/webp", extensions: ["webp"] },
  bmp: { mediaType: "image/bmp", extensions: ["bmp", "dib"] },
  tiff: { mediaType: "image/tiff", extensions: ["tif", "tiff"] },
  heic: { mediaType: "image/heic", extensions: ["heic", "heif"] },
  docx: {
    mediaType: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    extensions: ["docx"],
  },
  xlsx: {
    mediaType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    extensions: ["xlsx"],
  },
  pptx: {
    mediaType: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    extensions: ["pptx"],
  },
  odt: { mediaType: "application/vnd.oasis.opendocument.text", extensions: ["odt"] },
  ods: { mediaType: "application/vnd.oasis.opendocument.spreadsheet", extensions: ["ods"] },
  odp: { mediaType: "application/vnd.oasis.opendocument.presentation", extensions: ["odp"] },
  zip: { mediaType: "application/zip", extensions: ["zip"] },
  gzip: { mediaType: "application/gzip", extensions: ["gz"] },
  // What is seen on a screen is often shown best by a recording of it.
  mp4: { mediaType: "video/mp4", extensions: ["mp4", "m4v"] },
  quicktime: { mediaType: "video/quicktime", extensions: ["mov"] },
  webm: { mediaType: "video/webm", extensions: ["webm"] },
  // The traces of network and system that support asks for.
  pcap: { mediaType: "application/vnd.tcpdump.pcap", extensions: ["pcap", "cap", "pcapng"] },
  evtx: { mediaType: "application/octet-stream", extensions: ["evtx"] },
} as const satisfies Readonly<Record<string, FileType>>;

export type FileKind = keyof typeof FILE_TYPES;

const KIND_OF_EXTENSION: ReadonlyMap<string, FileKind> = new Map(
  Object.entries(FILE_TYPES).flatMap(([kind, { extensions }]) =>
    extensions.map((extension) => [extension, kind as FileKind] as const),
  ),
);

export const kindOfExtension = (extension: string): FileKind | undefined => KIND_OF_EXTENSION.get(extension);

/** What the library calls them, where that is another name. */
const SNIFFED: ReadonlyMap<string, FileKind> = new Map([
  ["apng", "png"],
  ["jpg", "jpeg"],
  ["tif", "tiff"],
  ["mov", "quicktime"],
  ["m4v", "mp4"],
]);

/** @param sniffed the extension that the library gives to the content. */
export function kindOfSniffed(sniffed: string): FileKind | undefined {
  const renamed = SNIFFED.get(sniffed);
  if (renamed !== undefined) return renamed;
  return Object.keys(FILE_TYPES).find((kind): kind is FileKind => kind === sniffed);
}

/** Texts that are run, or opened as more than text: refused for what they are called, their content being just text. */
const ACTIVE_TEXT_EXTENSIONS: ReadonlySet<string> = new Set(
  (
    "html htm xhtml xht shtml mht mhtml svg xsl xslt js mjs cjs jse jsx ts vbs vbe wsf wsh hta ps1 psm1 psd1 bat cmd sh bash " +
    "zsh csh py rb pl php asp aspx jsp reg url lnk inf desktop command scf sct ics vcf eml rtf application rdp"
  ).split(" "),
);

/** What is run by being opened, once it is unpacked. */
const PROGRAM_EXTENSIONS: ReadonlySet<string> = new Set(
  (
    "exe dll sys ocx drv scr com pif cpl msi msp msix appx jar bat cmd ps1 psm1 vb vbs vbe js jse wsf wsh wsc sct hta chm " +
    "lnk url scf reg inf command application xll docm dotm xlsm xltm xlam pptm potm ppsm ppam"
  ).split(" "),
);

export const isProgramExtension = (extension: string): boolean => PROGRAM_EXTENSIONS.has(extension);

export const isActiveTextExtension = (extension: string): boolean => ACTIVE_TEXT_EXTENSIONS.has(extension);
