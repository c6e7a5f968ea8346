import { writeFile } from "node:fs/promises";
import { allEndpoints, apiInfo } from "../functions/http/endpoints.ts";
import { readConfig } from "../src/platform/config.ts";
import { openApiDocument } from "../src/platform/openapi.ts";
import { wire } from "../src/platform/wiring.ts";
import { sampleSettings } from "./sample-settings.ts";

/**
 * The contract of the API as a file, so that a change of it is seen in a review and never made by accident.
 * It is what the service serves at `/api/openapi.json`; nothing is started and no connection is opened to make it.
 */

export const SNAPSHOT = new URL("./openapi.snapshot.json", import.meta.url);

export async function openApiSnapshot(): Promise<string> {
  const app = wire(readConfig(await sampleSettings()));
  const contracts = allEndpoints(app).map(({ contract }) => contract);
  return `${JSON.stringify(openApiDocument(contracts, apiInfo), null, 2)}\n`;
}

if (import.meta.main) {
  await writeFile(SNAPSHOT, await openApiSnapshot());
  console.log("Wrote infra/openapi.snapshot.json");
}
