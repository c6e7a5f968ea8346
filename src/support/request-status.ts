/**
 * The status of a request, as a fold over what was stated of it (SR-08, SR-09). Pure.
 * Invariants: the same facts in any order, with any repetition, end in the same status, changes and times; an older version of
 * the support desk never overrules a newer one, whatever their times.
 */
import * as z from "zod";

/** Facts of one request that are kept; of more, the first and the newest. */
export const STATUS_FACTS_MAX = 300;

export const requestStatusSchema = z.enum(["open", "attentionNeeded", "closed"]);
export type RequestStatus = z.infer<typeof requestStatusSchema>;

/** Somebody stated the status at an instant: a user by a change, the support desk by an event. */
export const statusFactSchema = z.object({
  at: z.string(),
  status: requestStatusSchema,
  /** Unique to the fact: the id of the event or of the change. */
  factId: z.string(),
  /** Address of the user; absent: the support desk. */
  by: z.string().optional(),
  /** Of an event, see `UpstreamKey`. Absent: a user stated it, whose facts have their times alone. */
  version: z.int().optional(),
  /** Why it was reopened. */
  reason: z.string().optional(),
});
export type StatusFact = z.infer<typeof statusFactSchema>;

const compareFacts = (left: StatusFact, right: StatusFact): number => {
  if (left.at !== right.at) return left.at < right.at ? -1 : 1;
  if (left.factId === right.factId) return 0;
  return left.factId < right.factId ? -1 : 1;
};

/** In the order of their times, each once. */
export function withStatusFact(facts: readonly StatusFact[], fact: StatusFact): StatusFact[] {
  if (facts.some(({ factId }) => factId === fact.factId)) return [...facts];
  const all = [...facts, fact].toSorted(compareFacts);
  return all.length <= STATUS_FACTS_MAX ? all : [...all.slice(0, 1), ...all.slice(-(STATUS_FACTS_MAX - 1))];
}

/** Those that count: of what the support desk stated, nothing older by version than what it had stated by then. */
function standingFacts(facts: readonly StatusFact[]): StatusFact[] {
  const isOverruled = (fact: StatusFact): boolean =>
    facts.some(({ version = -Infinity, at }) => version > (fact.version ?? Infinity) && at <= fact.at);
  return facts.filter((fact) => !isOverruled(fact));
}

/** The fact that makes the status what it is. @param facts in order. */
export const lastingFact = (facts: readonly StatusFact[]): StatusFact | undefined =>
  standingFacts(facts).at(-1);

/** Those facts that changed the status: the first, and each that says other than the one before. */
export function statusChanges(facts: readonly StatusFact[]): StatusFact[] {
  return standingFacts(facts).filter((fact, index, standing) => fact.status !== standing[index - 1]?.status);
}

/** @param facts in order. */
export function statusOf(facts: readonly StatusFact[]): { status: RequestStatus; closedAt: string | null } {
  const closed = statusChanges(facts).findLast(({ status }) => status === "closed");
  return { status: lastingFact(facts)?.status ?? "open", closedAt: closed?.at ?? null };
}

/** When somebody changes the status now: after all that was stated before, whatever the clocks of others say. */
export function nextFactAt(facts: readonly StatusFact[], now: string): string {
  const last = facts.at(-1)?.at;
  return last === undefined || last < now ? now : new Date(Date.parse(last) + 1).toISOString();
}
