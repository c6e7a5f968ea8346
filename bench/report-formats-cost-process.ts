/** `node report-formats-cost-process.ts WRITER ROWS`: what a row costs one of the writers, in a process of its own. */
import * as z from "zod";
import { writers } from "./report-formats-writers.ts";

const WARMING_ROWS = 10_000;

const names = z.enum(["none", "csv", "csv-stringify", "xlsx", "hucre", "exceljs"]);
const [name, rows] = z.tuple([names, z.coerce.number().int().min(1)]).parse(process.argv.slice(2));
await writers[name](WARMING_ROWS);
const before = process.cpuUsage();
const bytes = await writers[name](rows);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ bytes, cpuMicroseconds: user + system }));
