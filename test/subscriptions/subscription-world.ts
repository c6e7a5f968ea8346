/** A customer in memory with subscriptions, whose deliveries are counted by period, and the timer that looks after them. */
import type { Doing } from "../../src/access/audit-entry.ts";
import type { Customer } from "../../src/agreements/customer.ts";
import { agreementIdSchema, customerIdSchema } from "../../src/agreements/ids.ts";
import { defaultWorkspace } from "../../src/agreements/workspace.ts";
import { type Period, periodText } from "../../src/reports/period.ts";
import { type Report, type SucceededReport, start, succeed } from "../../src/reports/report.ts";
import type { ReportScope } from "../../src/reports/report-scope.ts";
import { reportIdOf, seriesIdOf } from "../../src/reports/report-series.ts";
import type { ReportStore } from "../../src/reports/report-store.ts";
import { requestReport } from "../../src/reports/request-report.ts";
import { keptFor } from "../../src/reports/retention.ts";
import { advanceRun, type RunDependencies } from "../../src/subscriptions/advance-run.ts";
import { pendingReports } from "../../src/subscriptions/pending-reports.ts";
import { type PlannerDependencies, planDue } from "../../src/subscriptions/plan-due.ts";
import type { Subscription, SubscriptionFacts } from "../../src/subscriptions/subscription.ts";
import {
  createSubscription,
  type SubscriptionDecision,
} from "../../src/subscriptions/subscription-change.ts";
import type { SubscriptionStore } from "../../src/subscriptions/subscription-store.ts";
import { type MemorySubscriptions, memorySubscriptions } from "../fakes/memory-subscriptions.ts";
import { memoryReportStore } from "../reports/support/memory-reports.ts";

export const customerId = customerIdSchema.parse("cust-t");
export const agreementId = agreementIdSchema.parse("agr-t-base");
export const START = "2026-01-05T12:00:00.000Z";
export const owner = {
  subject: "person-ana",
  email: "ana@cust-t.example",
  name: "Ana",
  isPersonalAccount: false,
};

export const customer: Customer = {
  id: "customer",
  customerId,
  kind: "customer",
  revision: 1,
  asOf: "",
  name: "Aceites Olivar",
  timeZone: "Europe/Madrid",
  language: "es",
  workspaces: [defaultWorkspace],
  agreements: {
    [agreementId]: {
      asOf: "",
      number: "A-2026-17",
      plan: "unified",
      kind: "base",
      startDate: "2025-01-01",
      endDate: "2029-12-31",
      accountTeam: [],
      entitlementIds: [],
      packages: [],
    },
  },
  ledgers: [agreementId],
};

export const someFacts: SubscriptionFacts = {
  name: "Monthly proof",
  scope: { reportKind: "cpod", agreementId },
  schedule: { every: "month", dayOfMonth: 3, hour: 8, minute: 0, timeZone: "Europe/Madrid" },
  formats: ["pdf", "xlsx"],
  recipients: [{ email: "ana@cust-t.example" }, { email: "pawel@cust-t.example", language: "pl" }],
  skipsWhenEmpty: false,
  sendsCorrections: false,
};

export type TimerDependencies = RunDependencies &
  PlannerDependencies & { readonly subscriptions: SubscriptionStore };

export type SubscriptionWorld = MemorySubscriptions & {
  readonly dependencies: TimerDependencies;
  readonly reports: ReportStore;
  readonly now: () => string;
  /** From then on it is so late. */
  readonly at: (instant: string) => void;
  readonly pass: (milliseconds: number) => void;
  /** So much more was delivered in a period. */
  readonly deliver: (period: Period, lines: number) => void;
  readonly setCustomer: (customer: Customer) => void;
  readonly setOwnerMay: (may: boolean) => void;
  /** What reports say or leave out beside figures, from then on. */
  readonly setContext: (context: string) => void;
  readonly doing: (key?: string) => Doing;
  readonly create: (facts?: Partial<SubscriptionFacts>) => Promise<Subscription>;
  readonly decide: (decision: SubscriptionDecision) => Promise<void>;
  /** One run of the timer. @returns what failed. */
  readonly tick: (dependencies?: TimerDependencies) => Promise<readonly unknown[]>;
  /** Makes every report that waits, or ends it otherwise. */
  readonly make: (status?: "succeeded" | "failed" | "canceled") => Promise<void>;
  readonly allReports: () => Promise<readonly Report[]>;
  /** Ticks and makes until nothing is open. */
  readonly settle: () => Promise<void>;
};

const AT_ONCE_MAX = 1_000;
/** Of the timer, until all is over that is due. */
const TURNS_MAX = 9;

export function subscriptionWorld(instant = START): SubscriptionWorld {
  const memory = memorySubscriptions();
  const reports = memoryReportStore();
  const lines = new Map<string, number>();
  let time = instant;
  let current = customer;
  let may = true;
  let context = "";
  let keys = 0;
  const now = (): string => time;
  const linesIn = (period: Period): number => lines.get(periodText(period)) ?? 0;
  const sameNewest = async (scope: ReportScope, period: Period) => {
    const newest = await newestOf(reports, scope, period);
    return newest?.context === context ? newest : undefined;
  };
  const dependencies: TimerDependencies = {
    subscriptions: memory.subscriptions,
    customers: { read: async () => ({ value: current, etag: '"0"' }) },
    directory: { ofPerson: async () => ({ members: [], assignments: [] }) },
    ownerMay: async () => may,
    look: async (_customer, scope, period) => ({
      isEmpty: linesIn(period) === 0,
      figures: String(linesIn(period)),
      newest: await sameNewest(scope, period),
    }),
    pending: (_customer, scope, period) => pendingReports(reports, customerId, scope, period),
    report: async (id, reportId) => (await reports.read(id, reportId))?.value,
    requestReport: (each, request) => requestReport({ reports, now }, each, request),
    queueReport: async () => undefined,
    notify: async () => undefined,
    onDelay: () => undefined,
    linkMinutes: 10_080,
    now,
  };
  const doing = (key = `key-${++keys}`): Doing => ({
    customerId,
    actor: { subject: owner.subject, email: owner.email },
    at: time,
    key,
  });
  const decide = async ({ change }: SubscriptionDecision): Promise<void> => {
    if (change === undefined) return;
    const { outcome } = await memory.subscriptions.commit(change);
    if (outcome !== "committed") throw new Error(outcome);
  };
  const allReports = (): Promise<readonly Report[]> =>
    reports.page(customerId, { after: undefined, limit: AT_ONCE_MAX });
  const make: SubscriptionWorld["make"] = async (status = "succeeded") => {
    const waiting = (await allReports()).filter((report) => report.status === "notStarted");
    // The version before is issued before the next one.
    for (const { id, version } of waiting.toSorted((left, right) => left.version - right.version)) {
      const known = await reports.read(customerId, id);
      if (known === undefined) throw new Error(`no report ${id} of version ${version}`);
      const previous = await newestOf(reports, known.value.scope, known.value.period);
      const count = linesIn(known.value.period);
      const ended = endedReport(known.value, status, time, count, previous);
      await reports.save(ended.status === "succeeded" ? { ...ended, context } : ended, known.etag);
    }
  };
  const tick = (used: TimerDependencies = dependencies) => runTimer(used);
  return {
    ...memory,
    dependencies,
    reports,
    now,
    at: (next) => {
      time = next;
    },
    pass: (milliseconds) => {
      time = new Date(Date.parse(time) + milliseconds).toISOString();
    },
    deliver: (period, more) => {
      lines.set(periodText(period), linesIn(period) + more);
    },
    setCustomer: (next) => {
      current = next;
    },
    setOwnerMay: (next) => {
      may = next;
    },
    setContext: (next) => {
      context = next;
    },
    doing,
    create: async (facts = {}) => {
      const others = (await memory.subscriptions.list(customerId)).map(({ value }) => value);
      const decision = createSubscription(doing(), others, { ...someFacts, ...facts }, owner);
      await decide(decision);
      return decision.after;
    },
    decide,
    tick,
    make,
    allReports,
    settle: async () => {
      for (let turns = 0; turns < TURNS_MAX; turns++) {
        const failures = await tick();
        if (failures.length > 0) throw new AggregateError(failures);
        if (memory.kept("reportRun").every(({ lookAt }) => lookAt === undefined)) return;
        await make();
        time = new Date(Date.parse(time) + 20 * 60_000).toISOString();
      }
      throw new Error("runs stay open");
    },
  };
}

/** What a run of the timer does: one that fails stops none behind it. */
async function runTimer(dependencies: TimerDependencies): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  };
  const { subscriptions, now } = dependencies;
  await attempt(async () => {
    for (const job of await subscriptions.due(now(), AT_ONCE_MAX))
      await attempt(() => planDue(dependencies, job.customerId, job.subscriptionId));
  });
  await attempt(async () => {
    for (const job of await subscriptions.openRuns(now(), AT_ONCE_MAX))
      await attempt(() => advanceRun(dependencies, job.customerId, job.runId));
  });
  return failures;
}

async function newestOf(
  reports: ReportStore,
  scope: ReportScope,
  period: Period,
): Promise<SucceededReport | undefined> {
  const series = await reports.readSeries(customerId, seriesIdOf(scope, period));
  for (let version = series?.value.lastVersion ?? 0; version > 0; version--) {
    const report = (await reports.read(customerId, reportIdOf(scope, period, version)))?.value;
    if (report?.status === "succeeded") return report;
  }
  return undefined;
}

function endedReport(
  report: Report,
  status: "succeeded" | "failed" | "canceled",
  now: string,
  count: number,
  previous: SucceededReport | undefined,
): Report {
  const started = start(report, now, `${report.id}/1`);
  if (started.outcome !== "started") throw new Error(`${report.id} is ${started.outcome}`);
  const { leaseUntil: _lease, blobName, progress: _progress, ...base } = started.report;
  if (status === "failed")
    return { ...base, status, failedAt: now, error: { code: "Broken", message: "the ledger was away" } };
  if (status === "canceled") return { ...base, status, canceledAt: now, canceledBy: { subject: "somebody" } };
  const more = count - (previous?.lines ?? count);
  const file = {
    format: "csv" as const,
    language: report.languages[0] ?? ("en" as const),
    section: "report" as const,
    blobName,
    fileName: "report.csv",
    contentType: "text/csv",
    bytes: 1,
    rows: count,
    sha256: "0".repeat(64),
  };
  return succeed(started.report, {
    generatedAt: now,
    filesKeptUntil: keptFor(now, 366),
    dataAsOf: null,
    files: [file],
    figures: String(count),
    context: "",
    lines: count,
    changes: { added: Math.max(more, 0), removed: Math.max(-more, 0), changed: 0 },
    previousReportId: previous?.id,
  });
}
