/**
 * What people do to subscriptions, each with its entry in the audit trail. Pure.
 * Invariants: a subscription that is resumed or gets another schedule is due from then on, and makes up for nothing that it
 * missed meanwhile; what was due before the schedule changed, or before it was paused, is planned with the change.
 */
import { isDeepStrictEqual } from "node:util";
import { type AuditAction, auditEntry, type Doing } from "../access/audit-entry.ts";
import { digest } from "../consumption/entry.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError, InvalidRequestError, NotFoundError } from "../platform/errors.ts";
import { formatsOfKind, type ReportFormat } from "../reports/report.ts";
import { normalizedScope, type ReportKind } from "../reports/report-scope.ts";
import { type Planned, planned, scheduled } from "./planned.ts";
import type { Run } from "./run.ts";
import {
  type Owner,
  paused,
  RECIPIENTS_MAX,
  type Recipient,
  SUBSCRIPTIONS_MAX,
  type Subscription,
  type SubscriptionFacts,
  subscriptionDocumentId,
  subscriptionTarget,
} from "./subscription.ts";
import type { SubscriptionChange } from "./subscription-store.ts";

/** `change` undefined: the subscription is as it should be. */
export type SubscriptionDecision = {
  readonly change: SubscriptionChange | undefined;
  readonly after: Subscription;
  /** Names of occurrences that were due before the change, and that nothing is made for, because too much was missed. */
  readonly leftOut: readonly string[];
};

const NOTHING_PLANNED = { runs: [], leftOut: [] };

/** The id follows from the request, so that a repeat of it finds the subscription that the first one made. */
export const newSubscriptionId = ({ customerId, key }: Doing): string =>
  digest(`reportSubscription\n${customerId}\n${key}`);

/**
 * @param others of the customer, without those that were deleted.
 * @throws ConflictError `TooManySubscriptions`; InvalidRequestError `PdfOfEducation`, `DuplicateRecipient`, `TooManyRecipients`.
 */
export function createSubscription(
  doing: Doing,
  others: readonly Subscription[],
  facts: SubscriptionFacts,
  owner: Owner,
): SubscriptionDecision {
  if (others.length >= SUBSCRIPTIONS_MAX) {
    const message = `A customer has at most ${SUBSCRIPTIONS_MAX} subscriptions to reports: delete one that is not needed.`;
    throw new ConflictError("TooManySubscriptions", message);
  }
  const subscriptionId = newSubscriptionId(doing);
  const subscription: Subscription = {
    ...facts,
    scope: normalizedScope(facts.scope),
    formats: checkedFormats(facts.scope.reportKind, facts.formats),
    recipients: checkedRecipients(facts.recipients),
    id: subscriptionDocumentId(subscriptionId),
    subscriptionId,
    customerId: doing.customerId,
    kind: "reportSubscription",
    owner,
    createdAt: doing.at,
    changedAt: doing.at,
    nextDueAt: null,
    lastOccurrences: {},
  };
  return changeTo(doing, "reportSubscriptionCreated", undefined, scheduled(subscription, doing.at));
}

/** All but the scope: of another scope there is another subscription. */
export type SubscriptionPatch = {
  readonly [Fact in Exclude<keyof SubscriptionFacts, "scope">]?: SubscriptionFacts[Fact] | undefined;
};

/**
 * @param recent the newest runs of it, newest first: what is planned with another schedule is planned as the timer does.
 * @throws InvalidRequestError as `createSubscription`; NotFoundError for one that was deleted.
 */
export function changeSubscription(
  doing: Doing,
  known: Versioned<Subscription>,
  patch: SubscriptionPatch,
  recent: readonly Run[] = [],
): SubscriptionDecision {
  const before = undeleted(known);
  const { name, schedule, skipsWhenEmpty, sendsCorrections } = patch;
  const { reportKind } = before.scope;
  const facts = {
    name: name ?? before.name,
    schedule: schedule ?? before.schedule,
    formats: patch.formats === undefined ? before.formats : checkedFormats(reportKind, patch.formats),
    recipients: patch.recipients === undefined ? before.recipients : checkedRecipients(patch.recipients),
    skipsWhenEmpty: skipsWhenEmpty ?? before.skipsWhenEmpty,
    sendsCorrections: sendsCorrections ?? before.sendsCorrections,
  };
  if (isDeepStrictEqual(before, { ...before, ...facts })) return unchanged(before);
  const changedAt = doing.at;
  if (isDeepStrictEqual(before.schedule, facts.schedule))
    return changeTo(doing, "reportSubscriptionChanged", known, { ...before, ...facts, changedAt });
  const { after: upToDate, runs, leftOut } = planned(before, recent, doing.at);
  const changed = { ...upToDate, ...facts, changedAt };
  const after = before.pause === undefined ? scheduled(changed, doing.at) : changed;
  return changeTo(doing, "reportSubscriptionChanged", known, after, { runs, leftOut });
}

/**
 * One that is paused already stays so for the reason that it has. What was due before is planned with it, so that its runs
 * tell that they were skipped.
 */
export function pauseSubscription(doing: Doing, known: Versioned<Subscription>): SubscriptionDecision {
  const before = undeleted(known);
  if (before.pause !== undefined) return unchanged(before);
  const { after, runs, leftOut } = planned(before, [], doing.at);
  const pausedNow = paused(after, "ByRequest", doing.at);
  return changeTo(doing, "reportSubscriptionPaused", known, pausedNow, { runs, leftOut });
}

/**
 * Due from now on. One whose owner lost the right has whoever resumes it for its owner, whether it was paused for that or
 * not.
 * @param by somebody who may see all that the subscription reports: for the caller to make sure of.
 * @param ownerMay whether its owner may still.
 */
export function resumeSubscription(
  doing: Doing,
  known: Versioned<Subscription>,
  by: Owner,
  ownerMay = true,
): SubscriptionDecision {
  const { pause, ...before } = undeleted(known);
  if (pause === undefined) return unchanged(before);
  const owner = pause.code === "OwnerLostAccess" || !ownerMay ? by : before.owner;
  const after = scheduled({ ...before, owner, changedAt: doing.at }, doing.at);
  return changeTo(doing, "reportSubscriptionResumed", known, after);
}

/** Nothing is sent of it any more; links that were sent open until they expire or are revoked. */
export function deleteSubscription(doing: Doing, known: Versioned<Subscription>): SubscriptionDecision {
  if (known.value.deletedAt !== undefined) return unchanged(known.value);
  const { at } = doing;
  const after = { ...known.value, nextDueAt: null, deletedAt: at, changedAt: at };
  return changeTo(doing, "reportSubscriptionDeleted", known, after);
}

const unchanged = (after: Subscription): SubscriptionDecision => ({
  change: undefined,
  after,
  leftOut: [],
});

function undeleted({ value }: Versioned<Subscription>): Subscription {
  if (value.deletedAt === undefined) return value;
  throw new NotFoundError(`subscription ${value.subscriptionId} was deleted`);
}

/** Each once, in the order in which they are made. */
function checkedFormats(kind: ReportKind, formats: readonly ReportFormat[]): ReportFormat[] {
  const possible: readonly ReportFormat[] = formatsOfKind[kind];
  const impossible = formats.find((format) => !possible.includes(format));
  if (impossible === undefined) return possible.filter((format) => formats.includes(format));
  const message = `An education report is made as ${possible.join(" and ")}, not as ${impossible}: only a proof of delivery is.`;
  throw new InvalidRequestError("PdfOfEducation", message, { target: "formats" });
}

function checkedRecipients(recipients: readonly Recipient[]): Recipient[] {
  if (recipients.length > RECIPIENTS_MAX) {
    const message = `A subscription has at most ${RECIPIENTS_MAX} recipients: make another for the others.`;
    throw new InvalidRequestError("TooManyRecipients", message, { target: "recipients" });
  }
  const seen = new Set<string>();
  return recipients.map((recipient, index) => {
    const email = recipient.email.toLowerCase();
    if (seen.has(email)) {
      const target = `recipients[${index}].email`;
      throw new InvalidRequestError("DuplicateRecipient", `${email} is a recipient already.`, { target });
    }
    seen.add(email);
    return { ...recipient, email };
  });
}

function changeTo(
  doing: Doing,
  action: AuditAction,
  known: Versioned<Subscription> | undefined,
  after: Subscription,
  { runs, leftOut }: Pick<Planned, "runs" | "leftOut"> = NOTHING_PLANNED,
): SubscriptionDecision {
  const entry = subscriptionEntry(doing, action, known?.value, after);
  const { customerId } = doing;
  return {
    change: { customerId, writes: [{ document: after, etag: known?.etag }], created: [entry, ...runs] },
    after,
    leftOut,
  };
}

export function subscriptionEntry(
  doing: Doing,
  action: AuditAction,
  before: Subscription | undefined,
  after: Subscription,
) {
  return auditEntry(doing, {
    action,
    target: subscriptionTarget(doing.customerId, after.subscriptionId),
    ...(before === undefined ? {} : { before: audited(before) }),
    after: audited(after),
  });
}

const audited = (subscription: Subscription) => {
  const { name, scope, schedule, formats, recipients, skipsWhenEmpty, sendsCorrections } = subscription;
  const { owner, pause, nextDueAt, deletedAt } = subscription;
  return {
    name,
    scope,
    schedule,
    formats,
    recipients,
    skipsWhenEmpty,
    sendsCorrections,
    owner: owner.email,
    nextDueAt,
    ...(pause === undefined ? {} : { pause: pause.code }),
    ...(deletedAt === undefined ? {} : { deletedAt }),
  };
};
