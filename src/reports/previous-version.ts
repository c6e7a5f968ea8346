/**
 * The lines of an issued report, read back from its files in their order, which is that of its successor's. Promise: constant
 * memory, and an error, never other lines, when a file is not the one that was issued (EX-05).
 */
import { createHash } from "node:crypto";
import { pipeline, Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import * as z from "zod";
import { columnsOf } from "./columns.ts";
import type { SectionKey } from "./content.ts";
import type { LineTexts } from "./cpod-line.ts";
import { COMPARED_FORMAT, type ReportFile, type SucceededReport } from "./report.ts";
import type { ReportFiles } from "./report-files.ts";

const BATCH = 500;

/** People read it: without the version before nothing tells what has changed. */
export class PreviousVersionUnreadableError extends Error {
  readonly code = "PreviousVersionUnreadable";

  constructor({ version }: ComparedReport, { fileName }: ReportFile, options?: ErrorOptions) {
    const what = `${fileName} of version ${version}, which this version is compared with, is missing or was changed`;
    super(`${what}: have it restored as it was issued, then ask for a new version`, options);
  }
}

type ComparedReport = Pick<SucceededReport, "id" | "version" | "files" | "languages">;

/** Each time it is called, the section is read anew. */
export type PreviousSections = (section: SectionKey) => AsyncIterable<readonly LineTexts[]>;

const recordSchema = z.array(z.string());

/** Labels are in the language of the file, so cells are known by their columns' order. */
export function previousSections(
  files: Pick<ReportFiles, "readStream">,
  report: ComparedReport,
): PreviousSections {
  return (section) =>
    readable(report, comparedFile(report, section), (file) => linesOf(files, file, section));
}

function comparedFile({ id, files, languages }: ComparedReport, section: SectionKey): ReportFile {
  const file = files.find(
    (each) => each.format === COMPARED_FORMAT && each.section === section && each.language === languages[0],
  );
  if (file === undefined) throw new Error(`report ${id} has no file of the section ${section}`);
  return file;
}

/** What a store throws stays what it is. */
async function* readable(
  report: ComparedReport,
  file: ReportFile,
  read: (file: ReportFile) => AsyncGenerator<LineTexts[]>,
): AsyncGenerator<LineTexts[]> {
  try {
    yield* read(file);
  } catch (cause) {
    const isChanged = cause instanceof CsvError || cause instanceof z.ZodError;
    if (!isChanged && !(cause instanceof NotAsIssuedError)) throw cause;
    throw new PreviousVersionUnreadableError(report, file, { cause });
  }
}

class NotAsIssuedError extends Error {}

async function* linesOf(
  files: Pick<ReportFiles, "readStream">,
  file: ReportFile,
  section: SectionKey,
): AsyncGenerator<LineTexts[]> {
  const keys = columnsOf[section].map(({ key }) => key);
  const source = Readable.from(issuedBytes(files, file));
  const parser = parse({ bom: true, from: 2 });
  // What goes wrong ends the loop below: the pipeline destroys the parser with it.
  pipeline(source, parser, () => undefined);
  let batch: LineTexts[] = [];
  for await (const record of parser) {
    const cells = recordSchema.length(keys.length).parse(record);
    batch.push({ section, ...Object.fromEntries(keys.map((key, index) => [key, cells[index] ?? ""])) });
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function* issuedBytes(
  files: Pick<ReportFiles, "readStream">,
  { blobName, sha256 }: ReportFile,
): AsyncGenerator<Uint8Array> {
  const content = await files.readStream(blobName);
  if (content === undefined) throw new NotAsIssuedError("it is not there");
  const hash = createHash("sha256");
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest("hex") !== sha256) throw new NotAsIssuedError("it is not the one that was issued");
}
