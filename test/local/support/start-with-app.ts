import { fileURLToPath } from "node:url";
import { runStart } from "../../../local/run-start.ts";

/** `npm start` with the app beside this file instead of the product's. */
process.exitCode = await runStart(process.argv.slice(2), fileURLToPath(new URL("./app.ts", import.meta.url)));
