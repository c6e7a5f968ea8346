import { SingleBar } from "cli-progress";
import type { Progress } from "./send-events.ts";
import { count, type Tally } from "./tally.ts";

const PLAIN_LINE_EVERY_MS = 2_000;
const BAR_FORMAT = "{bar} {percentage}% | {what}";

export type ProgressView = {
  readonly show: (progress: Progress) => void;
  readonly stop: () => void;
};

/** A bar on a terminal, a line now and then elsewhere; on stderr either way. */
export function createProgressView(tally: Tally, fileBytes: number): ProgressView {
  return process.stderr.isTTY ? barView(tally, fileBytes) : plainView(tally);
}

function barView(tally: Tally, fileBytes: number): ProgressView {
  const bar = new SingleBar({ format: BAR_FORMAT, hideCursor: true, clearOnComplete: true });
  bar.start(Math.max(fileBytes, 1), 0, { what: "" });
  return {
    show({ bytesRead, allPosted }) {
      bar.setTotal(Math.max(allPosted ? tally.posted : fileBytes, 1));
      bar.update(allPosted ? tally.posted - tally.pending : bytesRead, { what: describe(tally, allPosted) });
    },
    stop: () => bar.stop(),
  };
}

function plainView(tally: Tally): ProgressView {
  let shownAt = performance.now();
  return {
    show({ allPosted }) {
      if (performance.now() - shownAt < PLAIN_LINE_EVERY_MS) return;
      shownAt = performance.now();
      console.error(describe(tally, allPosted));
    },
    stop: () => undefined,
  };
}

function describe(tally: Tally, allPosted: boolean): string {
  const done = count(tally.posted - tally.pending);
  return allPosted
    ? `recorded ${done} of ${count(tally.posted)}`
    : `posted ${count(tally.posted)}, recorded ${done}`;
}
