import { readFile } from "node:fs/promises";
import * as z from "zod";

const SAMPLE = new URL("../local.settings.sample.json", import.meta.url);
const localSettings = z.strictObject({
  IsEncrypted: z.literal(false),
  Values: z.record(z.string(), z.string()),
});

/** The settings that the sample file proposes. */
export async function sampleSettings(): Promise<Readonly<Record<string, string>>> {
  return localSettings.parse(JSON.parse(await readFile(SAMPLE, "utf8"))).Values;
}
