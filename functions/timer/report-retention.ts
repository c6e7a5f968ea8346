import { app as functions, type InvocationContext, type Timer } from "@azure/functions";
import type { App } from "../../src/platform/wiring.ts";
import { removedBefore } from "../../src/reports/retention.ts";
import { type Run, runOf } from "./in-turn.ts";

/** In one run. What is left is removed by the next. */
const FILES_PER_RUN = 5_000;

/**
 * Removes files of reports whose time is over, where the account has no life cycle or it left some. Repeated and
 * overlapping runs remove the same files. It runs when ledgers are verified: once a day is enough for both.
 */
export function registerReportRetention(app: App): void {
  functions.timer("removeOldReportFiles", {
    schedule: "%VERIFY_SCHEDULE%",
    handler: (_timer: Timer, context: InvocationContext) => removeOldReportFiles(app, runOf(context)),
  });
}

export async function removeOldReportFiles(
  {
    reportMaker: { files },
    config: { reportRetentionDays },
  }: {
    readonly reportMaker: { readonly files: Pick<App["reportMaker"]["files"], "removeWrittenBefore"> };
    readonly config: Pick<App["config"], "reportRetentionDays">;
  },
  run: Run,
): Promise<void> {
  const before = removedBefore(new Date(run.now()).toISOString(), reportRetentionDays);
  const { removed, refused } = await files.removeWrittenBefore(before, FILES_PER_RUN);
  if (removed + refused > 0) {
    run.log.info(JSON.stringify({ event: "removeOldReportFiles", removed, refused }));
  }
}
