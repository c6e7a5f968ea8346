/** What becomes of a run that is due: it is skipped, its subscription paused, or it has a report that is made or was. */
import type { DirectoryStore } from "../access/directory-store.ts";
import type { Language } from "../agreements/agreement-event.ts";
import type { Customer } from "../agreements/customer.ts";
import type { CustomerId } from "../agreements/ids.ts";
import { isServiceError } from "../platform/errors.ts";
import type { Period } from "../reports/period.ts";
import type { Report, ReportId, SucceededReport } from "../reports/report.ts";
import type { ReportScope } from "../reports/report-scope.ts";
import type { ReportRequest } from "../reports/request-report.ts";
import { type Addressee, addresseesOf, languagesOf } from "./owner-access.ts";
import { making, requestKeyOf } from "./run.ts";
import { failRun, type KnownRun, pauseFor, skipRun, withRun } from "./run-step.ts";
import { scopeTime } from "./scope-time.ts";
import type { Owner, Subscription } from "./subscription.ts";
import type { SubscriptionChange } from "./subscription-store.ts";

/** What a report of a scope and a period would say now. */
type Look = {
  /** Nothing was delivered in the period. */
  readonly isEmpty: boolean;
  /** Digest of all figures, as an issued report has it. */
  readonly figures: string;
  /** The newest version that was issued, if its files can be had and a new one would say and leave out the same otherwise. */
  readonly newest?: SucceededReport | undefined;
};

export type DueDependencies = {
  readonly directory: Pick<DirectoryStore, "ofPerson">;
  /** Whether the owner may see all that a report of this scope says, now. */
  readonly ownerMay: (customer: Customer, owner: Owner, scope: ReportScope) => Promise<boolean>;
  readonly look: (customer: Customer, scope: ReportScope, period: Period) => Promise<Look>;
  /** Reports of it that are not over yet, newest first. */
  readonly pending: (customer: Customer, scope: ReportScope, period: Period) => Promise<readonly Report[]>;
  readonly report: (customerId: CustomerId, reportId: ReportId) => Promise<Report | undefined>;
  /** As `requestReport` of the area of reports, with its entry in the audit trail. */
  readonly requestReport: (customer: Customer, request: ReportRequest) => Promise<Report>;
};

export async function startRun(dependencies: DueDependencies, known: KnownRun): Promise<SubscriptionChange> {
  const { customer, subscription, run } = known;
  const { scope, owner, skipsWhenEmpty } = subscription.value;
  const { period, isCorrection, corrects } = run.value;
  if (!(await dependencies.ownerMay(customer, owner, scope)))
    return pauseFor(known, "OwnerLostAccess", await ownerOf(dependencies, known));
  const time = corrects !== undefined ? "within" : scopeTime(customer, scope, period);
  if (time === "over") return pauseFor(known, "NothingToReport", await ownerOf(dependencies, known));
  if (time === "notYet") {
    const message = "The agreement had not begun in this period.";
    return skipRun(known, { code: "NothingToReport", message });
  }
  const looked = await dependencies.look(customer, scope, period);
  // A correction says that something was sent: that nothing is left of it is what its readers have to know.
  const isEmptyWanted = isCorrection || !(skipsWhenEmpty || corrects?.wasEmpty === true);
  if (looked.isEmpty && !isEmptyWanted)
    return skipRun(known, { code: "Empty", message: "Nothing was delivered in this period." });
  if (isCorrection && (await isUnchanged(dependencies, known, looked)))
    return skipRun(known, { code: "Unchanged", message: "Nothing has changed since this period was sent." });
  const { recipients } = subscription.value;
  const languages = languagesOf(await addresseesOf(dependencies.directory, customer, recipients));
  const { newest } = looked;
  if (newest?.figures === looked.figures && hasAll(newest, subscription.value, languages))
    return withRun(known, making(run.value, newest.id, true, known.at));
  // Subscriptions that are due together share what the first of them asks for.
  const asked = await dependencies.pending(customer, scope, period);
  const enough = asked.find((report) => hasAll(report, subscription.value, languages));
  if (enough !== undefined) return withRun(known, making(run.value, enough.id, true, known.at));
  return askFor(dependencies, known, languages);
}

/** Compared with what the recipients have: a newer version that somebody asked for was not sent to them. */
export async function isUnchanged(
  { report }: Pick<DueDependencies, "report">,
  { customer, run }: KnownRun,
  { figures }: Pick<Look, "figures">,
): Promise<boolean> {
  const { corrects } = run.value;
  const sent =
    corrects?.reportId === undefined ? undefined : await report(customer.customerId, corrects.reportId);
  return sent?.status === "succeeded" && sent.figures === figures;
}

export const hasAll = (
  report: Report,
  { formats }: Pick<Subscription, "formats">,
  languages: readonly Language[],
): boolean =>
  formats.every((format) => report.formats.includes(format)) &&
  languages.every((language) => report.languages.includes(language));

async function askFor(
  dependencies: DueDependencies,
  known: KnownRun,
  languages: readonly Language[],
): Promise<SubscriptionChange> {
  const { customer, subscription, run, at } = known;
  const { scope, formats, owner } = subscription.value;
  try {
    const report = await dependencies.requestReport(customer, {
      scope,
      period: run.value.period,
      formats,
      languages,
      requestedBy: { subject: owner.subject, email: owner.email },
      requestKey: requestKeyOf(run.value),
    });
    return withRun(known, making(run.value, report.id, false, at));
  } catch (error) {
    // What is refused will be refused again: the run is over, and the next occurrence is another request.
    if (!isServiceError(error) || error.kind === "unavailable") throw error;
    const message =
      error.kind === "notFound" ? "What the subscription reports is not there any more." : error.message;
    return failRun(known, { code: "ReportFailed", message }, await ownerOf(dependencies, known), error.code);
  }
}

/** The owner, to be written to. */
export async function ownerOf(
  { directory }: Pick<DueDependencies, "directory">,
  { customer, subscription }: KnownRun,
): Promise<Addressee> {
  const { email, name } = subscription.value.owner;
  const [owner] = await addresseesOf(directory, customer, [
    { email, ...(name === undefined ? {} : { name }) },
  ]);
  return owner ?? { email, name, language: customer.language };
}
