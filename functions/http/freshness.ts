/**
 * `waitFor` on reads of consumption and of support requests: the same parameters and headers for all of them. They are
 * headers, because a body, and so its tag, must not differ by how long somebody waited for it; links in a body do not wait
 * again.
 */
import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import type { Grant } from "../../src/access/grant.ts";
import {
  AWAITED_MAX,
  createWaiting,
  mayKnowAt,
  openReceipts,
  WAIT_SECONDS_DEFAULT,
  WAIT_SECONDS_MAX,
} from "../../src/consumption/freshness.ts";
import { customerOfReceipt, type Receipt } from "../../src/consumption/receipt.ts";
import type { Contract } from "../../src/platform/contract.ts";
import type { Endpoint, RawRequest } from "../../src/platform/endpoint.ts";
import { InvalidRequestError, NotFoundError } from "../../src/platform/errors.ts";
import { commaList, parseQuery } from "../../src/platform/query.ts";
import type { App } from "../../src/platform/wiring.ts";
import { requestIdOf } from "../../src/support/request.ts";

const freshnessQuery = {
  waitFor: commaList(z.string().min(1), AWAITED_MAX)
    .optional()
    .meta({
      description: `Receipts of events, at most ${AWAITED_MAX}, separated by commas: the answer comes when all of them are visible in it.`,
    }),
  waitSeconds: z
    .string()
    .refine((text) => /^\d{1,2}$/.test(text), `must be a whole number from 1 to ${WAIT_SECONDS_MAX}`)
    .transform(Number)
    .pipe(z.int().min(1).max(WAIT_SECONDS_MAX))
    .optional()
    .meta({
      type: "integer",
      minimum: 1,
      maximum: WAIT_SECONDS_MAX,
      description: `The longest wait, with \`waitFor\`. Default ${WAIT_SECONDS_DEFAULT}. When many wait, the answer may come sooner.`,
    }),
};
const freshnessSchema = z.object(freshnessQuery);

const freshnessHeaders = {
  Freshness:
    "With `waitFor`: `reached` (all of the events are visible), `rejected` (it is decided of all of them, and at least one was rejected) or `timedOut` (what is there is shown).",
  "Freshness-Waited-Milliseconds": "With `waitFor`: how long the answer was held back.",
};

type Wrap = (endpoint: Endpoint<Grant>) => Endpoint<Grant>;
/** Whether the caller may know of the event of a receipt. @throws NotFoundError where what is read is not there. */
type MayKnow = (request: RawRequest<Grant>) => (receipt: Receipt) => boolean;

/**
 * @returns what makes a read wait for events that it is to show: one of a customer's consumption, and one of support
 * requests; both count whom they hold back as one.
 */
export function freshReads(app: Pick<App, "ingest">): {
  readonly ofCustomer: Wrap;
  readonly ofRequests: Wrap;
} {
  const waitFor = createWaiting(app.ingest, {
    elapsedMs: () => performance.now(),
    pause: async (ms) => {
      await pause(ms);
    },
  });
  const { signingKey } = app.ingest;
  const freshBy =
    (mayKnow: MayKnow): Wrap =>
    ({ contract, handle }) => {
      const query = (contract.query ?? z.object({})).extend(freshnessQuery);
      return {
        contract: { ...contract, query, responses: withHeaders(contract) },
        handle: async (request) => {
          const { search, now } = request;
          // Anything that is wrong with the query is said before waiting.
          parseQuery(query, search);
          const { waitFor: texts, waitSeconds } = freshnessSchema.parse(Object.fromEntries(search));
          if (texts === undefined) {
            if (waitSeconds !== undefined) throw withoutReceipts();
            return handle(request);
          }
          const receipts = openReceipts(texts, mayKnow(request), { signingKey, now });
          const waitMs = (waitSeconds ?? WAIT_SECONDS_DEFAULT) * 1_000;
          const { status, waitedMilliseconds } = await waitFor(receipts, now, waitMs);
          const answer = await handle({ ...request, ...withoutWaiting(request.url) });
          const headers = { freshness: status, "freshness-waited-milliseconds": String(waitedMilliseconds) };
          return { ...answer, headers: { ...answer.headers, ...headers } };
        },
      };
    };
  const ofRequests = freshBy(knownOfRequests);
  return {
    ofCustomer: freshBy(knownAtCustomer),
    ofRequests: (endpoint) => (isRequestRead(endpoint.contract) ? ofRequests(endpoint) : endpoint),
  };
}

const knownAtCustomer: MayKnow = ({ params, grant }) => {
  const customerId = params["customerId"];
  if (grant === undefined || customerId === undefined) throw new NotFoundError("no customer");
  return mayKnowAt(customerId, grant.scope);
};

/** What was told of the request that is read, or of any request of customers that the caller belongs to. */
const knownOfRequests: MayKnow = ({ params, grant }) => {
  const requestId = params["requestId"];
  return (receipt) => {
    const { n: number } = receipt;
    const customerId = customerOfReceipt(receipt);
    if (number === undefined || grant?.customers.has(customerId) !== true) return false;
    return requestId === undefined || requestId === requestIdOf({ customerId, number });
  };
};

const isRequestRead = ({ method, route }: Contract): boolean =>
  method === "GET" && route.split("/")[0] === "supportRequests";

const withoutReceipts = (): InvalidRequestError =>
  new InvalidRequestError("InvalidQueryParameterValue", "waitSeconds: has a meaning with waitFor only.", {
    target: "waitSeconds",
  });

function withoutWaiting(url: URL): { readonly url: URL; readonly search: URLSearchParams } {
  const plain = new URL(url);
  for (const name of Object.keys(freshnessQuery)) plain.searchParams.delete(name);
  return { url: plain, search: plain.searchParams };
}

function withHeaders({ name, responses }: Contract): Contract["responses"] {
  const success = responses[200];
  if (success === undefined) throw new RangeError(`Endpoint ${name} gives no 200 that could wait.`);
  return { ...responses, 200: { ...success, headers: { ...success.headers, ...freshnessHeaders } } };
}
