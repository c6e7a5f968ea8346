/**
 * Takes an open run as far as it comes now: from due to its report, and from the report to its recipients.
 * Promise: any number of calls, at once too, interrupted anywhere, end a run once, since each step is one transaction that
 * is conditional on the run as it was read; its report is one, because it is asked for under a key that follows from the run.
 *
 * Cost: three point reads for each step; when it is due and again when it is sent, a query for the owner, one for each
 * recipient without a language of its own, and the look at the figures; the transaction.
 */
import type { CustomerStore } from "../agreements/customer-store.ts";
import type { CustomerId } from "../agreements/ids.ts";
import type { Message } from "../messages/message.ts";
import { UnavailableError } from "../platform/errors.ts";
import { NotReadyError } from "../reports/period-ledger.ts";
import type { Report } from "../reports/report.ts";
import { startRun } from "./due-run.ts";
import { endOf, type MadeDependencies } from "./made-run.ts";
import { delayed, isOver, lookedAt, type Run } from "./run.ts";
import { type KnownRun, skipRun, stopOfRun, withRun } from "./run-step.ts";
import type { SubscriptionChange, SubscriptionStore } from "./subscription-store.ts";

/** Steps of one call, those included at which others were faster. */
const STEPS_MAX = 6;

export type RunDependencies = MadeDependencies & {
  readonly subscriptions: Pick<SubscriptionStore, "read" | "run" | "commit">;
  readonly customers: Pick<CustomerStore, "read">;
  /** Sends a job for a report that nobody makes now; the same again is harmless. */
  readonly queueReport: (report: Report) => Promise<void>;
  /** Asks for messages to be sent now; what it cannot do is left to the timer. */
  readonly notify: (messages: readonly Message[]) => Promise<void>;
  /** Told of what a timer has to go on with. */
  readonly onDelay: (error: unknown) => void;
  readonly now: () => string;
};

/**
 * @returns the run's status now; undefined where there is no such run.
 * @throws whatever a step throws, after the run was put behind others that wait; UnavailableError when others are always
 * faster.
 */
export async function advanceRun(
  dependencies: RunDependencies,
  customerId: CustomerId,
  runId: string,
): Promise<Run["status"] | undefined> {
  for (let step = 0; step < STEPS_MAX; step++) {
    const run = await dependencies.subscriptions.run(customerId, runId);
    if (run === undefined || isOver(run.value)) return run?.value.status;
    const at = dependencies.now();
    try {
      const known = { ...(await ownersOf(dependencies, run.value)), run, at };
      const { change, isWaiting } = await nextStep(dependencies, known);
      const { outcome } = await dependencies.subscriptions.commit(change);
      if (outcome === "committed") await tell(dependencies, change);
      if (isWaiting) return run.value.status;
    } catch (error) {
      await putBehind(dependencies, { run, at }, error);
      throw error;
    }
  }
  throw new UnavailableError(1, `others are always faster to advance run ${runId}`);
}

/** What the run belongs to: neither is ever removed. */
async function ownersOf(
  { subscriptions, customers }: RunDependencies,
  { customerId, subscriptionId, runId }: Run,
): Promise<Pick<KnownRun, "customer" | "subscription">> {
  const [subscription, customer] = await Promise.all([
    subscriptions.read(customerId, subscriptionId),
    customers.read(customerId),
  ]);
  if (subscription === undefined || customer === undefined)
    throw new Error(`the subscription or the customer of run ${runId} is not there`);
  return { subscription, customer: customer.value };
}

/** `isWaiting`: nothing is left to do until the report is made. */
type Step = { readonly change: SubscriptionChange; readonly isWaiting: boolean };

async function nextStep(dependencies: RunDependencies, known: KnownRun): Promise<Step> {
  const stop = stopOfRun(known);
  if (stop !== undefined) return { change: skipRun(known, stop), isWaiting: false };
  const { reportId } = known.run.value;
  if (reportId === undefined) return { change: await startRun(dependencies, known), isWaiting: false };
  const report = await dependencies.report(known.customer.customerId, reportId);
  if (report === undefined) throw new Error(`report ${reportId} is in its run and not in the store`);
  switch (report.status) {
    case "notStarted":
    case "running":
      if (isWaitingForMaker(report, known.at)) await dependencies.queueReport(report);
      return { change: withRun(known, lookedAt(known.run.value, known.at)), isWaiting: true };
    case "succeeded":
    case "failed":
    case "canceled":
      return { change: await endOf(dependencies, known, report), isWaiting: false };
  }
}

type Unended = Extract<Report, { readonly status: "notStarted" | "running" }>;

const isWaitingForMaker = (report: Unended, now: string): boolean =>
  report.status === "notStarted" || report.leaseUntil <= now;

/** What was written is sent, by the timer if not now. */
async function tell({ notify, onDelay }: RunDependencies, { created }: SubscriptionChange): Promise<void> {
  const messages = created.filter((document) => document.kind === "message");
  if (messages.length === 0) return;
  try {
    await notify(messages);
  } catch (error) {
    onDelay(error);
  }
}

/** What failed itself goes to the log: it may name what is not for people. */
const NOT_AVAILABLE = "something that it needs is not available";

/** So that runs which always fail hold up no others. It stays open, whether this can be written or not. */
async function putBehind(
  { subscriptions, onDelay }: RunDependencies,
  { run, at }: Pick<KnownRun, "run" | "at">,
  failure: unknown,
): Promise<void> {
  const cause = failure instanceof NotReadyError ? failure.message : NOT_AVAILABLE;
  const document = delayed(run.value, cause, at);
  const { customerId } = document;
  try {
    await subscriptions.commit({ customerId, writes: [{ document, etag: run.etag }], created: [] });
  } catch (error) {
    onDelay(error);
  }
}
