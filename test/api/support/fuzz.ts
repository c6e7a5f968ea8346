/** Seeded requests that are mostly wrong: a right one with up to three of its parts spoilt. */
import { API_VERSION } from "../../../src/platform/api-version.ts";
import { CUSTOMER, deliveryEvent } from "../../fakes/events.ts";
import type { Random } from "../../fakes/random.ts";
import type { RawRequest } from "./raw-request.ts";

type Draft = {
  method: string;
  path: string;
  readonly query: [name: string, value: string][];
  readonly headers: Record<string, string>;
  body: string | undefined;
};

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
const ENTITLEMENT = `customers/${CUSTOMER}/entitlements/ent-adv`;
/** Of the support request that `fuzz.test.ts` tells of. */
export const REQUEST_NUMBER = "SR-FUZZ";
const REQUEST = `supportRequests/${CUSTOMER}~${REQUEST_NUMBER}`;
const READS = [
  "me",
  "customers",
  `customers/${CUSTOMER}`,
  `customers/${CUSTOMER}/activity`,
  ENTITLEMENT,
  `${ENTITLEMENT}/rows`,
  `customers/${CUSTOMER}/additionalCases`,
  `customers/${CUSTOMER}/reports`,
  `customers/${CUSTOMER}/auditEntries`,
  "supportRequests",
  REQUEST,
  `${REQUEST}/activity`,
  `${REQUEST}/communications`,
  `${REQUEST}/notes`,
  "rejectedEvents",
  "openapi.json",
  "health",
] as const;
const WRITES = [
  "events",
  "events/outcomes",
  `customers/${CUSTOMER}/reports`,
  "rejectedEvents/x/replay",
  "supportRequests",
  `${REQUEST}/notes`,
  `${REQUEST}/shares`,
  `${REQUEST}/contacts`,
] as const;
const PARAMETERS = [
  "top",
  "maxpagesize",
  "cursor",
  "filter",
  "orderby",
  "asOf",
  "workspaces",
  "agreements",
  "packages",
  "packageStatus",
  "status",
  "scope",
  "search",
  "count",
  "customer",
  "api-version",
  "unknown",
  "__proto__",
] as const;
const HEADERS = [
  "accept",
  "content-type",
  "content-encoding",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "range",
  "traceparent",
  "x-ms-client-request-id",
  "repeatability-request-id",
  "x-forwarded-host",
  "x-ms-client-principal",
  "x-http-method-override",
  "cookie",
] as const;
/** Of what is visible and of what a header may hold: the rest is refused before it is sent. */
const SCRAPS = [
  "",
  "0",
  "-1",
  "1e309",
  "9".repeat(40),
  "null",
  "true",
  "*",
  '"',
  "'",
  "' OR 1=1 --",
  "a,b,,c",
  "((((((",
  "quantity gt 1",
  "title eq 'it''s'",
  "quantity asc",
  "2026-03-01T00:00:00Z",
  "9999-99-99T99:99:99Z",
  "application/json",
  "text/html;q=banana",
  'W/"x"',
  "all",
  "../../etc/passwd",
  "%00",
  "%",
  "{{7*7}}",
  "<script>alert(1)</script>",
  "x".repeat(300),
  "constructor",
] as const;
const BODIES = [
  "",
  "{}",
  "[]",
  "null",
  "{",
  '{"receipts":[""]}',
  '{"receipts":[1,null]}',
  '{"agreementId":"agr-t-base","period":{"month":"2026-13"}}',
  '{"agreementId":"agr-t-base","period":{"firstDay":"0000-00-00","lastDay":"9999-12-31"}}',
  '[{"specversion":"1.0"},[],1,"x",null,true]',
  '{"__proto__":{"toString":1}}',
  '{"text":"\u0000"}',
  '{"text":"A note"}',
  '{"email":"somebody@elsewhere.example"}',
  `{"customerId":"${CUSTOMER}","workspaceId":"ws-default","title":1,"severity":"critical"}`,
  `[${"1,".repeat(2_000)}1]`,
] as const;

export function fuzzedRequest(random: Random): RawRequest {
  const isWrite = random.below(3) === 0;
  const draft: Draft = {
    method: isWrite ? "POST" : "GET",
    path: isWrite ? random.pick(WRITES) : random.pick(READS),
    query: [["api-version", API_VERSION]],
    headers: isWrite ? { "content-type": "application/json" } : {},
    body: isWrite ? random.pick(BODIES) : undefined,
  };
  for (let spoilt = random.below(4); spoilt > 0; spoilt -= 1) spoil(draft, random);
  const query = draft.query.map(([name, value]) => `${name}=${value}`).join("&");
  return {
    method: draft.method,
    target: `/api/${draft.path}?${query}`,
    headers: draft.headers,
    ...(draft.body === undefined ? {} : { body: [draft.body] }),
  };
}

function spoil(draft: Draft, random: Random): void {
  const scrap = random.pick(SCRAPS);
  switch (random.below(6)) {
    case 0:
      draft.method = random.pick(METHODS);
      return;
    case 1:
      draft.path = withSegment(draft.path, encodeURIComponent(scrap), random);
      return;
    case 2:
      draft.body = withByteChanged(deliveryEvent(`fuzz-${random.below(1_000)}`), random);
      return;
    case 3:
      draft.headers[random.pick(HEADERS)] = scrap;
      return;
    default:
      // Now and then as it is: a percent sign that starts nothing is for the service to bear.
      draft.query.push([
        random.pick(PARAMETERS),
        random.below(8) === 0 ? rawText(scrap) : encodeURIComponent(scrap),
      ]);
  }
}

/** What a request line can hold without being ended by it. */
const rawText = (text: string): string => text.replaceAll(/[\s"<>{}]/g, "+");

function withSegment(path: string, segment: string, random: Random): string {
  const segments = path.split("/");
  segments[random.below(segments.length + 1)] = segment;
  return segments.join("/");
}

function withByteChanged(text: string, random: Random): string {
  const at = random.below(text.length);
  return `${text.slice(0, at)}${String.fromCodePoint(32 + random.below(95))}${text.slice(at + random.below(3))}`;
}
