/** The timer with something about each of its calls: faults, or pauses that let others overtake. */
import type { RequestDependencies } from "../../src/reports/request-report.ts";
import { requestReport } from "../../src/reports/request-report.ts";
import type { Random } from "../fakes/random.ts";
import type { SubscriptionWorld, TimerDependencies } from "./subscription-world.ts";

/** @param refusals what else the call may answer without being done. */
type Around = <Value>(
  method: string,
  run: () => Promise<Value>,
  refusals?: readonly [Value, ...Value[]],
) => Promise<Value>;

function aroundTimer({ dependencies, reports }: SubscriptionWorld, around: Around): TimerDependencies {
  const { subscriptions, customers, directory } = dependencies;
  const asked: RequestDependencies = {
    now: dependencies.now,
    reports: {
      read: (id, report) => around("report.read", () => reports.read(id, report)),
      readSeries: (id, series) => around("report.series", () => reports.readSeries(id, series)),
      create: (report, series, etag) =>
        around("report.create", () => reports.create(report, series, etag), [false]),
    },
  };
  return {
    ...dependencies,
    subscriptions: {
      ...subscriptions,
      read: (id, each) => around("read", () => subscriptions.read(id, each)),
      due: (now, limit) => around("due", () => subscriptions.due(now, limit)),
      run: (id, each) => around("run", () => subscriptions.run(id, each)),
      openRuns: (now, limit) => around("openRuns", () => subscriptions.openRuns(now, limit)),
      runs: (id, each, page) => around("runs", () => subscriptions.runs(id, each, page)),
      commit: (change) =>
        around("commit", () => subscriptions.commit(change), [
          { outcome: "overtaken" },
          { outcome: "repeated" },
        ]),
    },
    customers: { read: (id) => around("customer", () => customers.read(id)) },
    directory: { ofPerson: (id, person) => around("ofPerson", () => directory.ofPerson(id, person)) },
    ownerMay: (...asking) => around("ownerMay", () => dependencies.ownerMay(...asking)),
    look: (...asking) => around("look", () => dependencies.look(...asking)),
    pending: (...asking) => around("pending", () => dependencies.pending(...asking)),
    report: (id, report) => around("report", () => dependencies.report(id, report)),
    requestReport: (customer, request) => requestReport(asked, customer, request),
    queueReport: (report) => around("queueReport", () => dependencies.queueReport(report)),
    notify: (messages) => around("notify", () => dependencies.notify(messages)),
  };
}

/** `before`, `after`: the process ends there and does nothing more. `lost`: done, but the answer never comes. */
export const faults = ["before", "after", "lost", "failed", "refused"] as const;
export type Fault = (typeof faults)[number];

/** @param planned the fault of the call with that number, from 0. */
export function faultyTimer(world: SubscriptionWorld, planned: (index: number) => Fault | undefined) {
  let calls = 0;
  let ended = false;
  const faulty = aroundTimer(world, async (method, run, refusals) => {
    if (ended) throw new Error("the process has ended");
    const index = calls++;
    const fault = planned(index);
    if (fault === "before" || fault === "after") ended = true;
    const refusal = refusals?.[index % refusals.length];
    if (fault === "refused" && refusal !== undefined) return refusal;
    if (fault === "after" || fault === "lost") await run();
    if (fault !== undefined && fault !== "refused") throw new Error(`${fault} at ${method}`);
    return run();
  });
  return { faulty, calls: () => calls };
}

/** Gives way to others around each call, and now and then fails or ends. */
export function randomTimer(world: SubscriptionWorld, random: Random, oneFaultIn: number): TimerDependencies {
  const { faulty } = faultyTimer(world, () =>
    random.below(oneFaultIn) === 0 ? random.pick(faults) : undefined,
  );
  return aroundTimer({ ...world, dependencies: faulty }, async (_method, run) => {
    await turns(random);
    const value = await run();
    await turns(random);
    return value;
  });
}

async function turns(random: Random): Promise<void> {
  for (let count = random.below(12); count > 0; count--) await Promise.resolve();
}
