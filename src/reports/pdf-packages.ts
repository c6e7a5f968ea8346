/** A table for each package: what was purchased, delivered and used of each entitlement, with a link to the lines behind it. */
import type { Column, EntitlementFigures, PackageFigures } from "./content.ts";
import { heading, type Print, paragraph } from "./pdf-blocks.ts";
import { wordsOf } from "./pdf-cells.ts";
import { printable } from "./pdf-lines.ts";
import { type LinesPlaces, placeOfTotal } from "./pdf-places.ts";
import type { Element } from "./pdf-structure.ts";
import { STYLES } from "./pdf-style.ts";
import { SUMMARY_PLACE } from "./pdf-summary.ts";
import { openTable, TABLE_START, type TableCell, type TableColumn } from "./pdf-table.ts";

const KINDS = ["enterpriseWide", "addOn"] as const;
const TITLES = { enterpriseWide: "enterpriseWidePackages", addOn: "addOnPackages" } as const;
const BETWEEN = " · ";
const BETWEEN_NAMES = "; ";

export function printPackages(print: Print, places: LinesPlaces): void {
  const { paper, content, texts } = print;
  for (const kind of KINDS) {
    const packages = content.packages.filter(({ section }) => section === kind);
    if (packages.length === 0) continue;
    const part = paper.open(paper.root, "Sect");
    heading(print, part, {
      level: 2,
      title: texts.word(TITLES[kind]),
      room: 2 * TABLE_START,
      back: { name: SUMMARY_PLACE, text: texts.word("backToSummary") },
    });
    for (const each of packages) printPackage(print, part, each, places);
    paper.close(part);
  }
}

function printPackage(print: Print, parent: Element, figures: PackageFigures, places: LinesPlaces): void {
  const { paper, texts, formats, font } = print;
  const part = paper.open(parent, "Sect");
  heading(print, part, { level: 3, title: printable(font, figures.name), room: TABLE_START });
  const facts = [
    formats.days(figures.startDate, figures.endDate),
    texts.say("expires", { day: formats.day(figures.endDate) }),
  ];
  paragraph(print, part, facts.join(BETWEEN), STYLES.note);
  paper.y += 3;
  if (figures.entitlements.length === 0) paragraph(print, part, texts.word("noEntitlements"), STYLES.body);
  else printEntitlements(print, part, figures.entitlements, places);
  if (figures.benefits.length > 0) {
    paper.y += 6;
    const names = figures.benefits.map((name) => printable(font, name)).join(BETWEEN_NAMES);
    paragraph(print, part, `${texts.section("benefit")}: ${names}`, STYLES.body, { most: 10 });
  }
  paper.close(part);
}

const COLUMNS = [
  { key: "entitlementName", kind: "text", share: 5, align: "left" },
  { key: "service", kind: "code", share: 3.5, align: "left" },
  { key: "purchased", kind: "amount", share: 2.4, align: "right" },
  { key: "delivered", kind: "amount", share: 2.4, align: "right" },
  { key: "rows", kind: "integer", share: 1.4, align: "right" },
  { key: "consumed", kind: "amount", share: 2.4, align: "right" },
  { key: "remaining", kind: "amount", share: 2.4, align: "right" },
  { key: "overage", kind: "amount", share: 2.4, align: "right" },
] as const satisfies readonly (Omit<TableColumn, "label" | "words"> & Pick<Column, "key" | "kind">)[];

function printEntitlements(
  print: Print,
  part: Element,
  entitlements: readonly EntitlementFigures[],
  places: LinesPlaces,
): void {
  const columns = COLUMNS.map(({ key, share, align, kind }) => ({
    label: print.texts.column(key),
    share,
    align,
    words: wordsOf(print, { key, kind, ...(key === "service" && { codes: "service" }) }),
  }));
  const table = openTable(print.paper, part, columns);
  for (const each of entitlements) {
    const index = places.get(each.entitlementId);
    table.row(cellsOf(print, each, index?.name), index && placeOfTotal(index.index));
  }
  table.end();
}

function cellsOf(
  { texts, formats, font }: Print,
  figures: EntitlementFigures,
  linesPlace: string | undefined,
): readonly TableCell[] {
  const { unit, purchased, delivered, consumed, remaining, overage, lines } = figures;
  const amount = (quantity: number | null): string =>
    quantity === null ? "" : formats.amount(unit, quantity);
  const name = printable(font, figures.name);
  const link = linesPlace && { name: linesPlace, alt: printable(font, texts.say("linesOf", { name })) };
  return [
    { text: name, emphasis: "strong" },
    { text: texts.code("service", figures.service) },
    { text: purchased === null ? texts.word("included") : amount(purchased) },
    { text: amount(delivered), ...(link && delivered !== null && { link }) },
    { text: delivered === null ? "" : formats.integer(lines) },
    { text: amount(consumed) },
    { text: amount(remaining) },
    { text: amount(overage), ...(overage > 0 && { emphasis: "warning" as const }) },
  ];
}
