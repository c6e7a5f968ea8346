/**
 * The versions of one report: same scope and period. Pure.
 * Invariants: versions count from 1 without a gap, because a version and its report are created in one transaction; the
 * same request is the same version however often it is repeated.
 */
import * as z from "zod";
import { type CustomerId, customerIdSchema } from "../agreements/ids.ts";
import { digest } from "../consumption/entry.ts";
import { type Period, periodText } from "./period.ts";
import { type ReportId, reportIdSchema } from "./report.ts";
import { type ReportScope, scopeText } from "./report-scope.ts";

/** Versions of one report; each is a request of a person, or a repair. */
export const VERSIONS_MAX = 100;

export const reportSeriesSchema = z.object({
  id: z.string(),
  customerId: customerIdSchema,
  kind: z.literal("reportSeries"),
  lastVersion: z.int().min(0),
  /** Version by request. */
  requests: z.record(z.string(), z.int().min(1)),
});
export type ReportSeries = z.infer<typeof reportSeriesSchema>;

/** Digested, because an agreement's id may be longer than what is left of an id here. */
export function seriesIdOf(scope: ReportScope, period: Period): string {
  return `reportSeries-${digest(scopeText(scope))}-${periodText(period)}`;
}

export function reportIdOf(scope: ReportScope, period: Period, version: number): ReportId {
  return reportIdSchema.parse(`${scopeText(scope)}-${periodText(period)}-v${version}`);
}

export type Allocation =
  | { readonly outcome: "known"; readonly version: number }
  | { readonly outcome: "allocated"; readonly version: number; readonly series: ReportSeries }
  | { readonly outcome: "full" };

export function allocate(
  series: ReportSeries | undefined,
  identity: { readonly id: string; readonly customerId: CustomerId },
  request: { readonly requestKey: string; readonly onlyFirst?: boolean | undefined },
): Allocation {
  const key = digest(request.requestKey);
  const isThere = request.onlyFirst === true && series !== undefined;
  const known = isThere ? 1 : series?.requests[key];
  if (known !== undefined) return { outcome: "known", version: known };
  const version = (series?.lastVersion ?? 0) + 1;
  if (version > VERSIONS_MAX) return { outcome: "full" };
  const requests = { ...series?.requests, [key]: version };
  return {
    outcome: "allocated",
    version,
    series: { ...identity, kind: "reportSeries", lastVersion: version, requests },
  };
}
