/**
 * Prints a report, or the same cells with nothing but pdfkit, and tells what it took, in a process of its own: `node report-pdf-process.ts WRITER ROWS CONTAINER`, with the connection string in
 * BLOB_CONNECTION_STRING.
 */
import { BlobServiceClient } from "@azure/storage-blob";
import Pdfkit from "pdfkit";
import * as z from "zod";
import { readFonts } from "../src/platform/report-fonts.ts";
import { formatsOf } from "../src/reports/formats.ts";
import { type PdfFonts, pdfFile } from "../src/reports/pdf.ts";
import { printedColumns } from "../src/reports/pdf-cells.ts";
import { pdfFont, readFont } from "../src/reports/pdf-font.ts";
import { pdfObjects } from "../src/reports/pdf-objects.ts";
import { blobReportFiles } from "../src/reports/report-files.ts";
import { reportTexts } from "../src/reports/texts.ts";
import { deliverySection, generatedContent } from "./report-formats-content.ts";
import { usedSoFar } from "./report-used.ts";

const argumentsSchema = z.tuple([z.enum(["pdf", "pdfkit"]), z.coerce.number().int().min(1), z.string()]);
const [writer, rows, containerName] = argumentsSchema.parse(process.argv.slice(2));
const connectionString = z.string().parse(process.env["BLOB_CONNECTION_STRING"]);

const fonts = await readFonts();
const files = blobReportFiles(BlobServiceClient.fromConnectionString(connectionString), containerName);
const name = `${writer}-${rows}`;
const file = { blobName: name, fileName: name, contentType: "application/pdf", reportId: "report" };
const content = writer === "pdf" ? pdfFile(generatedContent(rows), fonts) : barePdfkit(rows, fonts);
const { bytes } = await files.write(file, content);
console.log(JSON.stringify({ rows, fileBytes: bytes, ...usedSoFar() }));

/** The same texts in the same font, each on one line: no tags, no breaking, no measuring. */
async function* barePdfkit(deliveries: number, { regular }: PdfFonts): AsyncGenerator<Uint8Array> {
  const section = deliverySection(deliveries);
  const font = pdfFont(pdfObjects(), "R", await readFont(regular));
  const columns = printedColumns(
    { texts: reportTexts("en"), formats: formatsOf("en", "UTC"), font },
    section,
  );
  const document = new Pdfkit({
    size: "A4",
    layout: "landscape",
    margin: 48,
    font: "",
    autoFirstPage: false,
  });
  document.font(Buffer.from(regular));
  let y = Number.POSITIVE_INFINITY;
  for await (const batch of section.rows) {
    for (const row of batch) {
      if (y > 500) {
        document.addPage().fontSize(8);
        y = 48;
      }
      for (const [index, { say }] of columns.entries()) {
        document.text(say(row), 48 + 92 * index, y, { lineBreak: false });
      }
      y += 18;
    }
    for (let part = document.read(); part !== null; part = document.read()) yield part;
  }
  document.end();
  for (let part = document.read(); part !== null; part = document.read()) yield part;
}
