/**
 * The lines of an issued report, read back from its file in the order of its successor's. Promise: constant memory, and
 * an error, never other lines, when the file is not the one that was issued (EX-05).
 */
import { createHash } from "node:crypto";
import { pipeline, Readable } from "node:stream";
import { parse } from "csv-parse";
import * as z from "zod";
import { compareLines, type LineTexts } from "./cpod-line.ts";
import type { ReportFile } from "./report.ts";
import type { ReportFiles } from "./report-files.ts";
import type { LineSection } from "./report-row.ts";
import { mergeSorted } from "./sorted-streams.ts";

const BATCH = 500;

const recordSchema = z.record(z.string(), z.string());

/** Each of the two sections is in order: merged they are one stream in order, at the price of reading the file twice. */
export function issuedLines(
  files: Pick<ReportFiles, "readStream">,
  file: ReportFile,
): AsyncIterable<readonly LineTexts[]> {
  return mergeSorted(
    [linesOf(files, file, "delivery"), linesOf(files, file, "additionalCase")],
    compareLines,
  );
}

async function* linesOf(
  files: Pick<ReportFiles, "readStream">,
  file: ReportFile,
  section: LineSection,
): AsyncGenerator<LineTexts[]> {
  const source = Readable.from(issuedBytes(files, file));
  const parser = parse({ bom: true, columns: true });
  // What goes wrong ends the loop below: the pipeline destroys the parser with it.
  pipeline(source, parser, () => undefined);
  let batch: LineTexts[] = [];
  for await (const record of parser) {
    const line = recordSchema.parse(record);
    if (line["section"] !== section) continue;
    batch.push(line);
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
  if (content === undefined) throw new Error("the file of the version before is not there");
  const hash = createHash("sha256");
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest("hex") !== sha256)
    throw new Error("the file of the version before is not the one that was issued");
}
