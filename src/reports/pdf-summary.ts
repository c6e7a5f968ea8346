/** What was used of what was purchased, at a glance: a bar for each entitlement that has an amount. */
import type { EntitlementFigures, PackageFigures } from "./content.ts";
import { ensure, heading, type Print, paragraph } from "./pdf-blocks.ts";
import { fitted, printable } from "./pdf-lines.ts";
import { PAGE } from "./pdf-pages.ts";
import type { TextStyle } from "./pdf-paper.ts";
import type { Element } from "./pdf-structure.ts";
import { COLORS, STYLES } from "./pdf-style.ts";

const ROW = 31;
const NAME_WIDTH = 236;
const BAR = { x: PAGE.left + NAME_WIDTH + 14, width: 250, height: 9 } as const;
const FIGURES_X = BAR.x + BAR.width + 18;
const NAME_ROOM = 22;
const BETWEEN = " · ";

export const SUMMARY_PLACE = "summary";

export function printSummary(print: Print): void {
  const { paper, content, texts } = print;
  if (content.packages.length === 0) return;
  paper.newPage();
  const summary = paper.open(paper.root, "Sect");
  heading(print, summary, { level: 2, title: texts.word("summary"), place: SUMMARY_PLACE, room: ROW });
  const notes = [
    texts.word("figuresNote"),
    texts.word("reversalsNote"),
    texts.say("timesNote", { timeZone: content.timeZone }),
  ];
  paragraph(print, summary, notes.join(" "), STYLES.note);
  for (const each of content.packages) if (each.entitlements.length > 0) printPackage(print, summary, each);
  paper.close(summary);
}

function printPackage(print: Print, summary: Element, { name, entitlements }: PackageFigures): void {
  const { paper } = print;
  ensure(paper, NAME_ROOM + ROW);
  paper.y += 10;
  paragraph(print, summary, printable(print.font, name), STYLES.part, { most: 2 });
  paper.y += 5;
  for (const entitlement of entitlements) printEntitlement(print, summary, entitlement);
}

function printEntitlement(print: Print, summary: Element, figures: EntitlementFigures): void {
  const { paper, texts, font } = print;
  ensure(paper, ROW);
  const top = paper.y;
  const words = wordsOf(print, figures);
  const nameWidth = NAME_WIDTH / STYLES.strong.size;
  const line = (text: string, x: number, y: number, style: TextStyle): void => {
    const width = x === PAGE.left ? nameWidth : (PAGE.right - x) / style.size;
    // The space parts it from what follows, when it is read aloud.
    paper.text(`${fitted(paper.fonts[style.font], text, width)} `, x, y, style);
  };
  const name = paper.open(summary, "P");
  paper.mark(name, () => {
    line(printable(font, figures.name), PAGE.left, top + 3, STYLES.strong);
    line(texts.code("service", figures.service), PAGE.left, top + 14.5, STYLES.foot);
  });
  paper.close(name);
  printBar(print, summary, figures, words.alt);
  const said = paper.open(summary, "P");
  paper.mark(said, () => {
    line(words.figures, FIGURES_X, top + 3, STYLES.strong);
    if (words.rest !== "")
      line(words.rest, FIGURES_X, top + 14.5, words.isOver ? STYLES.warning : STYLES.foot);
  });
  paper.close(said);
  paper.y = top + ROW - 4;
  paper.decorate(() => paper.rectangle(PAGE.left, paper.y, PAGE.right - PAGE.left, 0.4, COLORS.hairline));
  paper.y += 4;
}

type Words = {
  readonly figures: string;
  readonly rest: string;
  readonly alt: string;
  readonly isOver: boolean;
};

function wordsOf({ texts, formats, font }: Print, figures: EntitlementFigures): Words {
  const { unit, purchased, remaining, overage } = figures;
  const name = printable(font, figures.name);
  const consumed = formats.amount(unit, figures.consumed);
  if (purchased === null) {
    const alt = texts.say("barIncluded", { name, consumed });
    return { figures: texts.say("consumedIncluded", { consumed }), rest: "", alt, isOver: false };
  }
  const bought = formats.amount(unit, purchased);
  const said =
    unit === "contacts"
      ? texts.say("contactsAllowed", { contacts: figures.consumed, allowed: purchased })
      : texts.say("consumedOf", { consumed, purchased: bought });
  const percent = formats.percent(figures.consumed, purchased);
  const alt =
    percent === null
      ? `${name}: ${said}`
      : texts.say("barOf", { name, consumed, purchased: bought, percent });
  const isOver = overage > 0;
  const left = isOver
    ? texts.say("overage", { amount: formats.amount(unit, overage) })
    : remaining === null
      ? null
      : texts.say("remaining", { amount: formats.amount(unit, remaining) });
  const rest = [percent, left].filter((part) => part !== null).join(BETWEEN);
  return { figures: said, rest, alt, isOver };
}

/** Where more was used than purchased, the whole is what was used, and the part beyond has the colour of a warning. */
function printBar(print: Print, summary: Element, figures: EntitlementFigures, alt: string): void {
  const { paper, texts } = print;
  const { x, width, height } = BAR;
  const y = paper.y + 7;
  const box = [x, PAGE.height - y - height, x + width, PAGE.height - y] as const;
  const figure = paper.open(summary, "Figure", { alt, box });
  paper.mark(figure, () => {
    if (figures.purchased === null) {
      paper.text(texts.word("included"), x, y - 1.5, STYLES.note);
      return;
    }
    const used = Math.max(0, figures.consumed);
    const whole = Math.max(used, figures.purchased, 1);
    const within = (width * Math.min(used, figures.purchased)) / whole;
    paper.rectangle(x, y, width, height, COLORS.track);
    if (within > 0) paper.rectangle(x, y, within, height, COLORS.bar);
    if (used > figures.purchased) {
      paper.rectangle(x + within + 1.5, y, width - within - 1.5, height, COLORS.warning);
    }
  });
  paper.close(figure);
}
