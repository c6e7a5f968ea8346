/** Which office document a zip file is, by what it says inside; those that bring programs with them are told apart. */

export type DocumentKind = "docx" | "xlsx" | "pptx" | "odt" | "ods" | "odp";

const OFFICE_DESCRIPTION = "[Content_Types].xml";
const OPEN_DOCUMENT_DESCRIPTION = "mimetype";

export const isDescriptionPart = (name: string): boolean =>
  name === OFFICE_DESCRIPTION || name === OPEN_DOCUMENT_DESCRIPTION;

const OFFICE_MAIN_PARTS: readonly (readonly [DocumentKind, string])[] = [
  ["docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"],
  ["xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"],
  ["pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"],
];
const OPEN_DOCUMENT_TYPES: ReadonlyMap<string, DocumentKind> = new Map([
  ["application/vnd.oasis.opendocument.text", "odt"],
  ["application/vnd.oasis.opendocument.spreadsheet", "ods"],
  ["application/vnd.oasis.opendocument.presentation", "odp"],
]);
const OFFICE_PROGRAM = /(^|\/)(vbaProject\.bin|vbaData\.xml|macrosheets\/|activeX\/)/i;
const OPEN_DOCUMENT_PROGRAM = /^(Basic|Scripts)\//i;

/** @param descriptions the texts of the description parts, by their names. */
export function documentKind(
  names: readonly string[],
  descriptions: ReadonlyMap<string, string>,
): DocumentKind | "zip" | "otherDocument" | "withMacros" {
  const office = descriptions.get(OFFICE_DESCRIPTION);
  if (office !== undefined) {
    if (/macroEnabled|vbaProject/i.test(office) || names.some((name) => OFFICE_PROGRAM.test(name))) {
      return "withMacros";
    }
    const main = OFFICE_MAIN_PARTS.filter(([, type]) =>
      [`"${type}"`, `'${type}'`].some((text) => office.includes(text)),
    );
    return main.length === 1 ? (main[0]?.[0] ?? "otherDocument") : "otherDocument";
  }
  const openDocument = descriptions.get(OPEN_DOCUMENT_DESCRIPTION);
  if (openDocument === undefined) return "zip";
  if (names.some((name) => OPEN_DOCUMENT_PROGRAM.test(name))) return "withMacros";
  return OPEN_DOCUMENT_TYPES.get(openDocument.trim()) ?? "otherDocument";
}
