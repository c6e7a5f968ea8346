/** The sections of a report as tables, row by row as they come. */
import type { Row, Section, SectionKey } from "./content.ts";
import { type Heading, heading, type Print, paragraph } from "./pdf-blocks.ts";
import { printedColumns } from "./pdf-cells.ts";
import { printable } from "./pdf-lines.ts";
import { type LinesPlaces, placeOfSection, placeOfTotal } from "./pdf-places.ts";
import type { Element } from "./pdf-structure.ts";
import { STYLES } from "./pdf-style.ts";
import { openTable, TABLE_START, type Table, type TableCell } from "./pdf-table.ts";
import type { WordKey } from "./texts-sentences.ts";

/** The tables of packages say it all. */
const PRINTED_ELSEWHERE: readonly SectionKey[] = ["entitlement"];

const NOTES: Partial<Record<SectionKey, WordKey>> = {
  additionalCase: "additionalCasesNote",
  benefit: "benefitsNote",
};

/** Yields after each batch: what is written so far can be taken. */
export async function* printSections(print: Print, places: LinesPlaces): AsyncGenerator<void> {
  let part: { readonly key: SectionKey; readonly element: Element } | undefined;
  for (const section of print.content.sections) {
    if (PRINTED_ELSEWHERE.includes(section.key)) {
      for await (const _batch of section.rows) yield;
      continue;
    }
    if (part?.key !== section.key || section.group === undefined) {
      if (part !== undefined) print.paper.close(part.element);
      part = { key: section.key, element: print.paper.open(print.paper.root, "Sect") };
      printTitle(print, part.element, section);
    }
    yield* printRows(print, part.element, section, places);
  }
  if (part !== undefined) print.paper.close(part.element);
}

function printTitle(print: Print, part: Element, { key, group }: Section): void {
  const { content, texts } = print;
  const hasTotals =
    key !== "total" && key !== "report" && content.sections.some((section) => section.key === "total");
  const isFirst = key === "change" && content.version === 1;
  heading(print, part, {
    level: 2,
    title:
      key === "change" && !isFirst
        ? texts.say("changesSince", { version: content.version - 1 })
        : texts.section(key),
    place: placeOfSection(key),
    room: TABLE_START + (group === undefined ? 0 : TABLE_START),
    ...(hasTotals && { back: { name: placeOfSection("total"), text: texts.word("backToTotals") } }),
  });
  const note = NOTES[key];
  if (note !== undefined) paragraph(print, part, texts.word(note), STYLES.note);
}

async function* printRows(
  print: Print,
  part: Element,
  section: Section,
  places: LinesPlaces,
): AsyncGenerator<void> {
  const { paper } = print;
  const parent = section.group === undefined ? part : paper.open(part, "Sect");
  if (section.group !== undefined) heading(print, parent, groupHeading(print, section.group, places));
  const columns = printedColumns(print, section);
  let table: Table | undefined;
  for await (const batch of section.rows) {
    for (const row of batch) {
      table ??= openTable(
        paper,
        parent,
        columns.map(({ column }) => column),
      );
      table.row(columns.map(({ key, say }) => cellOf(print, section, { key, text: say(row), row })));
    }
    yield;
  }
  if (table === undefined) paragraph(print, parent, nothingIn(print, section.key), STYLES.body);
  table?.end();
  if (parent !== part) paper.close(parent);
}

function groupHeading(
  { texts, font, content }: Print,
  { entitlementId, name }: NonNullable<Section["group"]>,
  places: LinesPlaces,
): Heading {
  const place = places.get(entitlementId);
  const isInPackage = content.packages.some(({ entitlements }) =>
    entitlements.some((each) => each.entitlementId === entitlementId),
  );
  return {
    level: 3,
    title: printable(font, name),
    room: TABLE_START,
    ...(place && { place: place.name }),
    ...(place &&
      isInPackage && { back: { name: placeOfTotal(place.index), text: texts.word("backToTotals") } }),
  };
}

type Printed = { readonly key: string; readonly text: string; readonly row: Row };

/** Of a total the name leads to its section, where there is one. */
function cellOf({ content, texts }: Print, section: Section, { key, text, row }: Printed): TableCell {
  if (section.key !== "total" || key !== "name") return { text };
  const name = row[section.columns.findIndex((column) => column.key === key)];
  const target = content.sections.find((each) => each.key === name && each.key !== "entitlement");
  return target === undefined
    ? { text }
    : { text, link: { name: placeOfSection(target.key), alt: texts.section(target.key) } };
}

function nothingIn({ content, texts }: Print, key: SectionKey): string {
  if (key !== "change") return texts.word("noRows");
  return content.version === 1
    ? texts.word("firstVersion")
    : texts.say("noChangesSince", { version: content.version - 1 });
}
