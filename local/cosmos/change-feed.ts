import type { ChangeLog } from "./change-log.ts";
import { badRequest, unsupported } from "./errors.ts";
import type { JsonObject } from "./json.ts";

export type FeedPage = {
  readonly documents: readonly JsonObject[];
  /** From here the next page goes on, also when there was nothing. */
  readonly etag: string;
};

export type FeedRequest = {
  readonly mode: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly limit: number;
};

/**
 * The latest version of every item written since, in the order of writing. Deleted items do not appear.
 * @throws CosmosError 400 or 501
 */
export function changeFeedPage(log: ChangeLog | undefined, lsn: number, request: FeedRequest): FeedPage {
  const { mode, ifNoneMatch, ifModifiedSince, limit } = request;
  if (mode !== "Incremental Feed" && mode !== "Incremental feed") {
    throw unsupported(`the change feed mode ${mode ?? ""}`);
  }
  if (ifNoneMatch === "*") return { documents: [], etag: `"${lsn}"` };
  const since = ifNoneMatch === undefined ? 0 : sequenceNumber(ifNoneMatch);
  const sinceSeconds = ifNoneMatch === undefined ? seconds(ifModifiedSince) : 0;
  const items =
    log?.after(since, limit, ({ document }) => {
      const written = document["_ts"];
      return typeof written === "number" && written >= sinceSeconds;
    }) ?? [];
  const last = items.at(-1);
  return {
    documents: items.map(({ document, lsn: written }) => ({ ...document, _lsn: written })),
    etag: `"${last?.lsn ?? Math.max(since, lsn)}"`,
  };
}

function sequenceNumber(etag: string): number {
  const digits = /^"?(\d{1,15})"?$/.exec(etag)?.[1];
  if (digits === undefined) throw badRequest("The change feed continuation is invalid.");
  return Number(digits);
}

function seconds(httpDate: string | undefined): number {
  if (httpDate === undefined) return 0;
  const time = Date.parse(httpDate);
  if (Number.isNaN(time)) throw badRequest("The start time of the change feed is invalid.");
  return Math.floor(time / 1000);
}
