import { inspect } from "node:util";
import * as z from "zod";

/** One line of the app or of the host, as it goes over the channel between the two processes. */
export const logLine = z.object({
  level: z.enum(["trace", "debug", "information", "warning", "error", "critical", "none"]),
  /** `user` and `customMetric`: the app's own; `system`: the host and the library; `console`: written past both. */
  category: z.enum(["user", "system", "customMetric", "console"]),
  message: z.string(),
  functionName: z.string().optional(),
  invocationId: z.string().optional(),
});

export type LogLine = Readonly<z.infer<typeof logLine>>;
export type Log = (line: LogLine) => void;

/** With its stack and its causes. */
export function errorText(error: unknown): string {
  return error instanceof Error ? inspect(error) : String(error);
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
