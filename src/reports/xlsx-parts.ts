/** The parts of an XLSX file beside its sheets. Pure. Invariant: the same report has the same parts. */
import type { Language } from "../agreements/agreement-event.ts";
import type { ReportContent } from "./content.ts";
import type { ReportTexts } from "./texts.ts";
import { escapeXml, sheetText } from "./xlsx-cells.ts";
import { filterRange, MAIN_NAMESPACE, type Sheet, XML_DECLARATION } from "./xlsx-sheet.ts";
import type { ZipEntry } from "./zip.ts";

const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml";

export const sheetPath = (number: number): string => `xl/worksheets/sheet${number}.xml`;

export function workbookParts(
  content: ReportContent,
  texts: ReportTexts,
  sheets: readonly Sheet[],
): readonly ZipEntry[] {
  const parts: Readonly<Record<string, string>> = {
    "xl/styles.xml": stylesXml(texts.language),
    "xl/workbook.xml": workbookXml(sheets),
    "xl/_rels/workbook.xml.rels": relationships([
      ...sheets.map((_, index) => [`${OFFICE}/worksheet`, `worksheets/sheet${index + 1}.xml`] as const),
      [`${OFFICE}/styles`, "styles.xml"],
    ]),
    "docProps/core.xml": coreXml(content, texts),
    "_rels/.rels": relationships([
      [`${OFFICE}/officeDocument`, "xl/workbook.xml"],
      [`${PACKAGE}/relationships/metadata/core-properties`, "docProps/core.xml"],
    ]),
    "[Content_Types].xml": contentTypesXml(sheets.length),
  };
  return Object.entries(parts).map(([path, xml]) => ({
    path,
    content: [Buffer.from(XML_DECLARATION + xml)],
  }));
}

function workbookXml(sheets: readonly Sheet[]): string {
  const listed = sheets.map(
    ({ name }, index) => `<sheet name="${escapeXml(name)}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`,
  );
  const filters = sheets.map(
    (sheet, index) =>
      `<definedName name="_xlnm._FilterDatabase" localSheetId="${index}" hidden="1">${escapeXml(filterRange(sheet))}</definedName>`,
  );
  return (
    `<workbook xmlns="${MAIN_NAMESPACE}" xmlns:r="${OFFICE}"><sheets>${listed.join("")}</sheets>` +
    `<definedNames>${filters.join("")}</definedNames></workbook>`
  );
}

function relationships(targets: readonly (readonly [type: string, target: string])[]): string {
  const all = targets.map(
    ([type, target], index) => `<Relationship Id="rId${index + 1}" Type="${type}" Target="${target}"/>`,
  );
  return `<Relationships xmlns="${PACKAGE}/relationships">${all.join("")}</Relationships>`;
}

function contentTypesXml(sheets: number): string {
  const overrides = [
    ["/xl/workbook.xml", `${SPREADSHEET}.sheet.main+xml`],
    ...Array.from({ length: sheets }, (_, index) => [
      `/${sheetPath(index + 1)}`,
      `${SPREADSHEET}.worksheet+xml`,
    ]),
    ["/xl/styles.xml", `${SPREADSHEET}.styles+xml`],
    ["/docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"],
  ].map(([part, type]) => `<Override PartName="${part}" ContentType="${type}"/>`);
  return (
    `<Types xmlns="${PACKAGE}/content-types">` +
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
    `<Default Extension="xml" ContentType="application/xml"/>${overrides.join("")}</Types>`
  );
}

/** When it was made is part of what the report says: no clock is asked. */
function coreXml(content: ReportContent, texts: ReportTexts): string {
  const title = texts.word(content.kind === "cpod" ? "cpodTitle" : "educationTitle");
  const told = (text: string): string => escapeXml(sheetText(text, texts));
  return (
    `<cp:coreProperties xmlns:cp="${PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"` +
    ' xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
    `<dc:title>${told(`${title}: ${content.customerName}`)}</dc:title>` +
    `<dc:creator>${told(texts.word("product"))}</dc:creator><dc:language>${texts.locale}</dc:language>` +
    `<dcterms:created xsi:type="dcterms:W3CDTF">${told(content.generatedAt)}</dcterms:created></cp:coreProperties>`
  );
}

/** As `formats.ts` tells days, with the month's name in the report's language whatever that of the spreadsheet is. */
const DATE_LANGUAGES: Readonly<Record<Language, string>> = { en: "809", es: "C0A", pl: "415", it: "410" };

function stylesXml(language: Language): string {
  const day = `[$-${DATE_LANGUAGES[language]}]d\\ mmm\\ yyyy`;
  const font = '<sz val="11"/><name val="Calibri"/><family val="2"/>';
  const xf = (numberFormat: number, font = 0, fill = 0): string =>
    `<xf numFmtId="${numberFormat}" fontId="${font}" fillId="${fill}" borderId="0" xfId="0"` +
    ` applyNumberFormat="1" applyFont="1" applyFill="1"/>`;
  return (
    `<styleSheet xmlns="${MAIN_NAMESPACE}">` +
    `<numFmts count="2"><numFmt numFmtId="164" formatCode="${day}\\ hh:mm"/><numFmt numFmtId="165" formatCode="${day}"/></numFmts>` +
    `<fonts count="3"><font>${font}</font><font><b/>${font}</font>` +
    `<font><u/><sz val="11"/><color rgb="FF0563C1"/><name val="Calibri"/><family val="2"/></font></fonts>` +
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>' +
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE7EEF7"/><bgColor indexed="64"/></patternFill></fill></fills>' +
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
    // In the order of `STYLES`; 3 is a whole number with its thousands apart, as the reader's spreadsheet writes them.
    `<cellXfs count="6">${xf(0)}${xf(0, 1, 2)}${xf(3)}${xf(164)}${xf(165)}${xf(0, 2)}</cellXfs>` +
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
  );
}
