import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BusinessCalendar } from "../../src/support/business-calendar.ts";
import type { SupportRequest } from "../../src/support/request.ts";
import { withResponse } from "../../src/support/request-responses.ts";
import { nextFactAt, statusOf, withStatusFact } from "../../src/support/request-status.ts";
import { unnoticedMisses, withNoticed, withTargets } from "../../src/support/target-check.ts";
import { targetsView } from "../../src/support/target-view.ts";
import { MINUTES, naiveClock, naiveFirst, naiveWaiting, type Story, stories } from "./naive-targets.ts";
import { MINUTE_MS, type NaiveWorld, naiveWorlds, officeHours } from "./naive-wall-clock.ts";
import { someRequest } from "./some-requests.ts";

type Status = SupportRequest["status"];
const withStatus = (request: SupportRequest, at: string, status: Status, factId = at): SupportRequest => {
  const statusFacts = withStatusFact(request.statusFacts, { at, status, factId });
  return { ...request, ...statusOf(statusFacts), statusFacts };
};

const openedAt = (at: string, severity: SupportRequest["severity"]): SupportRequest =>
  someRequest({ severity, createdAt: at, statusFacts: [{ at, status: "open", factId: "0" }] });

type Noticed = { readonly target: string; readonly startsAt: string; readonly missedAt: string };

/** Lives through a story minute by minute, with a timer that looks only at what is due. */
function lived({ calendar, at }: NaiveWorld, story: Story) {
  const current = { calendar, revision: 1 };
  const noticed: Noticed[] = [];
  const opened = openedAt(at(story.openedAt), story.severity);
  let request = withTargets(opened, current, at(story.openedAt));
  for (let minute = story.openedAt; minute <= story.now; minute += 1) {
    const now = at(minute);
    if (request.nextTargetCheckAt !== null && request.nextTargetCheckAt <= now) {
      const misses = unnoticedMisses(request, current, now);
      noticed.push(...misses);
      request = withTargets(withNoticed(request, misses), current, now);
    }
    for (const [index, change] of story.changes.entries())
      if (change.at === minute)
        request = withTargets(withStatus(request, now, change.status, String(index + 1)), current, now);
    if (story.responses.includes(minute)) {
      const responses = withResponse(request.responses, now);
      request = withTargets({ ...request, responses }, current, now);
    }
  }
  return { request, noticed };
}

/** By the naive model: the first response, and each answer that was followed too late by the next or by none until now. */
function expectedMisses(world: NaiveWorld, story: Story): Noticed[] {
  const clocks = [
    { target: "firstResponse", from: story.openedAt, until: story.responses[0] },
    ...story.responses.map((from, index) => ({
      target: "nextUpdate",
      from,
      until: story.responses[index + 1],
    })),
  ];
  return clocks.flatMap(({ target, from, until = story.now }) => {
    const { due } = naiveClock(world, story, from);
    if (due === undefined || due >= Math.min(until, story.now)) return [];
    return [{ target, startsAt: world.at(from), missedAt: world.at(due) }];
  });
}

const onceEach = (story: Story): Story => ({ ...story, responses: [...new Set(story.responses)] });

describe("when the targets of a request are looked at", () => {
  it("a timer that looks only at what is due notices exactly what a look in every minute finds, each once", () => {
    const counts = { missed: 0 };
    fc.assert(
      fc.property(naiveWorlds, stories, (world, any) => {
        const story = onceEach(any);
        const { noticed } = lived(world, story);
        const expected = expectedMisses(world, story);
        counts.missed += expected.length;
        const inOrder = (all: readonly Noticed[]) => all.map((each) => JSON.stringify(each)).toSorted();
        expect(inOrder(noticed)).toEqual(inOrder(expected));
      }),
      { numRuns: 600 },
    );
    expect(counts.missed).toBeGreaterThan(100);
  });

  it("the page shows at any instant what the naive model says", () => {
    fc.assert(
      fc.property(naiveWorlds, stories, (world, any) => {
        const story = onceEach(any);
        const { request } = lived(world, story);
        const view = targetsView(request, world.calendar, world.at(story.now));
        const shown = (target: (typeof view)["firstResponse"]) => {
          if (target.state === "missed" && target.respondedAt === null)
            return { state: "missed", missedAt: target.missedAt };
          const isBeyond =
            target.state === "running" && (target.dueAt === null || target.dueAt >= world.at(MINUTES));
          return isBeyond ? { ...target, dueAt: "beyond" } : target;
        };
        expect(shown(view.firstResponse)).toEqual(naiveFirst(world, story));
        const last = story.responses.at(-1);
        const update = last === undefined ? { state: "notApplicable" } : naiveWaiting(world, story, last);
        expect(shown(view.nextUpdate)).toEqual(update);
      }),
      { numRuns: 400 },
    );
  });

  it("what is kept does not depend on the order in which it became known", () => {
    fc.assert(
      fc.property(naiveWorlds, stories, fc.infiniteStream(fc.nat()), (world, story, shuffle) => {
        const now = world.at(story.now);
        const current = { calendar: world.calendar, revision: 1 };
        const opened = openedAt(world.at(story.openedAt), story.severity);
        const steps: ((request: SupportRequest) => SupportRequest)[] = [
          ...story.changes.map(
            ({ at, status }, index) =>
              (request: SupportRequest) =>
                withStatus(request, world.at(at), status, String(index + 1)),
          ),
          ...story.responses.map((at) => (request: SupportRequest) => ({
            ...request,
            responses: withResponse(request.responses, world.at(at)),
          })),
        ];
        const recorded = (inOrder: typeof steps) =>
          inOrder.reduce((request, step) => withTargets(step(request), current, now), opened);
        const shuffled = steps
          .map((step) => ({ step, rank: shuffle.next().value ?? 0 }))
          .toSorted((left, right) => left.rank - right.rank)
          .map(({ step }) => step);
        expect(withTargets(recorded(shuffled), current, now)).toEqual(
          withTargets(recorded(steps), current, now),
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe("at the limit", () => {
  const calendar: BusinessCalendar = officeHours("Europe/Madrid", []);
  const current = { calendar, revision: 3 };
  // A Wednesday, 10:00 in Madrid.
  const OPENED = "2026-06-03T08:00:00.000Z";
  const DUE = "2026-06-03T10:00:00.000Z";
  const later = (instant: string, ms: number): string => new Date(Date.parse(instant) + ms).toISOString();
  const critical = withTargets(openedAt(OPENED, "critical"), current, OPENED);

  it("nothing was missed at the instant at which the answer is due, and it was a millisecond later", () => {
    expect(critical.nextTargetCheckAt).toBe(later(DUE, 1));
    expect(unnoticedMisses(critical, current, DUE)).toEqual([]);
    const miss = { target: "firstResponse", startsAt: OPENED, missedAt: DUE };
    expect(unnoticedMisses(critical, current, later(DUE, 1))).toEqual([miss]);
  });

  it("what was missed stays due until it was noticed, also when the answer came or it was closed meanwhile", () => {
    const late = later(DUE, 1);
    const now = later(DUE, 5 * MINUTE_MS);
    const answered = { ...critical, responses: withResponse(critical.responses, late) };
    const closed = withStatus(critical, later(DUE, 2), "closed");
    for (const request of [answered, closed]) {
      const counted = withTargets(request, current, now);
      expect(counted.nextTargetCheckAt).toBe(late);
      const misses = unnoticedMisses(counted, current, now);
      expect(misses).toMatchObject([{ target: "firstResponse" }]);
      const noticed = withTargets(withNoticed(counted, misses), current, now);
      expect(unnoticedMisses(noticed, current, later(now, 1))).toEqual([]);
      const next = request === closed ? null : later(late, 2 * 60 * MINUTE_MS + 1);
      expect(noticed.nextTargetCheckAt).toBe(next);
    }
    // In time after all, although it became known late.
    const inTime = { ...critical, responses: withResponse(critical.responses, DUE) };
    expect(unnoticedMisses(withTargets(inTime, current, now), current, now)).toEqual([]);
  });

  it("nothing is due while it is the customer's turn, and reopened it goes on with what was left", () => {
    const waiting = withStatus(critical, later(OPENED, 90 * MINUTE_MS), "attentionNeeded");
    const paused = withTargets(waiting, current, later(OPENED, 90 * MINUTE_MS));
    expect(paused.nextTargetCheckAt).toBeNull();
    const closed = withTargets(withStatus(paused, later(DUE, 1), "closed"), current, later(DUE, 1));
    expect(closed.nextTargetCheckAt).toBeNull();
    const reopenedAt = "2026-06-10T03:00:00.000Z";
    const reopened = withTargets(withStatus(closed, reopenedAt, "open"), current, reopenedAt);
    expect(reopened.nextTargetCheckAt).toBe(later(reopenedAt, 30 * MINUTE_MS + 1));
  });

  it("what a clock that runs ahead says, and what somebody does after it, counts from when it was known", () => {
    const openedAgain = later(OPENED, 2 * 60 * MINUTE_MS - 20_000);
    const ahead = later(openedAgain, 5 * MINUTE_MS);
    const reported = withTargets(withStatus(critical, ahead, "open", "event"), current, openedAgain);
    const closedAt = nextFactAt(reported.statusFacts, openedAgain);
    expect(closedAt > DUE).toBe(true);
    const closed = withTargets(withStatus(reported, closedAt, "closed"), current, openedAgain);
    const byDesk = withTargets(withStatus(critical, ahead, "closed", "event"), current, openedAgain);
    for (const request of [closed, byDesk]) {
      expect(request.nextTargetCheckAt).toBeNull();
      for (const ms of [0, 22_000, 10 * MINUTE_MS, 600 * MINUTE_MS]) {
        const now = later(openedAgain, ms);
        expect(unnoticedMisses(request, current, now), `${ms} ms later`).toEqual([]);
        expect(withTargets(request, current, now)).toEqual(request);
        expect(targetsView(request, calendar, now).firstResponse).toEqual({
          state: "paused",
          remainingMinutes: 0,
        });
      }
    }
  });

  it("another severity counts as if it had always been", () => {
    const minimal = withTargets({ ...critical, severity: "minimal" }, current, later(OPENED, MINUTE_MS));
    // Six hours of that day until 18:00 with a break of one, and one of the next: see officeHours.
    expect((minimal.nextTargetCheckAt ?? "") > later(DUE, 1)).toBe(true);
    const now = later(DUE, MINUTE_MS);
    const raised = withTargets({ ...minimal, severity: "critical" }, current, now);
    expect(unnoticedMisses(raised, current, now)).toMatchObject([{ missedAt: DUE }]);
    expect(raised.nextTargetCheckAt).toBe(later(DUE, 1));
  });

  it("a corrected time of opening does not miss the first response again", () => {
    const now = later(DUE, MINUTE_MS);
    const noticed = withNoticed(critical, unnoticedMisses(critical, current, now));
    const corrected = { ...noticed, createdAt: later(OPENED, -MINUTE_MS) };
    expect(unnoticedMisses(corrected, current, now)).toEqual([]);
  });

  it("the change of the clock in autumn gives an hour more by which business time does not grow", () => {
    // 25 October 2026, a Sunday: clocks go back at 03:00. Four business hours from Friday 15:00.
    const opened = "2026-10-23T13:00:00.000Z";
    const moderate = withTargets(openedAt(opened, "moderate"), current, opened);
    const view = targetsView(moderate, calendar, opened).firstResponse;
    expect(view).toEqual({ state: "running", dueAt: "2026-10-26T10:00:00.000Z", remainingMinutes: 240 });
    expect(moderate.targetMarks?.calendarRevision).toBe(3);
  });
});
