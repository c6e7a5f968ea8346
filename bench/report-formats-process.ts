/**
 * Writes one file of a report and tells what it took, in a process of its own because a peak of memory is one of a process:
 * `node report-formats-process.ts FORMAT ROWS CONTAINER`, with the connection string in BLOB_CONNECTION_STRING.
 */
import { BlobServiceClient } from "@azure/storage-blob";
import * as z from "zod";
import { csvSection } from "../src/reports/csv-section.ts";
import { blobReportFiles } from "../src/reports/report-files.ts";
import { reportTexts } from "../src/reports/texts.ts";
import { xlsxFile } from "../src/reports/xlsx.ts";
import { deliverySection, generatedContent } from "./report-formats-content.ts";

const formats = {
  csv: (rows: number) => csvSection(deliverySection(rows), reportTexts("en")),
  xlsx: (rows: number) => xlsxFile(generatedContent(rows)),
};

const argumentsSchema = z.tuple([z.enum(["csv", "xlsx"]), z.coerce.number().int().min(1), z.string()]);
const [format, rows, containerName] = argumentsSchema.parse(process.argv.slice(2));
const connectionString = z.string().parse(process.env["BLOB_CONNECTION_STRING"]);

const files = blobReportFiles(BlobServiceClient.fromConnectionString(connectionString), containerName);
const name = `${format}-${rows}`;
const file = { blobName: name, fileName: name, contentType: "application/octet-stream", reportId: "report" };
const { bytes } = await files.write(file, formats[format](rows));
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
console.log(
  JSON.stringify({
    rows,
    fileBytes: bytes,
    peakBytes: maxRSS * 1_024,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1_000_000,
  }),
);
