import { describe, expect, it } from "vitest";
import { inTurn, RUN_BUDGET_MS, rotated } from "../../functions/timer/in-turn.ts";
import { keptLog } from "./kept-log.ts";

const MINUTE_MS = 60_000;
const START_MS = Date.parse("2026-11-20T03:00:00.000Z");
const ids = Array.from({ length: 10 }, (_, index) => `id-${index}`);

/** A clock on which each piece of work takes so long. */
function clockAt(startMs: number) {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    pass: (milliseconds: number) => {
      nowMs += milliseconds;
    },
  };
}

describe("a run over many", () => {
  it("gives each its turn once, whichever of them fail, and fails at its end", async () => {
    const log = keptLog();
    const turns: string[] = [];
    const run = inTurn({ log, now: () => START_MS }, "sweep", ids, async (id) => {
      turns.push(id);
      if (id === "id-3" || id === "id-7") throw new Error(`no ${id}`);
    });
    await expect(run).rejects.toThrow("sweep: 2 of 10 failed");
    expect(turns.toSorted()).toEqual(ids);
    expect(log.errors.toSorted()).toEqual([
      '{"event":"sweepFailed","id":"id-3"}',
      '{"event":"sweepFailed","id":"id-7"}',
    ]);
    expect(log.infos).toEqual(['{"event":"sweep","done":8,"failed":2,"left":0}']);
  });

  it("begins nothing after its time, says how many are left, and tells the work when that is", async () => {
    const log = keptLog();
    const clock = clockAt(START_MS);
    const deadlines = new Set<string>();
    await inTurn({ log, now: clock.now }, "sweep", ids, async (_id, deadline) => {
      deadlines.add(deadline);
      clock.pass(RUN_BUDGET_MS / 4);
    });
    expect(log.infos).toEqual(['{"event":"sweep","done":4,"failed":0,"left":6}']);
    expect([...deadlines]).toEqual([new Date(START_MS + RUN_BUDGET_MS).toISOString()]);
  });

  it.each([5, 60, 24 * 60, 7 * 24 * 60])(
    "comes to all of them over some runs, %i minutes apart, when each run has time for a tenth",
    async (minutes) => {
      const many = Array.from({ length: 1_440 }, (_, index) => `id-${index}`);
      const seen = new Set<string>();
      for (let run = 0; run < 60; run++) {
        const clock = clockAt(START_MS + run * minutes * MINUTE_MS);
        await inTurn({ log: keptLog(), now: clock.now }, "sweep", many, async (id) => {
          seen.add(id);
          clock.pass((RUN_BUDGET_MS * 10) / many.length);
        });
      }
      expect(seen.size).toBe(many.length);
    },
  );

  it("keeps every item when it starts elsewhere, also of short lists", () => {
    for (const items of [[], ["only"], ids]) {
      for (let minute = 0; minute < 50; minute++) {
        expect(rotated(items, START_MS + minute * MINUTE_MS).toSorted()).toEqual(items);
      }
    }
  });
});
