/**
 * The one way in which a customer's documents change. The change is one transaction; what follows from it (a person's own
 * document, the ledger's links, messages) is done right after, and by a timer where that did not come about.
 * Invariant: nothing follows from a change that was not made.
 */
import type { CustomerStore } from "../agreements/customer-store.ts";
import type { AgreementId, CustomerId, WorkspaceId } from "../agreements/ids.ts";
import type { Message } from "../messages/message.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { UnavailableError } from "../platform/errors.ts";
import type { Change, CommitResult, DirectoryStore } from "./directory-store.ts";
import type { FollowUp } from "./follow-up.ts";
import { personIdOf } from "./member.ts";
import { membershipOf, withMembership } from "./person.ts";
import type { PersonCache } from "./person-cache.ts";
import type { PersonStore } from "./person-store.ts";

/** Attempts at a person's document while others write it. */
const ATTEMPTS_MAX = 10;
/** Follow-ups of one change that are done side by side. */
const SIDE_BY_SIDE = 8;
const MEMBERS_PAGE = 200;
/** People whom a request itself sees to; of more the timer does. */
const MEMBERS_AT_ONCE_MAX = 600;
const RETRY_AFTER_SECONDS = 1;

type DirectoryStores = {
  readonly directory: DirectoryStore;
  readonly customers: Pick<CustomerStore, "read">;
  readonly people: PersonStore;
};

/** Whom a change concerns beside its stores. */
export type FollowThrough = {
  readonly forget: PersonCache["forget"];
  /** Tells the agreement's ledger which workspaces it is linked to. */
  readonly relink: (customerId: CustomerId, agreementId: AgreementId) => Promise<void>;
  /** Asks for the messages to be sent now. */
  readonly notify: (messages: readonly Message[]) => Promise<void>;
  /** Told of what a timer has to go on with. */
  readonly onDelay: (error: unknown) => void;
};

export type DirectoryAccess = DirectoryStores & FollowThrough;

/** Nobody to tell: messages and links are left to the timers, and a failure is the caller's. */
export const nobodyToTell: FollowThrough = {
  forget: () => undefined,
  relink: async () => undefined,
  notify: async () => undefined,
  onDelay: (error) => {
    throw error;
  },
};

/** @throws only when it is open, or sure, that nothing was changed. */
export async function applyChange(access: DirectoryAccess, change: Change): Promise<CommitResult> {
  const result = await access.directory.commit(change);
  if (result.outcome !== "committed") return result;
  await sideBySide(change.followUps ?? [], (each) =>
    withoutFail(access, () => follow(access, each, result.etags.get(each.id) ?? "", MEMBERS_AT_ONCE_MAX)),
  );
  const messages = change.messages ?? [];
  if (messages.length > 0) await withoutFail(access, () => access.notify(messages));
  return result;
}

/** What is to be changed, the document it is about as it was read, and as it will be. */
export type Decision<Document> = {
  /** Undefined: it is as it should be. */
  readonly change: Change | undefined;
  readonly before: Versioned<Document> | undefined;
  readonly after: Document;
};

/**
 * Reads, decides and writes, and again while somebody else is faster.
 * @returns the document as it is now; for a repeated request as the first one left it.
 * @throws whatever `decide` throws; UnavailableError when others are always faster.
 */
export async function decideAndApply<Document extends { readonly id: string }>(
  access: DirectoryAccess,
  decide: () => Promise<Decision<Document>>,
): Promise<Versioned<Document>> {
  let isRepeated = false;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const { change, before, after } = await decide();
    if (change === undefined) return before ?? { value: after, etag: "" };
    const result = await applyChange(access, change);
    if (result.outcome === "committed") return { value: after, etag: result.etags.get(after.id) ?? "" };
    // The first time it may have been read before the same request, made at once, changed it: only a second look is sure.
    if (result.outcome === "repeated" && isRepeated && before !== undefined) return before;
    isRepeated = result.outcome === "repeated";
  }
  throw new UnavailableError(RETRY_AFTER_SECONDS, "others are always faster");
}

async function withoutFail({ onDelay }: DirectoryAccess, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    onDelay(error);
  }
}

/**
 * Does what waits; the same again is harmless. What fails for one person stops nobody behind it.
 * @param etag of the follow-up: one asked for meanwhile stays.
 * @param membersMax a workspace with more is left as it is.
 * @throws AggregateError of all that failed: the follow-up stays.
 */
export async function follow(
  access: DirectoryAccess,
  followUp: FollowUp,
  etag: string,
  membersMax = Number.POSITIVE_INFINITY,
): Promise<void> {
  const failures: unknown[] = [];
  const emails = emailsOf(access, followUp);
  let seen = 0;
  for await (const page of emails) {
    seen += page.length;
    if (seen > membersMax) return;
    await sideBySide(page, async (email) => {
      try {
        await projectPerson(access, followUp.customerId, email);
      } catch (error) {
        failures.push(error);
      }
    });
  }
  if (followUp.task.type === "links") await access.relink(followUp.customerId, followUp.task.agreementId);
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of ${seen} people failed`);
  await access.directory.done(followUp, etag);
}

/** Whose own documents are to be made again. */
async function* emailsOf(access: DirectoryAccess, { customerId, task }: FollowUp) {
  switch (task.type) {
    case "people":
      yield task.emails;
      break;
    case "members":
      yield* membersOf(access, customerId, task.workspaceId);
      break;
    case "administrators":
      yield await administratorsOf(access, customerId);
      break;
    case "everybody":
      yield await administratorsOf(access, customerId);
      for (const { workspaceId } of (await access.customers.read(customerId))?.value.workspaces ?? [])
        yield* membersOf(access, customerId, workspaceId);
      break;
    case "links":
      break;
  }
}

async function administratorsOf(access: DirectoryAccess, customerId: CustomerId): Promise<readonly string[]> {
  const [customer, administrators, assignments] = await Promise.all([
    access.customers.read(customerId),
    access.directory.administrators(customerId),
    access.directory.roleAssignments(customerId),
  ]);
  const named = Object.values(customer?.value.agreements ?? {}).flatMap((each) => each.servicesAdmin ?? []);
  return [...new Set([...administrators, ...named, ...assignments.map(({ value }) => value.email)])];
}

async function* membersOf({ directory }: DirectoryAccess, customerId: CustomerId, workspaceId: WorkspaceId) {
  let after: string | undefined;
  do {
    const statuses = ["invited", "active"] as const;
    const members = await directory.memberPage(customerId, {
      workspaceId,
      statuses,
      after,
      limit: MEMBERS_PAGE,
    });
    yield members.map(({ value }) => value.email);
    after = members.length < MEMBERS_PAGE ? undefined : members.at(-1)?.value.email;
  } while (after !== undefined);
}

async function sideBySide<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += SIDE_BY_SIDE)
    await Promise.all(items.slice(start, start + SIDE_BY_SIDE).map(work));
}

/**
 * Makes the person's membership again from the customer's documents. The person is read first: of two that do this at the
 * same time, the one that read older documents is refused and reads again.
 */
async function projectPerson(
  { directory, customers, people, forget }: DirectoryAccess,
  customerId: CustomerId,
  email: string,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const before = await people.read(email);
    const [customer, facts] = await Promise.all([
      customers.read(customerId),
      directory.ofPerson(customerId, personIdOf(customerId, email)),
    ]);
    if (customer === undefined) return;
    const membership = membershipOf(email, { customer: customer.value, ...facts });
    const next = withMembership(before?.value, email, membership);
    if (next === undefined) return forget(email);
    if (await people.save(next, before?.etag)) return forget(email);
  }
  throw new Error(`others are always faster to write a person of customer ${customerId}`);
}
