/** What the files of a report say, as other libraries than their writers read them. */
import { createHash } from "node:crypto";
import { parse } from "csv-parse/sync";
import * as z from "zod";
import type { Language } from "../../../src/agreements/agreement-event.ts";
import { columnsOf } from "../../../src/reports/columns.ts";
import { type SectionKey, sectionsOfKind } from "../../../src/reports/content.ts";
import { type FileChoice, fileOf } from "../../../src/reports/download.ts";
import type { SucceededReport } from "../../../src/reports/report.ts";
import { reportTexts } from "../../../src/reports/texts.ts";
import type { World } from "./world.ts";

type Files = Pick<World, "files">;

const whenIssued = ({ generatedAt }: SucceededReport) => ({ now: generatedAt, retentionDays: 1 });

/** The bytes of a file, its digest and length checked. */
export async function bytesOf(world: Files, report: SucceededReport, choice: FileChoice): Promise<Buffer> {
  const file = fileOf(report, choice, whenIssued(report));
  const content = await world.files.readStream(file.blobName);
  if (content === undefined) throw new Error(`there is no ${file.blobName}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(Uint8Array.from(chunk));
  const bytes = Buffer.concat(chunks);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== file.sha256 || bytes.length !== file.bytes)
    throw new Error("these are not the bytes issued");
  return bytes;
}

/** The bytes of all its files, each under its name. */
export async function allBytesOf(
  world: Files,
  report: SucceededReport,
): Promise<ReadonlyMap<string, Buffer>> {
  const all = new Map<string, Buffer>();
  for (const { format, section, language, fileName } of report.files) {
    const name = section === null ? format : `${format}-${section}`;
    all.set(fileName, await bytesOf(world, report, { name, language }));
  }
  if (all.size !== report.files.length) throw new Error("two files have one name");
  return all;
}

const tableSchema = z.array(z.array(z.string()));

export type Records = readonly Readonly<Record<string, string>>[];

/** The rows of all sections in their order, each with its section and the keys of its columns. */
export async function recordsOf(
  world: Files,
  report: SucceededReport,
  language?: Language,
): Promise<Records> {
  const sections = sectionsOfKind[report.scope.reportKind];
  const all = await Promise.all(sections.map((section) => sectionOf(world, report, { section, language })));
  return all.flat();
}

/** @throws Error unless its header has the labels of its language, and the report says how many rows it has. */
async function sectionOf(
  world: Files,
  report: SucceededReport,
  { section, language }: { readonly section: SectionKey; readonly language: Language | undefined },
): Promise<Records> {
  const choice = { name: `csv-${section}`, language };
  const file = fileOf(report, choice, whenIssued(report));
  const [header, ...rows] = tableSchema.parse(parse(await bytesOf(world, report, choice), { bom: true }));
  const keys = columnsOf[section].map(({ key }) => key);
  const labels = keys.map((key) => reportTexts(file.language).column(key, section));
  if (header?.join("\n") !== labels.join("\n")) throw new Error(`another header: ${header?.join()}`);
  if (rows.length !== file.rows) throw new Error(`${rows.length} rows in a file of ${file.rows}`);
  return rows.map((row) => ({
    section,
    ...Object.fromEntries(keys.map((key, index) => [key, row[index] ?? ""])),
  }));
}

export const inSection = (records: Records, section: SectionKey): Records =>
  records.filter((record) => record["section"] === section);
