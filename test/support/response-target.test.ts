import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type RequestSoFar,
  responseTargets,
  type StatusChange,
  targetPolicy,
} from "../../src/support/response-target.ts";
import { naiveFirst, naiveWaiting, seen, stories, told } from "./naive-targets.ts";
import { everyDay, naiveWorlds, officeHours } from "./naive-wall-clock.ts";

describe("response targets (SR-14)", () => {
  it("are those of a clock that is looked at every minute", () => {
    fc.assert(
      fc.property(naiveWorlds, stories, (world, story) => {
        const targets = responseTargets(world.calendar, told(world, story), world.at(story.now));
        expect(seen(world, targets.firstResponse)).toEqual(naiveFirst(world, story));
        const last = story.responses.at(-1);
        expect(seen(world, targets.nextUpdate)).toEqual(
          last === undefined ? { state: "notApplicable" } : naiveWaiting(world, story, last),
        );
      }),
      { numRuns: 1_500 },
    );
  });

  it("stay as they are until the instant of the next check, at which one has been missed", () => {
    fc.assert(
      fc.property(naiveWorlds, stories, (world, story) => {
        const changes = story.changes.filter(({ at }) => at <= story.now);
        const request = told(world, { ...story, changes });
        const states = (now: string) => {
          const { firstResponse, nextUpdate } = responseTargets(world.calendar, request, now);
          return [firstResponse.state, nextUpdate.state];
        };
        const now = world.at(story.now);
        const { nextCheckAt } = responseTargets(world.calendar, request, now);
        if (nextCheckAt === undefined) {
          expect(states(now)).not.toContain("running");
          expect(states("2190-01-01T00:00:00.000Z")).toEqual(states(now));
          return;
        }
        expect(nextCheckAt > now).toBe(true);
        expect(states(new Date(Date.parse(nextCheckAt) - 1).toISOString())).toEqual(states(now));
        const missed = (all: readonly string[]) => all.filter((state) => state === "missed").length;
        // Calendars that hardly ever open have to be looked at again; they are not missed then.
        const isSearchEnd = Date.parse(nextCheckAt) === Date.parse(now) + 400 * 86_400_000;
        if (!isSearchEnd) expect(missed(states(nextCheckAt))).toBeGreaterThan(missed(states(now)));
      }),
    );
  });
});

describe("at the limit", () => {
  const calendar = officeHours("Europe/Madrid", ["2026-06-05"]);
  const request = (rest: Partial<RequestSoFar> = {}): RequestSoFar => ({
    severity: "critical",
    // A Wednesday, 16:00 in Madrid.
    openedAt: "2026-06-03T14:00:00.000Z",
    statusChanges: [],
    responses: {},
    ...rest,
  });
  const first = (rest: Partial<RequestSoFar>, now: string) =>
    responseTargets(calendar, request(rest), now).firstResponse;
  const update = (rest: Partial<RequestSoFar>, now: string) =>
    responseTargets(calendar, request(rest), now).nextUpdate;

  it.each([
    // Round the clock.
    ["critical", "2026-06-03T16:00:00.000Z"],
    // One hour of that day, three of Thursday.
    ["moderate", "2026-06-04T10:00:00.000Z"],
    // One hour, and seven of Thursday.
    ["minimal", "2026-06-04T14:00:00.000Z"],
  ] as const)(
    "a %s request is answered in time at the very instant, and late a millisecond after it",
    (severity, dueAt) => {
      const late = new Date(Date.parse(dueAt) + 1).toISOString();
      const opened = { state: "running", dueAt, remainingMinutes: targetPolicy[severity].minutes };
      expect(first({ severity }, request().openedAt)).toEqual(opened);
      expect(first({ severity }, dueAt)).toEqual({ state: "running", dueAt, remainingMinutes: 0 });
      expect(first({ severity }, late)).toEqual({ state: "missed", missedAt: dueAt });
      const responses = { firstAt: dueAt, lastAt: dueAt };
      expect(first({ severity, responses }, late)).toEqual({ state: "met", metAt: dueAt });
      expect(first({ severity, responses: { firstAt: late, lastAt: late } }, late)).toEqual({
        state: "missed",
        missedAt: dueAt,
        respondedAt: late,
      });
      expect(responseTargets(calendar, request({ severity }), dueAt).nextCheckAt).toBe(late);
    },
  );

  it("what is due at the end of a working day is late in the weekend, and a holiday puts it off", () => {
    const openedAt = "2026-06-04T08:00:00.000Z";
    const severity = "minimal";
    // Seven hours of Thursday, none of Friday, which is a holiday, and one of Monday.
    expect(first({ severity, openedAt }, openedAt)).toMatchObject({ dueAt: "2026-06-08T08:00:00.000Z" });
    const fromNine = { severity, openedAt: "2026-06-04T07:00:00.000Z" } as const;
    expect(first(fromNine, "2026-06-05T10:00:00.000Z")).toEqual({
      state: "missed",
      missedAt: "2026-06-04T15:00:00.000Z",
    });
  });

  it("a pause that begins when the time is used up saves it, and one that begins later does not", () => {
    const pausedAt = (at: string, ...more: StatusChange[]) => ({
      statusChanges: [{ at, status: "attentionNeeded" } as const, ...more],
    });
    const later = "2026-06-20T12:00:00.000Z";
    expect(first(pausedAt("2026-06-03T16:00:00.000Z"), later)).toEqual({
      state: "paused",
      remainingMinutes: 0,
    });
    expect(first(pausedAt("2026-06-03T15:59:59.999Z"), later)).toEqual({
      state: "paused",
      remainingMinutes: 0,
    });
    expect(first(pausedAt("2026-06-03T15:00:00.000Z"), later)).toEqual({
      state: "paused",
      remainingMinutes: 60,
    });
    expect(first(pausedAt("2026-06-03T16:00:00.001Z"), later)).toEqual({
      state: "missed",
      missedAt: "2026-06-03T16:00:00.000Z",
    });
    const again = { at: "2026-06-10T03:00:00.000Z", status: "open" } as const;
    const saved = pausedAt("2026-06-03T16:00:00.000Z", again);
    expect(first(saved, again.at)).toEqual({ state: "running", dueAt: again.at, remainingMinutes: 0 });
    expect(first(saved, later)).toEqual({ state: "missed", missedAt: again.at });
    expect(first({ ...saved, responses: { firstAt: again.at, lastAt: again.at } }, later)).toEqual({
      state: "met",
      metAt: again.at,
    });
  });

  it("the update is counted from the newest response, and stands still while it is the customer's turn or closed", () => {
    const lastAt = "2026-06-03T20:00:00.000Z";
    const responses = { firstAt: "2026-06-03T15:00:00.000Z", lastAt };
    const due = { state: "running", dueAt: "2026-06-03T22:00:00.000Z" };
    expect(update({ responses }, lastAt)).toEqual({ ...due, remainingMinutes: 120 });
    expect(update({ responses }, "2026-06-03T21:00:30.000Z")).toEqual({ ...due, remainingMinutes: 59 });
    expect(update({}, lastAt)).toEqual({ state: "notApplicable" });
    for (const status of ["attentionNeeded", "closed"] as const) {
      const pause = { at: "2026-06-03T20:30:00.000Z", status };
      const end = { at: "2026-06-05T09:00:00.000Z", status: "open" } as const;
      const paused = request({ responses, statusChanges: [pause] });
      expect(responseTargets(calendar, paused, end.at)).toEqual({
        firstResponse: { state: "met", metAt: responses.firstAt },
        nextUpdate: { state: "paused", remainingMinutes: 90 },
        nextCheckAt: undefined,
      });
      const reopened = { responses, statusChanges: [pause, end] };
      expect(update(reopened, end.at)).toMatchObject({ dueAt: "2026-06-05T10:30:00.000Z" });
      // Written in the pause: all of the time is there again when it ends.
      const answered = { ...reopened, responses: { ...responses, lastAt: "2026-06-04T12:00:00.000Z" } };
      expect(update(answered, end.at)).toMatchObject({ dueAt: "2026-06-05T11:00:00.000Z" });
    }
  });

  it("what is not due as far as one looks is looked at again, and has lost nothing of its time", () => {
    const slow = everyDay("UTC", [{ from: "23:59", to: "24:00" }]);
    const openedAt = "2025-01-01T00:00:00.000Z";
    const asked = request({ severity: "minimal", openedAt });
    const opened = responseTargets(slow, asked, openedAt);
    expect(opened.firstResponse).toEqual({ state: "running", dueAt: undefined, remainingMinutes: 480 });
    const again = opened.nextCheckAt ?? "";
    expect(again).toBe("2026-02-05T00:00:00.000Z");
    // After 400 days of one minute each 80 are left.
    const dueAt = "2026-04-26T00:00:00.000Z";
    const { firstResponse } = responseTargets(slow, asked, again);
    expect(firstResponse).toEqual({ state: "running", dueAt, remainingMinutes: 80 });
    const missed = { state: "missed", missedAt: dueAt };
    expect(responseTargets(slow, asked, "2028-01-01T00:00:00.000Z").firstResponse).toEqual(missed);
  });

  it("a calendar that never opens lets nothing be missed, and is looked at again", () => {
    const closed = everyDay("Europe/Rome", []);
    const now = "2026-06-04T00:00:00.000Z";
    expect(responseTargets(closed, request({ severity: "minimal" }), now)).toEqual({
      firstResponse: { state: "running", dueAt: undefined, remainingMinutes: 480 },
      nextUpdate: { state: "notApplicable" },
      nextCheckAt: "2027-07-09T00:00:00.000Z",
    });
  });
});
