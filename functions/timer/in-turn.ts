/**
 * One run of a timer over many customers or ledgers. Promise: one that fails stops none behind it, and the run still
 * shows as failed; a run ends in time, and over some runs each has its turn, however many there are.
 */
import type { InvocationContext } from "@azure/functions";

/** The host ends a function after 30 minutes: what is begun last still has ten of them. */
export const RUN_BUDGET_MS = 20 * 60_000;

const MINUTE_MS = 60_000;
/** Multiples of it, without their whole part, spread evenly: so runs start all over the list, however far apart they are. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

type TimerLog = Pick<InvocationContext, "info" | "error">;

export type Run = {
  readonly log: TimerLog;
  /** In milliseconds. */
  readonly now: () => number;
};

export const runOf = (log: TimerLog): Run => ({ log, now: Date.now });

/** What a run came to: of what was in the list, and what the work itself counted. */
type Summary = Readonly<Record<string, number>>;

/**
 * Does the work for each id, one after another, until the budget is spent, and logs what the run came to.
 * @param event names the line of the log.
 * @param counted what the work has counted, asked for at the end.
 * @throws Error when any of them failed, after all had their turn.
 */
export async function inTurn<Id extends string>(
  { log, now }: Run,
  event: string,
  ids: readonly Id[],
  work: (id: Id, deadline: string) => Promise<void>,
  counted: () => Summary = () => ({}),
): Promise<void> {
  const startedMs = now();
  const deadline = new Date(startedMs + RUN_BUDGET_MS).toISOString();
  let done = 0;
  let failed = 0;
  for (const id of rotated(ids, startedMs)) {
    if (now() - startedMs >= RUN_BUDGET_MS) break;
    try {
      await work(id, deadline);
      done += 1;
    } catch (error) {
      failed += 1;
      log.error(JSON.stringify({ event: `${event}Failed`, id }), error);
    }
  }
  const left = ids.length - done - failed;
  log.info(JSON.stringify({ event, done, failed, left, ...counted() }));
  if (failed > 0) throw new Error(`${event}: ${failed} of ${ids.length} failed`);
}

/** The list from another place on in each minute. */
export function rotated<Item>(items: readonly Item[], nowMs: number): Item[] {
  const turn = Math.floor(nowMs / MINUTE_MS) * GOLDEN_RATIO;
  const start = Math.floor((turn - Math.floor(turn)) * items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}
