/** What programs that keep documents read of one: its title, language and time. As of ISO 16684-1 (XMP). */
import { type PdfObjects, pdfText } from "./pdf-objects.ts";

export type DocumentFacts = { readonly title: string; readonly locale: string; readonly createdAt: string };

/** Twice: not all programs read the newer one. */
export function writeMetadata(
  objects: PdfObjects,
  facts: DocumentFacts,
): { readonly metadata: number; readonly info: number } {
  const metadata = objects.take();
  objects.writeStream(metadata, "/Type/Metadata/Subtype/XML", xmpOf(facts), "asIs");
  const info = objects.take();
  const time = facts.createdAt.replaceAll(/\D/g, "").slice(0, 14);
  objects.write(info, `<</Title ${pdfText(facts.title)}/CreationDate(D:${time}Z)>>`);
  return { metadata, info };
}

/** UTF-8 */
function xmpOf({ title, locale, createdAt }: DocumentFacts): Uint8Array {
  const text = [
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"',
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/">',
    `<dc:title><rdf:Alt><rdf:li xml:lang="x-default">${xmlText(title)}</rdf:li></rdf:Alt></dc:title>`,
    `<dc:language><rdf:Bag><rdf:li>${xmlText(locale)}</rdf:li></rdf:Bag></dc:language>`,
    `<xmp:CreateDate>${xmlText(createdAt)}</xmp:CreateDate>`,
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>',
  ].join("\n");
  return Buffer.from(text, "utf8");
}

const xmlText = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/(?![\t\n\r])[\p{Cc}\uFFFE\uFFFF]/gu, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
