/**
 * Making a report. Promise: interrupted anywhere, run again, or run by two makers at once, it ends with exactly one
 * complete report or none: a maker writes to a file name of its own, and what issues the report is one conditional save.
 */
import * as z from "zod";
import type { CustomerId } from "../agreements/ids.ts";
import { digest } from "../consumption/entry.ts";
import { statusOf, type Versioned } from "../platform/cosmos.ts";
import { UnavailableError } from "../platform/errors.ts";
import { asUnavailable } from "../platform/transient.ts";
import { sectionsOfKind } from "./content.ts";
import { FiguresDifferError, NotReadyError } from "./cpod-ledgers.ts";
import { PreviousVersionUnreadableError } from "./previous-version.ts";
import {
  blobNameOf,
  type CanceledReport,
  type EndedReport,
  type FailedReport,
  fail,
  postpone,
  type Report,
  type ReportError,
  type ReportFile,
  type ReportFormat,
  type ReportId,
  type RunningReport,
  type SucceededReport,
  start,
} from "./report.ts";
import { type AttemptDependencies, attemptReport } from "./report-attempt.ts";

/** How often the end of an attempt is saved anew because somebody else was faster. */
const ENDINGS_MAX = 3;

export type MakerDependencies = AttemptDependencies & { readonly newId: () => string };

export type Made =
  | { readonly outcome: "issued"; readonly report: SucceededReport }
  | { readonly outcome: "failed"; readonly report: FailedReport; readonly cause?: unknown }
  | { readonly outcome: "canceled"; readonly report: CanceledReport }
  /** Somebody else makes it, or it is to be tried again: to be run again after that time. */
  | { readonly outcome: "later"; readonly retryAfterSeconds: number; readonly cause?: unknown }
  | { readonly outcome: "missing" };

/**
 * @returns `issued`, `failed` and `canceled` also when the report was over before. `cause` is for the log.
 * @throws what the stores throw when not even the end of the attempt can be saved: to be run again after the lease.
 */
export async function makeReport(
  dependencies: MakerDependencies,
  customerId: CustomerId,
  reportId: ReportId,
): Promise<Made> {
  const { reports, now, newId } = dependencies;
  const found = await reports.read(customerId, reportId);
  if (found === undefined) return { outcome: "missing" };
  // Digests: an id may hold what means something in a path.
  const blobName = `${found.value.scope.reportKind}/${digest(customerId)}/${digest(reportId)}/${newId()}`;
  const begun = start(found.value, now(), blobName);
  if (begun.outcome === "over") return over(dependencies, begun.report);
  if (begun.outcome === "busy") return madeOf(found.value, now());
  const etag = await reports.save(begun.report, found.etag);
  if (etag === undefined) return { outcome: "later", retryAfterSeconds: 1 };
  // What the attempt before has written can be issued no more: it lost its lease with this save.
  if (found.value.status === "running") await removeQuietly(dependencies, found.value);
  if (begun.outcome === "exhausted") return madeOf(begun.report, now());
  return attempt(dependencies, { value: begun.report, etag });
}

/** Whoever made it last may be gone, or could not remove what was written: nobody else does. */
async function over(dependencies: MakerDependencies, report: EndedReport): Promise<Made> {
  if (report.status !== "succeeded" && report.blobName !== undefined)
    await removeQuietly(dependencies, { ...report, blobName: report.blobName });
  return madeOf(report, dependencies.now());
}

async function attempt(dependencies: MakerDependencies, begun: Versioned<RunningReport>): Promise<Made> {
  try {
    return { outcome: "issued", report: await attemptReport(dependencies, begun) };
  } catch (error) {
    try {
      return await endAttempt(dependencies, begun.value, error);
    } catch (ending) {
      throw new AggregateError([error, ending], `an attempt at report ${begun.value.id} could not be ended`);
    }
  }
}

/**
 * What was thrown may have come after the report was issued, and a save whose answer was lost may still be on its way: so
 * the files are removed only when a later save has made sure that nobody will ever name it.
 */
async function endAttempt(
  dependencies: MakerDependencies,
  begun: RunningReport,
  cause: unknown,
): Promise<Made> {
  const { customerId, id, blobName } = begun;
  const { reports, now } = dependencies;
  for (let ending = 0; ending < ENDINGS_MAX; ending++) {
    const found = await reports.read(customerId, id);
    if (found === undefined) throw new Error(`report ${id} is gone`);
    const { value, etag } = found;
    if (value.status === "succeeded" && value.files.some((file) => isOf(begun, file))) {
      return { outcome: "issued", report: value };
    }
    if (value.status !== "running" || value.blobName !== blobName) {
      await removeQuietly(dependencies, begun);
      return madeOf(value, now(), cause);
    }
    const ended = (isWorthWaitingFor(cause) ? postpone : fail)(value, now(), errorOf(cause));
    if ((await reports.save(ended, etag)) === undefined) continue;
    await removeQuietly(dependencies, begun);
    return madeOf(ended, now(), cause);
  }
  throw new Error(`report ${id} is contended`);
}

const isOf = (attempted: RunningReport, { blobName, ...file }: ReportFile): boolean =>
  blobName === blobNameOf(attempted, file);

/** Nothing is wrong with the report: its ledgers are not ready, or a store or the network is away. */
const isWorthWaitingFor = (cause: unknown): boolean =>
  cause instanceof NotReadyError || asUnavailable(cause) instanceof UnavailableError;

/** People read it: what a store said, and what was not foreseen, goes to the log only. */
function errorOf(cause: unknown): ReportError {
  const isForPeople =
    cause instanceof NotReadyError ||
    cause instanceof FiguresDifferError ||
    cause instanceof PreviousVersionUnreadableError;
  if (isForPeople) return { code: cause.code, message: cause.message };
  return isOfStore(cause)
    ? { code: "Unavailable", message: "something that the report needs was not available" }
    : { code: "InternalError", message: "something went wrong that was not foreseen: the log says what" };
}

const refusalSchema = z.object({ statusCode: z.number() });

/** A store or the network is away, or a store refused. */
const isOfStore = (cause: unknown): boolean =>
  asUnavailable(cause) instanceof UnavailableError ||
  statusOf(cause) !== undefined ||
  refusalSchema.safeParse(cause).success;

function madeOf(report: Report, now: string, cause?: unknown): Made {
  switch (report.status) {
    case "succeeded":
      return { outcome: "issued", report };
    case "failed":
      return { outcome: "failed", report, cause };
    case "canceled":
      return { outcome: "canceled", report };
    case "notStarted":
      return { outcome: "later", retryAfterSeconds: 1, cause };
    case "running": {
      const leftMs = Date.parse(report.leaseUntil) - Date.parse(now);
      return { outcome: "later", retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1_000)), cause };
    }
  }
}

type FileKey = Pick<ReportFile, "format" | "section">;

type Attempted = Pick<RunningReport, "scope" | "formats" | "languages" | "blobName">;

function possibleFiles({ scope, formats, languages }: Attempted) {
  const keysOf = (format: ReportFormat): FileKey[] =>
    format === "csv"
      ? sectionsOfKind[scope.reportKind].map((section) => ({ format, section }))
      : [{ format, section: null }];
  const keys = formats.flatMap(keysOf);
  return languages.flatMap((language) => keys.map((key) => ({ ...key, language })));
}

/** Only space is lost when it stays: no report names it. */
async function removeQuietly({ files }: MakerDependencies, attempted: Attempted): Promise<void> {
  try {
    await Promise.all(possibleFiles(attempted).map((file) => files.remove(blobNameOf(attempted, file))));
  } catch {
    // The store is away. The next attempt removes what this one leaves, and what nobody names is nobody's report.
  }
}
