/**
 * The response targets of a request, and when somebody has to look whether one was missed (SR-14). Pure.
 * Invariant: `nextTargetCheckAt` follows from the request and the calendar. It is never later than the end of a clock that
 * runs, and stays where it is until the missed target was noticed, whenever that is: so none is forgotten. A status that the
 * clock of somebody who is ahead puts into the future counts from when it was kept.
 */
import { type BusinessCalendar, instantOf } from "./business-calendar.ts";
import type { Miss } from "./milestone.ts";
import type { SupportRequest } from "./request.ts";
import { statusChanges } from "./request-status.ts";
import { type ResponseTargets, responseTargets, type StatusChange, type Target } from "./response-target.ts";
import { noTargetMarks, type TargetMarks } from "./target-marks.ts";

/** A calendar as somebody set it, or the default, which is revision 0. */
export type TargetCalendar = { readonly calendar: BusinessCalendar; readonly revision: number };

type Timed = Pick<
  SupportRequest,
  "severity" | "createdAt" | "statusFacts" | "responses" | "nextTargetCheckAt" | "targetMarks"
>;

export const targetsOf = (request: Timed, calendar: BusinessCalendar, now: string): ResponseTargets =>
  responseTargets(
    calendar,
    {
      severity: request.severity,
      openedAt: request.createdAt,
      statusChanges: changesKnown(request),
      responses: request.responses,
    },
    now,
  );

/** Changes of the status by the times from which they count, in their order: none counts later than what follows it. */
function changesKnown(request: Pick<Timed, "statusFacts" | "targetMarks">): StatusChange[] {
  const known = earlyOf(request);
  let next: string | undefined;
  const changes: StatusChange[] = [];
  for (const { at: stated, status, factId } of statusChanges(request.statusFacts).toReversed()) {
    const at = known.get(factId) ?? stated;
    next = next === undefined || at < next ? at : next;
    changes.push({ at: next, status });
  }
  return changes.toReversed();
}

/** The same request, knowing when it was that it got those facts whose times are still to come. */
function withEarly<Request extends Timed>(request: Request, now: string): Request {
  const known = earlyOf(request);
  const early = request.statusFacts.flatMap(({ factId, at }) => {
    const knownAt = known.get(factId) ?? (at > now ? now : undefined);
    return knownAt === undefined ? [] : [{ factId, knownAt }];
  });
  return early.length === 0 ? request : { ...request, targetMarks: { ...marksOf(request), early } };
}

const earlyOf = ({ targetMarks }: Pick<Timed, "targetMarks">): ReadonlyMap<string, string> =>
  new Map((targetMarks?.early ?? []).map(({ factId, knownAt }) => [factId, knownAt]));

/** The request with the instant of its next check as it is now. */
export function withTargets<Request extends Timed>(
  kept: Request,
  { calendar, revision }: TargetCalendar,
  now: string,
): Request {
  const request = withEarly(kept, now);
  const targets = targetsOf(request, calendar, now);
  const checks = [
    ...missesAmong(request, targets).map(({ missedAt }) => instantOf(Date.parse(missedAt) + 1)),
    ...(targets.nextCheckAt === undefined ? [] : [targets.nextCheckAt]),
  ];
  const { timeZone: _before, ...marks } = marksOf(request);
  return {
    ...request,
    nextTargetCheckAt: checks.toSorted()[0] ?? null,
    targetMarks: {
      ...marks,
      calendarRevision: revision,
      ...(revision === 0 ? { timeZone: calendar.timeZone } : {}),
    },
  };
}

/** Targets that were missed and of which nobody was told yet. */
export const unnoticedMisses = (
  request: Timed,
  { calendar }: Pick<TargetCalendar, "calendar">,
  now: string,
): readonly Miss[] => missesAmong(request, targetsOf(request, calendar, now));

/** The same request, knowing that these were noticed. */
export function withNoticed<Request extends Timed>(request: Request, misses: readonly Miss[]): Request {
  const marks = marksOf(request);
  const found = Object.fromEntries(misses.map(({ target, startsAt }) => [target, startsAt]));
  return { ...request, targetMarks: { ...marks, noticed: { ...marks.noticed, ...found } } };
}

function missesAmong(request: Timed, { firstResponse, nextUpdate }: ResponseTargets): Miss[] {
  const { noticed } = marksOf(request);
  const misses: Miss[] = [];
  // A request is opened once: also when the support desk corrects the time, its first response is missed once.
  if (noticed.firstResponse === null)
    misses.push(...missOf("firstResponse", request.createdAt, firstResponse));
  const { lastAt } = request.responses;
  if (lastAt !== null && noticed.nextUpdate !== lastAt)
    misses.push(...missOf("nextUpdate", lastAt, nextUpdate));
  return misses;
}

const missOf = (target: Miss["target"], startsAt: string, found: Target): Miss[] =>
  found.state === "missed" ? [{ target, startsAt, missedAt: found.missedAt }] : [];

const marksOf = ({ targetMarks }: Pick<Timed, "targetMarks">): TargetMarks => targetMarks ?? noTargetMarks;
