/**
 * What becomes of a run whose report is over: it is sent, or the run fails, or is due again. Invariant: nothing leaves that
 * its owner may not see, or that a report made now would leave out (SR-06), nor without what is wanted by now; making took
 * its time.
 */
import type { EndedReport, SucceededReport } from "../reports/report.ts";
import { type DueDependencies, hasAll, isUnchanged, ownerOf } from "./due-run.ts";
import { type Addressee, addresseesOf, languagesOf } from "./owner-access.ts";
import { dueAgain } from "./run.ts";
import { deliverRun, failRun, type KnownRun, pauseFor, withRun } from "./run-step.ts";
import type { SubscriptionChange } from "./subscription-store.ts";

export type MadeDependencies = DueDependencies & {
  /** How long a recipient's own link opens. */
  readonly linkMinutes: number;
};

export async function endOf(
  dependencies: MadeDependencies,
  known: KnownRun,
  report: EndedReport,
): Promise<SubscriptionChange> {
  if (report.status !== "succeeded" && known.run.value.isReportKnown === true) {
    // Somebody else's: the run asks for its own.
    const again = dueAgain(known.run.value, known.at);
    if (again !== undefined) return withRun(known, again);
  }
  switch (report.status) {
    case "failed": {
      const { code, message } = report.error;
      return failedFor(dependencies, known, `The report could not be made: ${message}`, code);
    }
    case "canceled": {
      const message = "Somebody canceled the report while it was made.";
      return failRun(known, { code: "ReportCanceled", message }, await ownerOf(dependencies, known));
    }
    case "succeeded":
      return sendIfStillWanted(dependencies, known, report);
  }
}

async function sendIfStillWanted(
  dependencies: MadeDependencies,
  known: KnownRun,
  report: SucceededReport,
): Promise<SubscriptionChange> {
  const { customer, subscription } = known;
  const { owner, scope, recipients } = subscription.value;
  if (!(await dependencies.ownerMay(customer, owner, scope)))
    return pauseFor(known, "OwnerLostAccess", await ownerOf(dependencies, known));
  const addressees = await addresseesOf(dependencies.directory, customer, recipients);
  if (await isStillWanted(dependencies, known, report, addressees))
    return deliverRun(known, report, addressees, dependencies.linkMinutes);
  const again = dueAgain(known.run.value, known.at);
  if (again !== undefined) return withRun(known, again);
  return failedFor(
    dependencies,
    known,
    "What it reports kept changing while the report was made.",
    "FiguresDiffer",
  );
}

/** Figures that changed meanwhile are for a correction: all else it would say or leave out otherwise is not. */
async function isStillWanted(
  dependencies: MadeDependencies,
  known: KnownRun,
  report: SucceededReport,
  addressees: readonly Addressee[],
): Promise<boolean> {
  const { customer, subscription, run } = known;
  const { value } = subscription;
  if (!hasAll(report, value, languagesOf(addressees))) return false;
  // It was being made when the run came to it, and its figures are from before those that the run saw.
  if (run.value.isCorrection && (await isUnchanged(dependencies, known, report))) return false;
  const { newest } = await dependencies.look(customer, value.scope, run.value.period);
  return newest?.context === report.context;
}

const failedFor = async (
  dependencies: MadeDependencies,
  known: KnownRun,
  message: string,
  code: string,
): Promise<SubscriptionChange> =>
  failRun(known, { code: "ReportFailed", message }, await ownerOf(dependencies, known), code);
