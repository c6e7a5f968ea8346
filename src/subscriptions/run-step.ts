/**
 * The steps that end a run, each one transaction. Pure.
 * Invariants: each is conditional on the run as it was read; whatever pauses a subscription ends the run that found out, and
 * tells the owner; whatever is delivered has a link and a message for each recipient, and one entry in the audit trail.
 */
import { auditEntry, type Doing } from "../access/audit-entry.ts";
import type { Customer } from "../agreements/customer.ts";
import type { Versioned } from "../platform/cosmos.ts";
import type { SucceededReport } from "../reports/report.ts";
import type { Addressee } from "./owner-access.ts";
import { ended, type Run, type RunReason } from "./run.ts";
import { failedMessage, newDelivery, pausedMessage, readyMessage } from "./run-messages.ts";
import { type Pause, paused, type Subscription, stopOf, subscriptionTarget } from "./subscription.ts";
import { subscriptionEntry } from "./subscription-change.ts";
import type { SubscriptionChange } from "./subscription-store.ts";

const TIMER_SUBJECT = "timer:subscriptions";

/** A run and what it belongs to, as they were read. */
export type KnownRun = {
  readonly customer: Customer;
  readonly subscription: Versioned<Subscription>;
  readonly run: Versioned<Run>;
  readonly at: string;
};

/** Nothing of it is to be made or sent any more. What was sent is corrected also when nothing new will come. */
export function stopOfRun({ subscription: { value }, run }: KnownRun): RunReason | undefined {
  const isLast = value.deletedAt === undefined && value.pause?.code === "NothingToReport";
  const { corrects, status, unsent } = run.value;
  const goesOn = corrects !== undefined || status === "making" || unsent !== undefined;
  return isLast && goesOn ? undefined : stopOf(value);
}

/** The run alone. */
export const withRun = (
  { run, customer }: KnownRun,
  document: Run,
  created: SubscriptionChange["created"] = [],
): SubscriptionChange => ({
  customerId: customer.customerId,
  writes: [{ document, etag: run.etag }],
  created,
});

export const skipRun = (known: KnownRun, reason: RunReason): SubscriptionChange =>
  withRun(known, ended(known.run.value, { status: "skipped", reason }, known.at));

/** @param code of what it failed of, which the message to the owner words. */
export function failRun(
  known: KnownRun,
  reason: RunReason,
  owner: Addressee,
  code: string = reason.code,
): SubscriptionChange {
  const run = ended(known.run.value, { status: "failed", reason }, known.at);
  return withRun(known, run, [failedMessage(toldOf(known), code, owner, known.at)]);
}

/** Skips the run, and every later one until somebody resumes the subscription. */
export function pauseFor(
  known: KnownRun,
  code: Exclude<Pause["code"], "ByRequest">,
  owner: Addressee,
): SubscriptionChange {
  const { subscription, run, at } = known;
  const after = paused(subscription.value, code, at);
  const reason = { code, message: after.pause?.message ?? code };
  const entry = subscriptionEntry(doingOf(known), "reportSubscriptionPaused", subscription.value, after);
  const { writes, ...rest } = withRun(known, ended(run.value, { status: "skipped", reason }, at), [
    entry,
    pausedMessage(toldOf(known), code, owner, at),
  ]);
  return { ...rest, writes: [...writes, { document: after, etag: subscription.etag }] };
}

export function deliverRun(
  known: KnownRun,
  report: SucceededReport,
  addressees: readonly Addressee[],
  linkMinutes: number,
): SubscriptionChange {
  const { at } = known;
  const told = toldOf(known);
  const sent = addressees.map((each) => {
    const delivery = newDelivery(told, report, each, at, linkMinutes);
    return { delivery, message: readyMessage(told, report, delivery, each, at) };
  });
  const { runId, subscriptionId } = told.run;
  const entry = auditEntry(doingOf(known), {
    action: "reportDelivered",
    target: `${subscriptionTarget(told.customer.customerId, subscriptionId)}/runs/${runId}`,
    after: {
      reportId: report.id,
      version: report.version,
      recipients: addressees.map(({ email }) => email),
    },
  });
  return withRun(known, ended(told.run, { status: "delivered", deliveries: sent.length }, at), [
    entry,
    ...sent.flatMap(({ delivery, message }) => [delivery, message]),
  ]);
}

const toldOf = ({ customer, subscription, run }: KnownRun) => ({
  customer,
  subscription: subscription.value,
  run: run.value,
});

/** The key follows from the run: two that do the same step write the same entry. */
const doingOf = ({ customer, run, at }: KnownRun): Doing => ({
  customerId: customer.customerId,
  actor: { subject: TIMER_SUBJECT },
  at,
  key: run.value.runId,
});
