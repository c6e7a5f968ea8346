/**
 * The files of one attempt at a report. Promise: all of them are whole and say the same, or this throws when no writer is
 * left running. The lines are read once for the files for tools, and once more for paper.
 */
import type { Customer } from "../agreements/customer.ts";
import type { ReportContent } from "./content.ts";
import type { Cpod } from "./cpod.ts";
import { cpodContent, printedContent } from "./cpod-content.ts";
import { csvBytes } from "./csv.ts";
import { fanOut, ReaderStoppedError } from "./fan-out.ts";
import { type PdfFonts, pdfFile } from "./pdf.ts";
import { periodText } from "./period.ts";
import { blobNameOf, type Report, type ReportFile, type ReportFormat, type RunningReport } from "./report.ts";
import type { ReportFiles } from "./report-files.ts";
import { cellsOf, columns, type Row } from "./report-row.ts";
import { xlsxFile } from "./xlsx.ts";

const CONTENT_TYPES: Readonly<Record<ReportFormat, string>> = {
  csv: "text/csv; charset=utf-8; header=present",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  pdf: "application/pdf",
};

export type Writing = {
  readonly files: Pick<ReportFiles, "write">;
  readonly fonts: () => Promise<PdfFonts>;
  readonly report: RunningReport;
  readonly customer: Customer;
  readonly generatedAt: string;
  /** Told of rows as they come; what it throws ends the writing. */
  readonly progress: (rows: number) => Promise<void>;
};

export async function writeFiles(writing: Writing, cpod: Cpod): Promise<ReportFile[]> {
  const { formats } = writing.report;
  const forTools = formats.filter((format) => format !== "pdf");
  const written = await writeForTools(writing, cpod, forTools);
  return formats.includes("pdf") ? [...written, await writeForPaper(writing, cpod)] : written;
}

/** Side by side, in one reading: whichever fails stops the others. */
async function writeForTools(
  writing: Writing,
  cpod: Cpod,
  formats: readonly Exclude<ReportFormat, "pdf">[],
): Promise<ReportFile[]> {
  const counter = { rows: 0 };
  const { streams, stop } = fanOut(counted(cpod.rows, counter, writing.progress), formats.length);
  const write = async (rows: AsyncIterable<readonly Row[]>, index: number): Promise<ReportFile> => {
    const format = formats[index] ?? "csv";
    try {
      return await writeFile(writing, format, contentFor(format, { writing, cpod, rows }), counter);
    } catch (error) {
      await stop();
      throw error;
    }
  };
  const outcomes = await Promise.allSettled(streams.map(write));
  const failures = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  if (failures.length > 0)
    throw failures.find((each) => !(each instanceof ReaderStoppedError)) ?? failures[0];
  return outcomes.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
}

function contentFor(
  format: Exclude<ReportFormat, "pdf">,
  of: { readonly writing: Writing; readonly cpod: Cpod; readonly rows: AsyncIterable<readonly Row[]> },
): AsyncIterable<Uint8Array> {
  switch (format) {
    case "csv":
      return csvBytes(columns, cellsOfBatches(of.rows));
    case "xlsx":
      return xlsxFile(cpodContent(of.cpod, of.writing, of.rows));
  }
}

async function* cellsOfBatches(batches: AsyncIterable<readonly Row[]>) {
  for await (const rows of batches) yield rows.map(cellsOf);
}

async function writeForPaper(writing: Writing, cpod: Cpod): Promise<ReportFile> {
  const counter = { rows: 0 };
  const content: ReportContent = printedContent(cpod, writing);
  const sections = content.sections.map((section) => ({
    ...section,
    // They were counted as progress before.
    rows: counted(section.rows, counter, () => writing.progress(0)),
  }));
  const bytes = pdfFile({ ...content, sections }, await writing.fonts());
  return writeFile(writing, "pdf", bytes, counter);
}

async function* counted<Item>(
  batches: AsyncIterable<readonly Item[]>,
  counter: { rows: number },
  progress: (rows: number) => Promise<void>,
): AsyncGenerator<readonly Item[]> {
  for await (const rows of batches) {
    counter.rows += rows.length;
    await progress(rows.length);
    yield rows;
  }
}

async function writeFile(
  { files, report }: Writing,
  format: ReportFormat,
  content: AsyncIterable<Uint8Array>,
  counter: { readonly rows: number },
): Promise<ReportFile> {
  const file = {
    blobName: blobNameOf(report, format),
    fileName: fileNameOf(report, format),
    contentType: CONTENT_TYPES[format],
  };
  const written = await files.write({ ...file, reportId: report.id }, content);
  return { format, ...file, rows: counter.rows, ...written };
}

function fileNameOf({ agreementId, period, version }: Report, format: ReportFormat): string {
  const agreement = agreementId.replaceAll(/[^A-Za-z0-9._-]+/g, "_");
  return `CPOD-${agreement}-${periodText(period)}-v${version}.${format}`;
}
