/**
 * Where reports are kept: one document each, and one for each series of versions, in the partition of their customer.
 * Promise: `create` writes the report and the new state of its series, both or neither, and a report's id only once;
 * `save` writes only over the version that was read. An error that is thrown leaves it open whether it was written.
 */
import type { Container } from "@azure/cosmos";
import type { CustomerId } from "../agreements/ids.ts";
import { type Query, queryAll, readItem, sql, statusOf, type Versioned } from "../platform/cosmos.ts";
import { type Report, reportSchema } from "./report.ts";
import { type ReportSeries, reportSeriesSchema } from "./report-series.ts";

/** Read at once where only some are wanted. */
const READ_ON_REPORTS = 100;

/** The place of a report in its customer's list. */
type ReportPosition = Pick<Report, "requestedAt" | "id">;

export type ReportStore = {
  readonly read: (customerId: CustomerId, id: string) => Promise<Versioned<Report> | undefined>;
  readonly readSeries: (
    customerId: CustomerId,
    seriesId: string,
  ) => Promise<Versioned<ReportSeries> | undefined>;
  /** @param seriesEtag undefined: there is no such series yet. @returns false when somebody else was faster. */
  readonly create: (report: Report, series: ReportSeries, seriesEtag: string | undefined) => Promise<boolean>;
  /** @returns the new tag, undefined when somebody else was faster. */
  readonly save: (report: Report, etag: string) => Promise<string | undefined>;
  /** Newest first, after a position. */
  readonly page: (customerId: CustomerId, page: ReportPage) => Promise<readonly Report[]>;
  /** Oldest first, at most `limit`: those that are not over and that nobody makes at `now`. */
  readonly waiting: (customerId: CustomerId, now: string, limit: number) => Promise<readonly Report[]>;
};

type ReportPage = {
  readonly after: ReportPosition | undefined;
  readonly limit: number;
  /** Only reports of what was learnt in some of these workspaces; undefined: all reports. */
  readonly workspaceIds?: readonly string[] | undefined;
};

const WAITING = `SELECT TOP @limit * FROM c WHERE c.kind = 'report'
  AND (c.status = 'notStarted' OR (c.status = 'running' AND c.leaseUntil <= @now))
  ORDER BY c.requestedAt, c.id`;

export function cosmosReportStore(container: Container): ReportStore {
  return {
    read: (customerId, id) => readItem(container, id, customerId, reportSchema),
    readSeries: (customerId, seriesId) => readItem(container, seriesId, customerId, reportSeriesSchema),
    create: (report, series, seriesEtag) => create(container, report, series, seriesEtag),
    save: (report, etag) => save(container, report, etag),
    page: (customerId, page) => readPage(container, customerId, page),
    waiting: (customerId, now, limit) =>
      queryAll(container, customerId, sql(WAITING, { now, limit }), reportSchema),
  };
}

/** Reads on where reports name workspaces besides those that are asked for: the store cannot tell without a subquery. */
async function readPage(
  container: Container,
  customerId: CustomerId,
  { workspaceIds, ...page }: ReportPage,
): Promise<readonly Report[]> {
  const found: Report[] = [];
  let { after } = page;
  for (;;) {
    const limit = workspaceIds === undefined ? page.limit : Math.max(page.limit, READ_ON_REPORTS);
    const query = pageQuery({ after, limit }, workspaceIds !== undefined);
    const reports = await queryAll(container, customerId, query, reportSchema);
    found.push(...reports.filter((report) => isOf(report, workspaceIds)));
    after = reports.at(-1);
    if (reports.length < limit || found.length >= page.limit) return found.slice(0, page.limit);
  }
}

function isOf({ scope }: Report, workspaceIds: readonly string[] | undefined): boolean {
  if (workspaceIds === undefined) return true;
  if (scope.reportKind !== "education") return false;
  return scope.workspaceIds?.every((id) => workspaceIds.includes(id)) ?? false;
}

function pageQuery({ after, limit }: ReportPage, ofWorkspaces: boolean): Query {
  const conditions = [
    "c.kind = 'report'",
    ...(ofWorkspaces ? ["IS_ARRAY(c.scope.workspaceIds)"] : []),
    ...(after === undefined
      ? []
      : ["(c.requestedAt < @requestedAt OR (c.requestedAt = @requestedAt AND c.id < @id))"]),
  ];
  return sql(
    `SELECT TOP @limit * FROM c WHERE ${conditions.join(" AND ")} ORDER BY c.requestedAt DESC, c.id DESC`,
    { limit, ...(after === undefined ? {} : { requestedAt: after.requestedAt, id: after.id }) },
  );
}

async function create(
  container: Container,
  report: Report,
  series: ReportSeries,
  seriesEtag: string | undefined,
): Promise<boolean> {
  const seriesBody = Object.fromEntries(Object.entries(series));
  const { result, code } = await container.items.batch(
    [
      { operationType: "Create", resourceBody: Object.fromEntries(Object.entries(report)) },
      seriesEtag === undefined
        ? { operationType: "Create", resourceBody: seriesBody }
        : { operationType: "Replace", id: series.id, ifMatch: seriesEtag, resourceBody: seriesBody },
    ],
    report.customerId,
  );
  const results = result ?? [];
  const refusal = results.find(({ statusCode }) => statusCode >= 400 && statusCode !== 424);
  if (refusal === undefined && results.length === 2) return true;
  const status = refusal?.statusCode ?? code;
  if (status === 409 || status === 412) return false;
  throw Object.assign(new Error(`the store refused a report with status ${status}`), { code: status });
}

async function save(container: Container, report: Report, etag: string): Promise<string | undefined> {
  try {
    const accessCondition = { type: "IfMatch", condition: etag };
    const response = await container.item(report.id, report.customerId).replace(report, { accessCondition });
    return response.etag;
  } catch (error) {
    if (statusOf(error) === 412) return undefined;
    throw error;
  }
}
