import * as z from "zod";
import { describeApp, type RunningApp, startApp } from "./app.ts";
import { type Order, order, type Report } from "./channel.ts";
import { errorMessage, type Log, type LogLine } from "./log.ts";

/**
 * Entry of the process in which an app runs. It does what the parent orders over the channel, and ends when the parent
 * goes away. An interrupt from the terminal reaches both processes; the parent decides what comes of it.
 */

const log: Log = (line) => send({ kind: "log", line });
let running: Promise<RunningApp> | undefined;
let isEnding = false;

process.on("message", (message) => {
  obey(order.parse(message)).catch(fail);
});
process.on("disconnect", end);
process.on("SIGTERM", end);
process.on("SIGINT", () => undefined);

async function obey(given: Order): Promise<void> {
  switch (given.kind) {
    case "start": {
      running = startApp(given, process.env, log);
      const { url, port, functions } = await running;
      send({ kind: "ready", url, port, functions: [...functions] });
      return;
    }
    case "describe": {
      const functions = await describeApp(given.entry, log);
      const described = functions.map(({ name, bindings }) => ({ name, bindings }));
      send({ kind: "described", functions: described }, () => process.exit(0));
      return;
    }
    case "stop":
      end();
  }
}

function end(): void {
  if (isEnding) return;
  isEnding = true;
  stop().catch(fail);
}

async function stop(): Promise<void> {
  await (await running)?.stop();
  // Sent last and waited for: what was logged before has gone out then.
  const line: LogLine = { level: "information", category: "system", message: "the app has stopped" };
  send({ kind: "log", line }, () => process.exit(0));
}

/** The parent shows this message to whoever started it, so it has to be readable. */
function fail(error: unknown): void {
  const message = error instanceof z.ZodError ? z.prettifyError(error) : errorMessage(error);
  send({ kind: "failed", message }, () => process.exit(1));
}

function send(report: Report, sent: () => void = () => undefined): void {
  // Without a parent there is nobody to tell, and sending would throw.
  if (process.connected && process.send !== undefined) process.send(report, sent);
  else sent();
}
