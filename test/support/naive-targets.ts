/** The naive model of response targets: one clock that is looked at in every minute of a fortnight. */
import fc from "fast-check";
import {
  type RequestSoFar,
  type StatusChange,
  type Target,
  targetPolicy,
} from "../../src/support/response-target.ts";
import type { NaiveWorld } from "./naive-wall-clock.ts";

export const MINUTES = 16 * 1_440;
/** What is due later than the fortnight is not known to the naive model. */
const BEYOND = "beyond";

export type Story = {
  readonly severity: RequestSoFar["severity"];
  readonly openedAt: number;
  readonly changes: readonly { readonly at: number; readonly status: StatusChange["status"] }[];
  readonly responses: readonly number[];
  readonly now: number;
};

/** In minutes of the fortnight. Times are apart by round numbers often, so that much happens at the very limit. */
const gap = fc.oneof(
  fc.integer({ min: 0, max: 8 }).map((hours) => hours * 60),
  fc.integer({ min: 0, max: 3_000 }),
);
export const stories: fc.Arbitrary<Story> = fc
  .record({
    severity: fc.constantFrom("critical", "moderate", "minimal"),
    openedAt: fc.integer({ min: 0, max: 9 * 1_440 }),
    changes: fc.array(
      fc.record({ gap, status: fc.constantFrom("open", "open", "attentionNeeded", "closed") }),
      { maxLength: 6 },
    ),
    responses: fc.array(gap, { maxLength: 2 }),
    age: gap,
  })
  .map(({ severity, openedAt, changes, responses, age }) => {
    const now = Math.min(MINUTES - 1, openedAt + age * 3);
    return {
      severity,
      openedAt,
      changes: following(openedAt, changes),
      responses: upTo(now, openedAt, responses),
      now,
    };
  });

function following(openedAt: number, changes: readonly { gap: number; status: StatusChange["status"] }[]) {
  let at = openedAt;
  return changes.map(({ gap: minutes, status }) => {
    at += minutes;
    return { at, status };
  });
}

const upTo = (now: number, openedAt: number, gaps: readonly number[]): number[] =>
  gaps
    .map((minutes) => openedAt + minutes)
    .filter((minute) => minute <= now)
    .toSorted((one, other) => one - other);

export function told({ at }: NaiveWorld, story: Story): RequestSoFar {
  const [first, last = first] = story.responses;
  return {
    severity: story.severity,
    openedAt: at(story.openedAt),
    statusChanges: story.changes.map((change) => ({ at: at(change.at), status: change.status })),
    responses: first === undefined || last === undefined ? {} : { firstAt: at(first), lastAt: at(last) },
  };
}

/** One clock, minute by minute, from an instant on: what is left now, and the first minute at which nothing is. */
export function naiveClock({ spans }: NaiveWorld, { severity, changes, now }: Story, from: number) {
  const isOpen = (minute: number): boolean =>
    (changes.filter(({ at }) => at <= minute && at <= now).at(-1)?.status ?? "open") === "open";
  let left: number = targetPolicy[severity].minutes;
  let leftNow = left;
  let due: number | undefined;
  for (let minute = from; minute < MINUTES && due === undefined; minute += 1) {
    if (minute === now) leftNow = left;
    const runs = isOpen(minute);
    if (runs && left === 0) due = minute;
    else if (runs && (severity === "critical" || spans[minute] !== undefined)) left -= 1;
  }
  return { due, leftNow, runsNow: isOpen(now) };
}

export type Naive =
  | Target
  | { readonly state: "running"; readonly dueAt: typeof BEYOND; remainingMinutes: number };

export function naiveWaiting(world: NaiveWorld, story: Story, from: number): Naive {
  const { due, leftNow, runsNow } = naiveClock(world, story, from);
  if (due !== undefined && due < story.now) return { state: "missed", missedAt: world.at(due) };
  if (!runsNow) return { state: "paused", remainingMinutes: leftNow };
  return { state: "running", dueAt: due === undefined ? BEYOND : world.at(due), remainingMinutes: leftNow };
}

export function naiveFirst(world: NaiveWorld, story: Story): Naive {
  const [first] = story.responses;
  if (first === undefined) return naiveWaiting(world, story, story.openedAt);
  const { due } = naiveClock(world, story, story.openedAt);
  return due !== undefined && due < first
    ? { state: "missed", missedAt: world.at(due), respondedAt: world.at(first) }
    : { state: "met", metAt: world.at(first) };
}

/** As far as the naive model sees. */
export function seen(world: NaiveWorld, target: Target): Naive {
  if (target.state !== "running") return target;
  const isSeen = target.dueAt !== undefined && target.dueAt < world.at(MINUTES);
  return isSeen ? target : { ...target, dueAt: BEYOND };
}
