import { fileURLToPath } from "node:url";
import { startFunctionsHost } from "../../../local/functions-host/host.ts";

/** Starts the sample app and tells its port: a parent that a test can take away. */

const inSample = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const host = await startFunctionsHost({
  entry: inSample("http-app.ts"),
  hostJson: inSample("host.json"),
  settings: {},
  port: 0,
  onLog: () => undefined,
});
process.send?.(host.port);
