/**
 * The text of a message, in the recipient's language, as subject, plain text and HTML. Pure.
 * Invariants: whatever a name holds, it stays within the line that names it: it starts no header, no paragraph and no
 * element. The plain text says all that the HTML says.
 */
import { IntlMessageFormat } from "intl-messageformat";
import { escaped, inOneLine } from "./harmless-text.ts";
import { type Letter, type Line, type Links, letterOf } from "./letters.ts";
import type { Message } from "./message.ts";
import { type Language, texts } from "./texts.ts";

/** Of an event in a calendar, as plain text. */
export type EventText = { readonly summary: string; readonly description: string };

export type RenderedMessage = {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Where the message is about one. */
  readonly event: EventText | undefined;
};

/** Days and times are told the international way, in English too. */
const LOCALES: Readonly<Record<Language, string>> = { en: "en-GB", es: "es-ES", pl: "pl-PL", it: "it-IT" };

/** Longer subjects are cut by mail clients; names of customers and workspaces may be long. */
const SUBJECT_LENGTH_MAX = 200;

export function renderMessage(
  { customerId, to, language, content }: Pick<Message, "customerId" | "to" | "language" | "content">,
  links: Links,
): RenderedMessage {
  const letter = letterOf({ customerId, content }, links);
  const say = sayingIn(language, letter);
  const subject = shortened(say(letter.subject));
  const greeting = say({ key: "greeting", values: { isNamed: to.name !== undefined, name: to.name ?? "" } });
  const paragraphs = [greeting, ...letter.paragraphs.map(say)];
  const action = letter.action && { label: say(letter.action.label), url: letter.action.url.href };
  const footer = say({ key: "footer" });
  return {
    subject,
    text: textOf(paragraphs, action, footer),
    html: htmlOf(language, { subject, paragraphs, action, footer }),
    event: letter.event && {
      summary: say(letter.event.summary),
      description: [...letter.event.description.map(say), ...(action === undefined ? [] : [action.url])].join(
        "\n",
      ),
    },
  };
}

function sayingIn(language: Language, { timeZone = "UTC" }: Letter): (line: Line) => string {
  const moment: Intl.DateTimeFormatOptions = {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZone,
    timeZoneName: "short",
  };
  // A calendar day is the same everywhere: it comes as its midnight in UTC.
  const { hour: _hour, minute: _minute, timeZoneName: _name, ...date } = moment;
  const day: Intl.DateTimeFormatOptions = { ...date, timeZone: "UTC" };
  const { weekday: _weekday, ...plainDay } = day;
  return ({ key, values = {} }) => {
    const format = new IntlMessageFormat(
      texts[key][language],
      LOCALES[language],
      { date: { moment, day, plainDay } },
      { ignoreTag: true },
    );
    const harmless = Object.entries(values).map(([name, value]) => [name, harmlessValue(value)] as const);
    return String(format.format(Object.fromEntries(harmless)));
  };
}

function harmlessValue(value: string | number | boolean | Date): string | number | Date {
  if (value instanceof Date || typeof value === "number") return value;
  return typeof value === "string" ? inOneLine(value) : String(value);
}

function shortened(subject: string): string {
  if (subject.length <= SUBJECT_LENGTH_MAX) return subject;
  // No half of a character at the end.
  return `${subject.slice(0, SUBJECT_LENGTH_MAX - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

type Action = { readonly label: string; readonly url: string };

function textOf(paragraphs: readonly string[], action: Action | undefined, footer: string): string {
  const link = action === undefined ? [] : [`${action.label}:\n${action.url}`];
  return `${[...paragraphs, ...link, `--\n${footer}`].join("\n\n")}\n`;
}

type Parts = {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly action: Action | undefined;
  readonly footer: string;
};

function htmlOf(language: Language, { subject, paragraphs, action, footer }: Parts): string {
  const link =
    action === undefined
      ? []
      : [
          `<p><a href="${escaped(action.url)}" style="${BUTTON_STYLE}">${escaped(action.label)}</a></p>`,
          // For whoever wants to see where it leads, or whose client shows no buttons.
          `<p style="${SMALL_STYLE}">${escaped(action.url)}</p>`,
        ];
  return [
    "<!doctype html>",
    `<html lang="${language}">`,
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(subject)}</title></head>`,
    `<body style="${BODY_STYLE}">`,
    ...paragraphs.map((paragraph) => `<p>${escaped(paragraph)}</p>`),
    ...link,
    `<p style="${SMALL_STYLE}">${escaped(footer)}</p>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

// Mail clients keep styles of elements and drop style sheets.
const BODY_STYLE = "max-width:36em;margin:2em auto;padding:0 1em;font:16px/1.5 sans-serif;color:#222";
const BUTTON_STYLE =
  "display:inline-block;padding:.6em 1.2em;border-radius:4px;background:#0b5cad;color:#fff;text-decoration:none";
const SMALL_STYLE = "font-size:13px;color:#595959;overflow-wrap:anywhere";
