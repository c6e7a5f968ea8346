/** The beginnings of files of many types, made by hand: as much as tells what they are. */
import { gzipSync } from "node:zlib";
import { officeDocument, openDocument, zipOf } from "./zip-writer.ts";

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const filled = (head: Buffer, bytes = 5_000): Buffer => Buffer.concat([head, Buffer.alloc(bytes, 0x90)]);

function png(): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.byteLength);
    return Buffer.concat([length, latin1(type), data, Buffer.alloc(4)]);
  };
  const size = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
  // A colour profile of 20 KB comes before the picture.
  const profile = chunk("iCCP", Buffer.alloc(20_000, 1));
  const picture = chunk("IDAT", Buffer.alloc(100, 2));
  return Buffer.concat([
    latin1("\x89PNG\r\n\x1a\n"),
    chunk("IHDR", size),
    profile,
    picture,
    chunk("IEND", latin1("")),
  ]);
}

/** Its directory comes last, as scanners write it. */
function tiff(): Buffer {
  const picture = Buffer.alloc(300_000, 0x80);
  const head = latin1("II*\0\0\0\0\0");
  head.writeUInt32LE(8 + picture.byteLength, 4);
  const directory = Buffer.alloc(2 + 12 + 4);
  directory.writeUInt16LE(1, 0);
  directory.writeUInt16LE(256, 2);
  return Buffer.concat([head, picture, directory]);
}

function isoMedia(brand: string): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32BE(24, 0);
  head.write(`ftyp${brand}\0\0\0\0${brand}mif1`, 4, "latin1");
  return filled(head);
}

function webm(): Buffer {
  const type = Buffer.concat([Buffer.from([0x42, 0x82, 0x84]), latin1("webm")]);
  return filled(Buffer.concat([Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0x80 + type.byteLength]), type]));
}

export const ALLOWED_FILES: Readonly<Record<string, Buffer>> = {
  txt: Buffer.from("The service does not start.\r\nŻółw 😀\n"),
  log: Buffer.from("2026-11-21 \x1b[31mERROR\x1b[0m <html> was not expected\n".repeat(500)),
  csv: Buffer.from("\uFEFFname;hours\r\nAna;3\r\n"),
  json: Buffer.from('{"a": "<script>"}'),
  har: Buffer.from('{"log": {"entries": [{"text": "<html></html>"}]}}'),
  xml: Buffer.from(
    '<?xml version="1.0"?><!-- of May --><!DOCTYPE Event><Event xmlns="http://schemas.example/e"/>',
  ),
  pdf: filled(latin1("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")),
  png: png(),
  jpg: filled(latin1("\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01")),
  gif: filled(latin1("GIF89a\x10\0\x10\0\x80\0\0")),
  webp: filled(latin1("RIFF\x00\x20\x00\x00WEBPVP8 ")),
  bmp: filled(latin1("BM\x36\x10\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0")),
  tif: tiff(),
  heic: isoMedia("heic"),
  mp4: isoMedia("isom"),
  mov: isoMedia("qt  "),
  webm: webm(),
  pcap: filled(latin1("\xd4\xc3\xb2\xa1\x02\0\x04\0")),
  cap: filled(latin1("\x4d\x3c\xb2\xa1\x02\0\x04\0")),
  pcapng: filled(
    latin1("\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"),
  ),
  evtx: filled(latin1("ElfFile\0\0\0\0\0")),
  docx: officeDocument("docx"),
  xlsx: officeDocument("xlsx"),
  pptx: officeDocument("pptx"),
  odt: openDocument("application/vnd.oasis.opendocument.text"),
  ods: openDocument("application/vnd.oasis.opendocument.spreadsheet"),
  odp: openDocument("application/vnd.oasis.opendocument.presentation"),
  zip: zipOf([{ name: "a.log", content: "line\n" }]),
  gz: gzipSync("line\n"),
};

export const FORBIDDEN_FILES: Readonly<Record<string, Buffer>> = {
  exe: filled(latin1("MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff")),
  elf: filled(latin1("\x7fELF\x02\x01\x01\0")),
  macho: filled(latin1("\xcf\xfa\xed\xfe\x07\0\0\x01")),
  class: filled(latin1("\xca\xfe\xba\xbe\0\0\0\x3d")),
  wasm: filled(latin1("\0asm\x01\0\0\0")),
  doc: filled(latin1("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")),
  "7z": filled(latin1("7z\xbc\xaf\x27\x1c\0\x04")),
  rar: filled(latin1("Rar!\x1a\x07\x01\0")),
  xz: filled(latin1("\xfd7zXZ\0\0\x04")),
  bz2: filled(latin1("BZh91AY&SY")),
  zst: filled(latin1("\x28\xb5\x2f\xfd\x04")),
  cab: filled(latin1("MSCF\0\0\0\0")),
  lnk: filled(latin1("\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46")),
  rtf: Buffer.from("{\\rtf1\\ansi {\\object\\objocx}}"),
  ps: Buffer.from("%!PS-Adobe-3.0\n(hello) show\n"),
  swf: filled(latin1("CWS\x0a\x10\0\0\0")),
  sqlite: filled(latin1("SQLite format 3\0")),
  mp3: filled(latin1("ID3\x04\0\0\0\0\0\0")),
  random: Buffer.from("00ff13a9c4d2e100887766", "hex"),
  "nul.txt": Buffer.from("text with\0 a null character"),
  "control.txt": Buffer.from("text with \x07 a bell"),
  "latin1.txt": latin1("caf\xe9 in another encoding"),
};

export const ACTIVE_FILES: Readonly<Record<string, string>> = {
  html: "<!DOCTYPE html><html><script>alert(1)</script></html>",
  "no doctype": "<html><body>",
  "upper case": "  \r\n\t<ScRiPt>alert(1)</ScRiPt>",
  "only a link": '<a href="javascript:alert(1)">x</a>',
  picture: "<img src=x onerror=alert(1)>",
  comment: "<!-- a --><!-- b -->\n<body onload=alert(1)>",
  "comment without end": "<!-- a",
  mark: "\uFEFF<html>",
  svg: '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
  "svg in XML": '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
  "svg with a type": '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><svg/>',
  "svg by prefix": '<s:svg xmlns:s="http://www.w3.org/2000/svg"/>',
  "page deep in XML": `<event>${"<part/>".repeat(5_000)}<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script></event>`,
  "page by references":
    '<event xmlns:x="http://www.w3.org/1999&#47;xhtml"><x:script>alert(1)</x:script></event>',
  "page by entity": '<!DOCTYPE event [<!ENTITY h "x">]><event>&h;</event>',
  "style sheet": '<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="a.xsl"?><event/>',
  "many laughs": '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><l>&b;</l>',
  php: "<?php system($_GET['a']); ?>",
};
