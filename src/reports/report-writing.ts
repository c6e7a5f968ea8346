/**
 * The files of one attempt at a report. Promise: all of them are whole and say the same, or this throws when no writer is
 * left running. For each language the lines are read once for the files for tools, and once more for paper.
 */
import type { Language } from "../agreements/agreement-event.ts";
import type { Customer } from "../agreements/customer.ts";
import { digest } from "../consumption/entry.ts";
import { hasLines, type ReportContent, type Section } from "./content.ts";
import { FiguresDifferError } from "./cpod-ledgers.ts";
import { csvSection } from "./csv-section.ts";
import { fanOut, ReaderStoppedError } from "./fan-out.ts";
import type { OpenedReport } from "./opened-report.ts";
import { type PdfFonts, pdfFile } from "./pdf.ts";
import { periodText } from "./period.ts";
import {
  blobNameOf,
  type Progress,
  type Report,
  type ReportFile,
  type ReportFormat,
  type RunningReport,
} from "./report.ts";
import { printedContent, reportContent } from "./report-content.ts";
import type { ReportFiles } from "./report-files.ts";
import type { Row } from "./report-row.ts";
import type { EducationScope } from "./report-scope.ts";
import { reportTexts } from "./texts.ts";
import { xlsxFile } from "./xlsx.ts";

const CONTENT_TYPES: Readonly<Record<ReportFormat, string>> = {
  csv: "text/csv; charset=utf-8; header=present",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  pdf: "application/pdf",
};

/** Of a digest in a file's name. */
const DIGEST_CHARACTERS = 8;
/** What goes into a file's name as it is; file systems take names of 255 bytes. */
const PLAIN_NAME = /^[A-Za-z0-9._-]{1,64}$/;

export type Writing = {
  readonly files: Pick<ReportFiles, "write">;
  readonly fonts: () => Promise<PdfFonts>;
  readonly report: RunningReport;
  readonly customer: Customer;
  readonly generatedAt: string;
  /** Told of lines as they come; what it throws ends the writing. */
  readonly progress: (progress: Progress) => Promise<void>;
};

type Written = { readonly files: readonly ReportFile[]; readonly opened: OpenedReport };

/**
 * @param open reads the figures anew for each language.
 * @returns what was opened for the first of them, read to its end.
 * @throws FiguresDifferError when figures, lines, or what anything is called changed between two languages.
 */
export async function writeFiles(writing: Writing, open: () => Promise<OpenedReport>): Promise<Written> {
  const { languages } = writing.report;
  const count = { rows: 0 };
  const [first, ...others] = languages;
  if (first === undefined) throw new RangeError("a report has a language");
  const opened = await open();
  const files = [...(await writeInLanguage({ ...writing, language: first, count }, opened))];
  for (const language of others) {
    const again = await open();
    files.push(...(await writeInLanguage({ ...writing, language, count }, again)));
    if (!saysTheSame(again, opened))
      throw new FiguresDifferError("the figures changed between two languages");
  }
  return { files, opened };
}

/** Of two that were read to their end. */
const saysTheSame = (left: OpenedReport, right: OpenedReport): boolean =>
  left.figures === right.figures && left.context === right.context && left.written() === right.written();

type InLanguage = Writing & { readonly language: Language; readonly count: { rows: number } };

async function writeInLanguage(writing: InLanguage, opened: OpenedReport): Promise<ReportFile[]> {
  const { formats } = writing.report;
  const forTools = formats.filter((format) => format !== "pdf");
  const written = await writeForTools(writing, opened, forTools);
  return formats.includes("pdf") ? [...written, await writeForPaper(writing, opened)] : written;
}

/** Side by side, in one reading: whichever fails stops the others. */
async function writeForTools(
  writing: InLanguage,
  opened: OpenedReport,
  formats: readonly Exclude<ReportFormat, "pdf">[],
): Promise<ReportFile[]> {
  const { streams, stop } = fanOut(followed(opened.rows, writing, opened), formats.length);
  const write = async (rows: AsyncIterable<readonly Row[]>, index: number): Promise<ReportFile[]> => {
    try {
      const content = reportContent(opened, writing, rows);
      return await (formats[index] === "xlsx" ? writeXlsx(writing, content) : writeCsv(writing, content));
    } catch (error) {
      await stop();
      throw error;
    }
  };
  const outcomes = await Promise.allSettled(streams.map(write));
  const failures = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  if (failures.length > 0)
    throw failures.find((each) => !(each instanceof ReaderStoppedError)) ?? failures[0];
  return outcomes.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
}

/** One file a section, each written as its rows come. */
async function writeCsv(writing: InLanguage, { sections }: ReportContent): Promise<ReportFile[]> {
  const texts = reportTexts(writing.language);
  const written: ReportFile[] = [];
  for (const section of sections) {
    const own = { rows: 0 };
    const bytes = csvSection(countedSection(section, own), texts);
    written.push(await writeFile(writing, { format: "csv", section: section.key }, bytes, own));
  }
  return written;
}

function writeXlsx(writing: InLanguage, content: ReportContent): Promise<ReportFile[]> {
  const own = { rows: 0 };
  const bytes = xlsxFile(counted(content, own));
  return writeFile(writing, { format: "xlsx", section: null }, bytes, own).then((file) => [file]);
}

async function writeForPaper(writing: InLanguage, opened: OpenedReport): Promise<ReportFile> {
  const own = { rows: 0 };
  const printed = () =>
    opened.printed().map((part) => ({ ...part, rows: followed(part.rows, writing, opened) }));
  const content = counted(printedContent({ ...opened, printed }, writing), own);
  const bytes = pdfFile(content, await writing.fonts());
  return writeFile(writing, { format: "pdf", section: null }, bytes, own);
}

const counted = (content: ReportContent, counter: { rows: number }): ReportContent => ({
  ...content,
  sections: content.sections.map((section) => countedSection(section, counter)),
});

function countedSection(section: Section, counter: { rows: number }): Section {
  async function* rowsOf() {
    for await (const rows of section.rows) {
      counter.rows += rows.length;
      yield rows;
    }
  }
  return { ...section, rows: rowsOf() };
}

/** Says of rows that they came, as they are taken: of each batch, also an empty one, which may have taken its time. */
async function* followed(
  batches: AsyncIterable<readonly Row[]>,
  { count, report, progress }: InLanguage,
  { lines }: OpenedReport,
): AsyncGenerator<readonly Row[]> {
  const readings = report.languages.length * (report.formats.includes("pdf") ? 2 : 1);
  for await (const rows of batches) {
    count.rows += linesIn(rows);
    const ofRows = lines * readings;
    // Lines that came since the figures were read are for the next version: this one will not be issued with them.
    await progress({ rows: Math.min(count.rows, ofRows), ofRows });
    yield rows;
  }
}

/** No batch has rows of two sections. */
function linesIn(rows: readonly Row[]): number {
  const [first] = rows;
  return first !== undefined && hasLines(first.section) ? rows.length : 0;
}

async function writeFile(
  { files, report, language }: InLanguage,
  key: Pick<ReportFile, "format" | "section">,
  content: AsyncIterable<Uint8Array>,
  counter: { readonly rows: number },
): Promise<ReportFile> {
  const file = {
    ...key,
    language,
    blobName: blobNameOf(report, { ...key, language }),
    fileName: fileNameOf(report, { ...key, language }),
    contentType: CONTENT_TYPES[key.format],
  };
  const { blobName, fileName, contentType } = file;
  const written = await files.write({ blobName, fileName, contentType, reportId: report.id }, content);
  return { ...file, rows: counter.rows, ...written };
}

function fileNameOf(
  { customerId, scope, period, version }: Report,
  { format, section, language }: Pick<ReportFile, "format" | "section" | "language">,
): string {
  const title =
    scope.reportKind === "cpod" ? `CPOD-${scope.agreementId}` : `Education-${customerId}${choiceText(scope)}`;
  const named = title.replaceAll(/[^A-Za-z0-9._-]+/g, "_");
  const part = section === null ? "" : `-${section}`;
  return `${named}-${periodText(period)}-v${version}-${language}${part}.${format}`;
}

/** So that files of several choices can lie side by side: the workspace, or how many they are and a mark of these very ones. */
function choiceText({ workspaceIds }: EducationScope): string {
  if (workspaceIds === null) return "";
  const [first = "", ...others] = workspaceIds.toSorted();
  if (others.length === 0 && PLAIN_NAME.test(first)) return `-${first}`;
  const mark = digest([first, ...others].join("\n")).slice(0, DIGEST_CHARACTERS);
  return `-${workspaceIds.length}-workspaces-${mark}`;
}
