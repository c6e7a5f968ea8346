import { resolve } from "node:path";
import {
  type FunctionsHost,
  type FunctionsHostOptions,
  type LogLine,
  startFunctionsHost,
} from "../../../local/functions-host/host.ts";

/** The hosts and the log lines of one test, which ends them all. */
export type Sample = AsyncDisposable & {
  readonly logged: readonly LogLine[];
  start(entry: string, options?: Partial<FunctionsHostOptions>): Promise<FunctionsHost>;
};

export const inSample = (file: string): string => resolve(import.meta.dirname, file);

export function useSample(): Sample {
  const logged: LogLine[] = [];
  const hosts: FunctionsHost[] = [];
  return {
    logged,
    async start(entry, options = {}) {
      const host = await startFunctionsHost({
        entry: inSample(entry),
        hostJson: inSample("host.json"),
        settings: {},
        port: 0,
        onLog: (line) => logged.push(line),
        ...options,
      });
      hosts.push(host);
      return host;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(hosts.map((host) => host.stop()));
    },
  };
}
