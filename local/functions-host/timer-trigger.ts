import type { TypedData } from "./core-types.ts";
import type { FunctionOf, TimerTrigger } from "./function-definition.ts";
import type { Invoker } from "./invocation.ts";
import { errorMessage, errorText, type Log } from "./log.ts";
import { retryDelayMs } from "./schedule.ts";
import { pause } from "./wait.ts";

/**
 * A timer function never overlaps with itself, whether the schedule or `/admin` started it. An occurrence that falls
 * into a run is left out. Nothing is kept between two starts of the host: what was missed before is missed.
 */
export type Timer = {
  /** Follows the schedule from now on. */
  start(): void;
  /** Runs after what is running now. @throws what the last try threw, which has been logged. */
  run(): Promise<void>;
  stop(): void;
};

/** Waits in slices, so that a machine that slept notices soon that the time has come. */
const WAIT_SLICE_MS = 30_000;
const PAST_DUE_MS = 1000;

export type TimerOptions = {
  readonly definition: FunctionOf<TimerTrigger>;
  readonly invoker: Invoker;
  readonly log: Log;
};

export function createTimer({ definition, invoker, log }: TimerOptions): Timer {
  const { schedule, runOnStartup } = definition.trigger;
  const stopping = new AbortController();
  let lane: Promise<unknown> = Promise.resolve();
  let last: Date | undefined;

  const runAt = (due: Date): Promise<void> => {
    const started = lane.then(() => {
      const now = new Date();
      const data = timerData({ due, now, last, next: schedule.after(now) });
      last = due;
      return runWithRetries({ definition, invoker, stopping: stopping.signal }, data);
    });
    lane = started.catch(() => undefined);
    return started;
  };

  const follow = async (): Promise<void> => {
    if (runOnStartup) await runAt(new Date()).catch(() => undefined);
    let due = schedule.after(new Date());
    while (due !== undefined && (await waitUntil(due, stopping.signal))) {
      await runAt(due).catch(() => undefined);
      // A timer of Node can fire a moment early: never the same occurrence twice.
      due = schedule.after(new Date(Math.max(Date.now(), due.getTime())));
    }
  };
  return {
    start() {
      follow().catch((error: unknown) =>
        log({ level: "error", category: "system", message: errorText(error), functionName: definition.name }),
      );
    },
    run: () => runAt(new Date()),
    stop: () => stopping.abort(),
  };
}

type TimerRun = {
  readonly definition: FunctionOf<TimerTrigger>;
  readonly invoker: Invoker;
  readonly stopping: AbortSignal;
};

async function runWithRetries({ definition, invoker, stopping }: TimerRun, data: TypedData): Promise<void> {
  const { retry } = definition.trigger;
  let failure: unknown;
  for (let retryCount = 0; ; retryCount++) {
    try {
      await invoker.invoke(definition.name, {
        inputData: [{ name: definition.bindingName, data }],
        ...(retryCount > 0 && {
          retryContext: {
            retryCount,
            maxRetryCount: retry?.maxRetryCount ?? 0,
            exception: { source: "", message: errorMessage(failure), stackTrace: errorText(failure) },
          },
        }),
      });
      return;
    } catch (error) {
      failure = error;
    }
    const delayMs = retryDelayMs(retry, retryCount + 1, Math.random());
    if (delayMs === undefined || !(await waitUntil(new Date(Date.now() + delayMs), stopping))) throw failure;
  }
}

type Occurrence = {
  readonly due: Date;
  readonly now: Date;
  readonly last: Date | undefined;
  readonly next: Date | undefined;
};

/** What a timer function is given, in the host's own spelling: the library turns it into camel case. */
export function timerData({ due, now, last = new Date(0), next }: Occurrence): TypedData {
  return {
    json: JSON.stringify({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: {
        Last: last.toISOString(),
        Next: (next ?? due).toISOString(),
        LastUpdated: last.toISOString(),
      },
      IsPastDue: now.getTime() - due.getTime() > PAST_DUE_MS,
    }),
  };
}

/** True when the time has come, false as soon as the host stops. */
async function waitUntil(time: Date, stopping: AbortSignal): Promise<boolean> {
  while (!stopping.aborted) {
    const leftMs = time.getTime() - Date.now();
    if (leftMs <= 0) return true;
    await pause(Math.min(leftMs, WAIT_SLICE_MS), stopping);
  }
  return false;
}
