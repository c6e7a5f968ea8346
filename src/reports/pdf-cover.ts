/** The first page of a report: what it is about. */
import { ensure, type Print, paragraph } from "./pdf-blocks.ts";
import { linesOf, printable } from "./pdf-lines.ts";
import { PAGE } from "./pdf-pages.ts";
import type { Element } from "./pdf-structure.ts";
import { COLORS, STYLES } from "./pdf-style.ts";

const LEFT = 96;
const LABEL_WIDTH = 190;
const LEADING = 15;
const FACT_GAP = 5;
const MOST_WORKSPACE_LINES = 6;

export function printCover(print: Print): void {
  const { paper, content, texts, font } = print;
  const cover = paper.open(paper.root, "Sect");
  paper.decorate(() => paper.rectangle(0, 0, 26, PAGE.height, COLORS.accent));
  paper.y = 92;
  paragraph(print, cover, texts.word("product"), STYLES.eyebrow, { x: LEFT });
  paper.y += 8;
  const title = titleOf(print);
  paper.destinations.bookmark(title, 1, 0);
  paragraph(print, cover, title, STYLES.title, { x: LEFT, type: "H1", most: 3 });
  paper.y += 6;
  paragraph(print, cover, printable(font, content.customerName), STYLES.customer, { x: LEFT, most: 3 });
  paper.y += 14;
  paper.decorate(() => paper.rectangle(LEFT, paper.y, 72, 2.5, COLORS.bar));
  paper.y += 22;
  for (const [label, value] of factsOf(print)) printFact(print, cover, label, printable(font, value));
  paper.close(cover);
}

export const titleOf = ({ content, texts }: Pick<Print, "content" | "texts">): string =>
  texts.word(content.kind === "cpod" ? "cpodTitle" : "educationTitle");

function factsOf({ content, texts, formats }: Print): readonly (readonly [string, string])[] {
  const { agreement, dataAsOf } = content;
  const ofAgreement = agreement && [
    [texts.code("fact", "agreementNumber"), agreement.number] as const,
    [texts.code("fact", "plan"), texts.code("plan", agreement.plan)] as const,
    [texts.word("agreementDays"), formats.days(agreement.startDate, agreement.endDate)] as const,
  ];
  return [
    ...(ofAgreement ?? []),
    [texts.word("period"), texts.say("periodInUtc", { period: formats.period(content.period) })],
    [texts.word("workspaces"), content.workspaces.join("; ")],
    [texts.code("fact", "dataAsOf"), dataAsOf === null ? texts.word("noData") : formats.instant(dataAsOf)],
    [texts.code("fact", "generatedAt"), formats.instant(content.generatedAt)],
    [texts.code("fact", "version"), formats.integer(content.version)],
  ];
}

function printFact({ paper }: Print, cover: Element, label: string, value: string): void {
  const x = LEFT + LABEL_WIDTH;
  const width = (PAGE.right - x) / STYLES.fact.size;
  const lines = linesOf(paper.fonts.regular, value, width, MOST_WORKSPACE_LINES);
  ensure(paper, lines.length * LEADING);
  const element = paper.open(cover, "P");
  paper.mark(element, () => {
    paper.text(`${label} `, LEFT, paper.y, STYLES.factLabel);
    for (const [index, line] of lines.entries()) paper.text(line, x, paper.y + index * LEADING, STYLES.fact);
  });
  paper.close(element);
  paper.y += lines.length * LEADING + FACT_GAP;
}
