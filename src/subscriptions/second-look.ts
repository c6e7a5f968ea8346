/**
 * Which occurrences are looked at again when the next is planned: late data has to reach people also where it is of a month
 * before the last, or of one that nothing was sent of (LE-08). Pure.
 */
import type { Period } from "../reports/period.ts";
import { isOver, type Run } from "./run.ts";

/** Occurrences that are looked at again, the newest. */
const OCCURRENCES = 3;

type SecondLook = { readonly period: Period; readonly corrects: NonNullable<Run["corrects"]> };

/**
 * At those that were delivered, that failed, and that nothing was delivered in; oldest first.
 * @param recent newest first.
 */
export function secondLooks(recent: readonly Run[]): readonly SecondLook[] {
  return recent
    .filter((run) => run.corrects === undefined && isWorthIt(run))
    .toSorted((left, right) => Date.parse(left.dueAt) - Date.parse(right.dueAt))
    .slice(-OCCURRENCES)
    .flatMap((first) => secondLook(first, recent));
}

const isWorthIt = ({ status, reason }: Run): boolean =>
  status === "delivered" || status === "failed" || reason?.code === "Empty";

/** None while another is open, which will see the same. */
function secondLook(first: Run, recent: readonly Run[]): SecondLook[] {
  const { occurrence, period, reason } = first;
  const later = recent.filter(({ corrects }) => corrects?.occurrence === occurrence);
  if (later.some((run) => !isOver(run))) return [];
  const sent = [...later, first].find(({ status }) => status === "delivered");
  const wasEmpty = reason?.code === "Empty";
  const reportId = sent?.reportId;
  return [{ period, corrects: { occurrence, wasEmpty, ...(reportId === undefined ? {} : { reportId }) } }];
}
