/**
 * What an agreement event means for a customer and its people: the default workspace is set up, and whoever the agreement
 * names is a member of it at once (WS-01, WS-02).
 * Invariant: everything may be done again; what somebody decided about a member since stays decided.
 */
import type { AgreementEventData } from "../agreements/agreement-event.ts";
import { type Customer, namedByAgreement, withAgreement } from "../agreements/customer.ts";
import { DEFAULT_WORKSPACE_ID } from "../agreements/ids.ts";
import type { AgreementFact } from "../agreements/terms.ts";
import { acceptsPersonalAccounts } from "../agreements/workspace.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { dayIn } from "../platform/instant.ts";
import { applyChange, type DirectoryAccess } from "./apply-change.ts";
import { type AuditEntry, auditEntry, type Doing } from "./audit-entry.ts";
import type { Change } from "./directory-store.ts";
import { followUp } from "./follow-up.ts";
import { nameOnAgreement, refusesAddress } from "./invitation.ts";
import { type Member, memberIdOf } from "./member.ts";
import { freeContacts, withContacts } from "./member-change.ts";
import { type At, changeOf, type MemberStep } from "./member-step.ts";
import { workspaceOf } from "./workspace-change.ts";

const ATTEMPTS_MAX = 20;
/** People that one transaction takes: each of them is up to three documents. */
const PEOPLE_AT_ONCE = 30;

type Named = { readonly email: string; readonly name?: string | undefined; readonly isContact: boolean };

/** @param now instant. @throws Error when others are always faster: to be tried again. */
export async function recordAgreementPeople(
  access: DirectoryAccess,
  fact: AgreementFact,
  now: string,
): Promise<void> {
  const { data } = fact;
  const doing: Doing = {
    customerId: data.customerId,
    actor: { subject: fact.source },
    at: now,
    // The producer's id is unique within the agreement.
    key: `${data.agreementId}\n${fact.source}\n${fact.id}`,
  };
  const customer = await recordCustomer(access, fact, doing);
  // An older event says nothing new: the newest one decides who is named.
  if (customer.agreements[data.agreementId]?.asOf !== asOfOf(fact)) return;
  const named = namedPeople(data);
  for (let start = 0; start < named.length; start += PEOPLE_AT_ONCE)
    await addPeople(access, data, named.slice(start, start + PEOPLE_AT_ONCE), doing);
}

const asOfOf = ({ time, source, id }: AgreementFact): string => `${time}\n${source}\n${id}`;

async function recordCustomer(access: DirectoryAccess, fact: AgreementFact, doing: Doing): Promise<Customer> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const before = await access.customers.read(fact.data.customerId);
    const next = withAgreement(before?.value, fact);
    if (next === before?.value) return next;
    const result = await applyChange(access, customerChange(before, next, fact.data, doing));
    if (result.outcome === "committed") return next;
  }
  throw new Error(`others are always faster to write customer ${fact.data.customerId}`);
}

function customerChange(
  before: Versioned<Customer> | undefined,
  next: Customer,
  data: AgreementEventData,
  doing: Doing,
): Change {
  const { customerId, agreementId } = data;
  const known = before?.value.agreements[agreementId];
  const summary = next.agreements[agreementId];
  return {
    customerId,
    writes: [{ document: next, etag: before?.etag }],
    audit: [
      auditEntry(doing, {
        action: "agreementRecorded",
        target: `/customers/${customerId}/agreements/${agreementId}`,
        ...(known === undefined ? {} : { before: known }),
        after: summary,
      }),
    ],
    followUps: [
      followUp(customerId, { type: "people", emails: [...namedByAgreement(before?.value, data)] }, doing.at),
      // WS-06: which accounts a workspace accepts follows from the plan, and is in each member's own document.
      ...(isAcceptanceChanged(before?.value, next)
        ? [followUp(customerId, { type: "everybody" }, doing.at)]
        : []),
    ],
  };
}

function isAcceptanceChanged(before: Customer | undefined, next: Customer): boolean {
  if (before === undefined) return false;
  return next.workspaces.some(
    (workspace) =>
      acceptsPersonalAccounts(workspace, before.agreements) !==
      acceptsPersonalAccounts(workspace, next.agreements),
  );
}

/** Each address once; who is services admin and support contact is both. */
function namedPeople({ servicesAdmin, supportContacts }: AgreementEventData): Named[] {
  const named = new Map<string, Named>();
  if (servicesAdmin !== undefined) {
    const { email, name } = servicesAdmin;
    named.set(email, { email, name, isContact: false });
  }
  for (const { email, name } of supportContacts)
    named.set(email, { email, name: named.get(email)?.name ?? name, isContact: true });
  return [...named.values()];
}

async function addPeople(
  access: DirectoryAccess,
  data: AgreementEventData,
  named: readonly Named[],
  doing: Doing,
): Promise<void> {
  const { directory } = access;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const ids = named.map(({ email }) => memberIdOf(data.customerId, DEFAULT_WORKSPACE_ID, email));
    const [customer, known, contacts] = await Promise.all([
      access.customers.read(data.customerId),
      directory.members(data.customerId, ids),
      directory.supportContacts(data.customerId),
    ]);
    if (customer === undefined) throw new Error(`customer ${data.customerId} is gone`);
    const knownById = new Map(known.map((each) => [each.value.memberId, each]));
    const people = named.map((each, index) => ({ ...each, known: knownById.get(ids[index] ?? "") }));
    const workspace = workspaceOf(customer.value, DEFAULT_WORKSPACE_ID);
    const at: At = { customer: customer.value, workspace, doing, actorName: undefined };
    const { steps, refused } = stepsFor(
      at,
      data,
      people,
      freeContacts(at.customer, contacts?.value, doing.at),
    );
    const change = peopleChange(at, steps, refused, contacts);
    if (change === undefined) return;
    const result = await applyChange(access, change);
    if (result.outcome !== "overtaken") return;
  }
  throw new Error(`others are always faster to write members of customer ${data.customerId}`);
}

type Person = Named & { readonly known: Versioned<Member> | undefined };

function stepsFor(at: At, data: AgreementEventData, people: readonly Person[], free: number) {
  const steps: MemberStep[] = [];
  const refused: AuditEntry[] = [];
  // Of an agreement that is over nobody is told: there is nothing to use at once.
  const isOver = data.endDate < dayIn(at.doing.at, data.timeZone);
  let left = free;
  for (const { known, ...each } of people) {
    if (refusesAddress(at, each.email)) {
      if (known === undefined) refused.push(refusal(at, each.email));
      continue;
    }
    const isContact = known?.value.roles.includes("supportContact") === true;
    const naming = {
      ...each,
      agreementId: data.agreementId,
      agreementNumber: data.number,
      isSupportContact: each.isContact && left > 0,
    };
    const step = nameOnAgreement(at, known, naming);
    if (step === undefined) continue;
    if (!isContact && step.write.document.roles.includes("supportContact")) left -= 1;
    steps.push(isOver ? { ...step, message: undefined } : step);
  }
  return { steps, refused };
}

const refusal = ({ customer, workspace, doing }: At, email: string): AuditEntry =>
  auditEntry(doing, {
    action: "memberRefused",
    target: `/customers/${customer.customerId}/workspaces/${workspace.workspaceId}/members/${memberIdOf(customer.customerId, workspace.workspaceId, email)}`,
    workspaceId: workspace.workspaceId,
    after: { email, reason: "PersonalAccountRefused" },
  });

function peopleChange(
  at: At,
  steps: readonly MemberStep[],
  refused: readonly AuditEntry[],
  contacts: Parameters<typeof withContacts>[1],
): Change | undefined {
  const [first, ...others] = steps;
  const [firstRefused, ...otherRefused] = refused;
  if (first === undefined) {
    if (firstRefused === undefined) return undefined;
    return { customerId: at.customer.customerId, writes: [], audit: [firstRefused, ...otherRefused] };
  }
  const taken = new Set(contacts?.value.contacts.map(({ memberId }) => memberId));
  const added = steps
    .map(({ write }) => write.document)
    .filter(({ roles, memberId }) => roles.includes("supportContact") && !taken.has(memberId))
    .map(({ memberId, workspaceId }) => ({ memberId, workspaceId, since: at.doing.at }));
  const named = [...(contacts?.value.contacts ?? []), ...added];
  const change = changeOf(
    at,
    [first, ...others],
    added.length === 0 ? [] : [withContacts(at.customer, contacts, named)],
  );
  return { ...change, audit: [...change.audit, ...refused] };
}
