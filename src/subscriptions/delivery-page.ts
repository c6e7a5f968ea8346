/**
 * The pages behind a recipient's own link, as HTML: what was sent, and that a link does not open. Pure.
 * Invariants: to look at a page downloads nothing, because scanners of mail open links: each file is behind a button of its
 * own, which posts. A page needs no script and loads nothing. Whatever a name holds, it stays within its element. That a
 * link does not open is said in the same words, whatever the reason.
 */
import { createHash } from "node:crypto";
import type { Language } from "../agreements/agreement-event.ts";
import { escaped, inOneLine } from "../messages/harmless-text.ts";
import { type Formats, formatsOf } from "../reports/formats.ts";
import type { Period } from "../reports/period.ts";
import { fileKeyOf, type ReportChanges, type ReportFile, type ReportFormat } from "../reports/report.ts";
import type { ReportKind } from "../reports/report-scope.ts";
import { LOCALES, messageFormat, type ReportTexts, reportTexts } from "../reports/texts.ts";
import { deliveryFileAddress } from "./delivery-link.ts";
import { pageTexts } from "./delivery-page-texts.ts";

export type PageFile = Pick<
  ReportFile,
  "format" | "section" | "language" | "fileName" | "bytes" | "sha256" | "rows"
>;

export type DeliveryPage = {
  readonly language: Language;
  readonly customerName: string;
  readonly reportKind: ReportKind;
  readonly period: Period;
  readonly version: number;
  readonly generatedAt: string;
  /** Null: nothing was delivered yet. */
  readonly dataAsOf: string | null;
  /** Lines that differ from the version before; null: there was none. */
  readonly changes: ReportChanges | null;
  /** Of the link. */
  readonly expiresAt: string;
  /** The customer's. */
  readonly timeZone: string;
  readonly files: readonly PageFile[];
  /** Of the page itself, as it was asked for: addresses of files follow from it. */
  readonly address: URL;
};

export const PAGE_TYPE = "text/html; charset=utf-8";

const STYLE = `
:root{color-scheme:light dark}
body{max-width:60rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif;overflow-wrap:break-word}
h1{font-size:1.6rem;line-height:1.25}
h2{font-size:1.25rem;margin-top:2rem}
dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.25rem 1.5rem;margin:0}
dt{font-weight:600}
dd{margin:0;min-width:0;overflow-wrap:anywhere}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{padding:.6rem .75rem .6rem 0;text-align:start;vertical-align:top;border-bottom:1px solid #8888}
tbody th{font-weight:400;min-width:10rem}
tbody th b{display:block}
.number{text-align:end;white-space:nowrap}
code{font-size:.8125rem;overflow-wrap:anywhere}
button{font:inherit;padding:.4rem .9rem;border:0;border-radius:.25rem;background:#0b5cad;color:#fff;cursor:pointer}
button:hover{background:#084a8c}
button:focus-visible{outline:3px solid;outline-offset:2px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
form{position:relative;margin:0}
@media(max-width:40rem){dl{grid-template-columns:1fr}dd{margin-bottom:.5rem}}
`;
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/**
 * Of the answers with either page. `no-referrer`: where a button leads is not told the link.
 * @param filesOrigin where a button is sent on to, if that is not this service: some browsers hold a form to its policy there.
 */
export const pageHeaders = (filesOrigin?: string): Readonly<Record<string, string>> => ({
  "content-security-policy": [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    ["form-action 'self'", ...(filesOrigin === undefined ? [] : [filesOrigin])].join(" "),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "referrer-policy": "no-referrer",
  "x-robots-tag": "noindex, nofollow",
});

/** For people first. */
const FORMAT_ORDER: readonly ReportFormat[] = ["pdf", "xlsx", "csv"];

const COMMANDS: readonly (readonly [string, string])[] = [
  ["Windows", "certutil -hashfile FILE SHA256"],
  ["macOS", "shasum -a 256 FILE"],
  ["Linux", "sha256sum FILE"],
];

export function deliveryPage(page: DeliveryPage): string {
  const { language, reportKind, customerName, timeZone } = page;
  const texts = reportTexts(language);
  const formats = formatsOf(language, timeZone);
  const say = sayingIn(language);
  const title = texts.word(reportKind === "cpod" ? "cpodTitle" : "educationTitle");
  return documentOf(language, `${title} – ${inOneLine(customerName)}`, [
    `<h1>${escaped(title)}</h1>`,
    ...factsOf(page, texts, formats),
    `<h2 id="files">${say("files")}</h2>`,
    `<p>${say("filesNote")}</p>`,
    // What is wider than the window is scrolled to, by keyboard too.
    '<div class="wide" role="region" aria-labelledby="files" tabindex="0">',
    ...tableOf(page, texts, formats),
    "</div>",
    `<h2>${say("check")}</h2>`,
    `<p>${say("checkNote")}</p>`,
    `<p>${say("checkCommands")}</p>`,
    "<ul>",
    ...COMMANDS.map(([system, command]) => `<li>${system}: <code translate="no">${command}</code></li>`),
    "</ul>",
  ]);
}

/** For whatever reason: it tells nothing of what there is or was. */
export function closedLinkPage(language: Language): string {
  const say = sayingIn(language);
  return documentOf(language, pageTexts.closedTitle[language], [
    `<h1>${say("closedTitle")}</h1>`,
    `<p>${say("closedNote")}</p>`,
    `<p>${say("closedAsk")}</p>`,
  ]);
}

/** Where too many downloads by one link come at once. */
export function busyLinkPage(language: Language): string {
  const say = sayingIn(language);
  return documentOf(language, pageTexts.busyTitle[language], [
    `<h1>${say("busyTitle")}</h1>`,
    `<p>${say("busyNote")}</p>`,
  ]);
}

function factsOf(page: DeliveryPage, texts: ReportTexts, formats: Formats): readonly string[] {
  const { customerName, period, version, generatedAt, dataAsOf, changes, expiresAt } = page;
  const say = sayingIn(page.language);
  const facts: readonly (readonly [string, string])[] = [
    [say("customer"), inOneLine(customerName)],
    [say("period"), texts.say("periodInUtc", { period: formats.period(period) })],
    [say("version"), formats.integer(version)],
    ...(changes === null ? [] : [[say("changes"), changesText(page.language, changes, texts)] as const]),
    [say("generatedAt"), formats.instant(generatedAt)],
    [say("dataAsOf"), dataAsOf === null ? texts.word("noData") : formats.instant(dataAsOf)],
    [say("opensUntil"), formats.instant(expiresAt)],
  ];
  return [
    "<dl>",
    ...facts.map(([label, fact]) => `<dt>${label}</dt><dd><bdi>${escaped(fact)}</bdi></dd>`),
    "</dl>",
  ];
}

function changesText(language: Language, changes: ReportChanges, texts: ReportTexts): string {
  const { added, removed, changed } = changes;
  return added + removed + changed === 0
    ? pageTexts.noChanges[language]
    : texts.say("changeCounts", { added, removed, changed });
}

function tableOf(page: DeliveryPage, texts: ReportTexts, formats: Formats): readonly string[] {
  const { language, files } = page;
  const say = sayingIn(language);
  const rank = ({ format }: PageFile): number => FORMAT_ORDER.indexOf(format);
  const column = (label: string, kind = "") => `<th scope="col"${kind}>${label}</th>`;
  return [
    '<table aria-labelledby="files">',
    `<thead><tr>${[
      column(say("file")),
      column(say("download")),
      column(say("rows"), ' class="number"'),
      column(say("size"), ' class="number"'),
    ].join("")}</tr></thead>`,
    "<tbody>",
    ...files.toSorted((a, b) => rank(a) - rank(b)).map((file) => rowOf(page, file, { texts, formats })),
    "</tbody>",
    "</table>",
  ];
}

function rowOf(
  { language, address }: DeliveryPage,
  file: PageFile,
  { texts, formats }: { readonly texts: ReportTexts; readonly formats: Formats },
): string {
  const say = sayingIn(language);
  const fileName = escaped(inOneLine(file.fileName));
  const label =
    file.section === null
      ? pageTexts[file.format][language]
      : String(
          messageFormat(pageTexts.csv[language], language).format({ section: texts.section(file.section) }),
        );
  // A path alone: it is this service's, under whatever name the page was opened.
  const { pathname, search } = deliveryFileAddress(address, fileKeyOf(file), file.language);
  return [
    `<tr><th scope="row"><b>${escaped(label)}</b><bdi>${fileName}</bdi><br>`,
    `SHA-256: <code translate="no">${escaped(file.sha256)}</code></th>`,
    `<td><form method="post" action="${escaped(`${pathname}${search}`)}">`,
    `<button>${say("download")}<span class="unseen">: <bdi>${fileName}</bdi></span></button></form></td>`,
    `<td class="number">${escaped(formats.integer(file.rows))}</td>`,
    `<td class="number">${escaped(bytesText(language, file.bytes))}</td></tr>`,
  ].join("");
}

const documentOf = (language: Language, title: string, content: readonly string[]): string =>
  [
    "<!doctype html>",
    `<html lang="${language}">`,
    "<head>",
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    "</head>",
    "<body>",
    "<main>",
    ...content,
    "</main>",
    "</body>",
    "</html>",
    "",
  ].join("\n");

const sayingIn =
  (language: Language) =>
  (key: keyof typeof pageTexts): string =>
    escaped(pageTexts[key][language]);

/** Each a thousand times the one before. */
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

function bytesText(language: Language, bytes: number): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const unit = UNITS[step] ?? "byte";
  const format = new Intl.NumberFormat(LOCALES[language], {
    style: "unit",
    unit,
    unitDisplay: unit === "byte" ? "long" : "short",
    maximumFractionDigits: 1,
  });
  return format.format(bytes / 1000 ** step);
}
