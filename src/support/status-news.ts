/**
 * Who is told that a request was closed or waits for the customer: its creator and its primary contact, as far as they
 * see it and did not do it themselves. Invariant: only what is new is told; events that come late, or again, tell nobody.
 */
import type { DirectoryStore } from "../access/directory-store.ts";
import type { Member } from "../access/member.ts";
import type { Message } from "../messages/message.ts";
import type { SupportRequest } from "./request.ts";
import { requestIdOf } from "./request.ts";
import { factsOf, requestMessage } from "./request-messages.ts";
import { lastingFact, type StatusFact } from "./request-status.ts";
import { activeMembers } from "./sharing.ts";

/** A status that was stated longer ago, in milliseconds, is no news any more. */
export const NEWS_AGE_MAX_MS = 86_400_000;

type Change = {
  /** Undefined: it is new, so there is nothing that changed. */
  readonly before: SupportRequest | undefined;
  readonly after: SupportRequest;
  /** When it is recorded. */
  readonly now: string;
};

/** The fact that made the status what it is, if that is news. */
function newsOf({ before, after, now }: Change): StatusFact | undefined {
  if (before === undefined || before.status === after.status) return undefined;
  const fact = lastingFact(after.statusFacts);
  if (fact === undefined || before.statusFacts.some(({ factId }) => factId === fact.factId)) return undefined;
  return Date.parse(now) - Date.parse(fact.at) < NEWS_AGE_MAX_MS ? fact : undefined;
}

/** Addresses of those to be told, if they are members. Empty: there is nothing to tell, as of most changes. */
export function toldOfStatus(change: Change): readonly string[] {
  const { after } = change;
  const fact = newsOf(change);
  if (fact === undefined || after.status === "open") return [];
  const primary = after.isIncentiveRelated ? undefined : after.primaryContact?.email;
  const people = [after.createdBy ?? undefined, primary].filter((each) => each !== undefined);
  return [...new Set(people)].filter((email) => email !== fact.by);
}

/**
 * @param members active members of its workspace, by address: others do not see it.
 * @param changedBy name of the user who did it; undefined: known by the address alone, or the support desk.
 */
export function statusMessages(
  change: Change,
  members: ReadonlyMap<string, Member>,
  changedBy?: string,
): readonly Message[] {
  const { after, now } = change;
  const fact = newsOf(change);
  if (fact === undefined || after.status === "open") return [];
  const content = {
    template: "supportRequestStatus",
    ...factsOf(after),
    requestId: requestIdOf(after),
    status: after.status,
    changedBy: changedBy ?? fact.by ?? null,
  } as const;
  return toldOfStatus(change)
    .flatMap((email) => members.get(email) ?? [])
    .flatMap((member) => requestMessage(after, member, content, fact.factId, now));
}

/** The same with the members as the directory knows them: one query, and none where there is nothing to tell. */
export async function statusNews(
  directory: Pick<DirectoryStore, "members">,
  change: Change,
  changedBy?: string,
): Promise<readonly Message[]> {
  const told = toldOfStatus(change);
  if (told.length === 0) return [];
  return statusMessages(change, await activeMembers(directory, change.after, told), changedBy);
}
