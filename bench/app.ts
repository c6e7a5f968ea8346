/**
 * The product's own app, wired to a Cosmos DB stand-in in this process that tells of every request. What is counted here
 * is what the real SDK sent; what is charged is the stand-in's formula and never a measurement.
 */
import { HttpRequest, InvocationContext } from "@azure/functions";
import * as z from "zod";
import { activityEndpoints } from "../functions/http/activity.ts";
import { additionalCaseEndpoints } from "../functions/http/additional-cases.ts";
import { entitlementEndpoints } from "../functions/http/entitlements.ts";
import { historyEndpoints } from "../functions/http/history.ts";
import { supportRequestDetailEndpoints } from "../functions/http/support-request-details.ts";
import { supportRequestEndpoints } from "../functions/http/support-requests.ts";
import { type RequestRecord, startCosmos } from "../local/cosmos/server.ts";
import { createCosmosResources, readResources } from "../local/resources.ts";
import type { Grant } from "../src/access/grant.ts";
import { readConfig } from "../src/platform/config.ts";
import { toHandler } from "../src/platform/edge.ts";
import type { Endpoint } from "../src/platform/endpoint.ts";
import type { Principal } from "../src/platform/tokens.ts";
import { type App, wire } from "../src/platform/wiring.ts";
import { ADMIN_EMAIL, agreementEvent, deliveryEvent, NOW, type Target } from "./events.ts";
import { repositoryPath } from "./processes.ts";
import { SETTINGS } from "./settings.ts";

const user = (email: string): Principal => ({
  kind: "user",
  subject: "bench",
  email,
  roles: [],
  isPersonalAccount: false,
});

/** Most events that one transaction takes beside their roll-up. */
export const BATCH = 99;

export type Cost = {
  readonly roundTrips: number;
  /** Those that documents were asked for or written by: without metadata and query plans. */
  readonly calls: number;
  readonly queries: number;
  readonly requestUnits: number;
  readonly bytesRead: number;
  /** Items that the queries looked at, whether or not they matched. */
  readonly examined: number;
};
export type Answer = {
  readonly status: number;
  readonly bytes: number;
  readonly nextLink: string | undefined;
};

export type BenchApp = AsyncDisposable & {
  readonly app: App;
  /** Everything that was asked of the store meanwhile, metadata and query plans included. */
  readonly costOf: (run: () => Promise<unknown>) => Promise<Cost>;
  /** The same store as a new instance of the app sees it. */
  readonly newInstance: () => Pick<BenchApp, "get">;
  /** Calls a GET endpoint through the edge, as the customer's services admin unless somebody else is named. */
  readonly get: (
    name:
      | "getActivity"
      | "getEntitlement"
      | "getEntitlementHistory"
      | "listEntitlementRows"
      | "listEntitlementCases"
      | "listAdditionalCases"
      | "listAdditionalCaseRows"
      | "listSupportRequests"
      | "getSupportRequest",
    query: Query,
  ) => Promise<Answer>;
};

type Query = {
  readonly params: Readonly<Record<string, string>>;
  readonly search?: Readonly<Record<string, string>>;
  /** Address of the caller. */
  readonly caller?: string;
};

export async function startApp(): Promise<BenchApp> {
  const requests: RequestRecord[] = [];
  const server = await startCosmos({ port: 0, onRequest: (request) => requests.push(request) });
  await using starting = new AsyncDisposableStack();
  starting.defer(() => server.close());
  const resources = await readResources(repositoryPath("infra/resources.json"));
  await createCosmosResources(server, resources.cosmos);
  const config = readConfig({ ...SETTINGS, COSMOS_ENDPOINT: server.endpoint, COSMOS_KEY: server.key });
  const app = wire(config);
  const started = starting.move();
  return {
    app,
    costOf: async (run) => {
      requests.length = 0;
      await run();
      return sumOf(requests);
    },
    newInstance: () => ({ get: getterOf(wire(config)) }),
    get: getterOf(app),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** What is not there or there already is an outcome; a 400 is how the client learns that a query over partitions needs its plan. */
const isUsual = ({ status, operation }: RequestRecord): boolean =>
  status < 400 || status === 404 || status === 409 || (status === 400 && operation === "query");

const ABOUT_THE_STORE: ReadonlySet<RequestRecord["operation"]> = new Set([
  "account",
  "database",
  "container",
  "pkranges",
  "queryPlan",
]);

function sumOf(requests: readonly RequestRecord[]): Cost {
  const refused = requests.find((request) => !isUsual(request));
  if (refused !== undefined)
    throw new Error(`the store answered ${refused.operation} with ${refused.status}`);
  return {
    roundTrips: requests.length,
    calls: requests.filter(({ operation }) => !ABOUT_THE_STORE.has(operation)).length,
    queries: requests.filter(({ operation }) => operation === "query").length,
    requestUnits: requests.reduce((sum, { charge }) => sum + charge, 0),
    bytesRead: requests.reduce((sum, { responseBytes }) => sum + responseBytes, 0),
    examined: requests.reduce((sum, { examined }) => sum + examined, 0),
  };
}

const linkSchema = z.object({ nextLink: z.url().optional() }).transform(({ nextLink }) => ({ nextLink }));

function getterOf(app: App): BenchApp["get"] {
  const endpoints = [
    ...activityEndpoints(app),
    ...entitlementEndpoints(app),
    ...historyEndpoints(app),
    ...additionalCaseEndpoints(app),
    ...supportRequestEndpoints(app),
    ...supportRequestDetailEndpoints(app),
  ];
  return (name, query) => get(app, endpoints, name, query);
}

async function get(
  app: App,
  endpoints: readonly Endpoint<Grant>[],
  name: string,
  { params, search = {}, caller = ADMIN_EMAIL }: Query,
): Promise<Answer> {
  const endpoint = endpoints.find(({ contract }) => contract.name === name);
  if (endpoint === undefined) throw new Error(`no endpoint ${name}`);
  const handler = toHandler(endpoint, {
    verifier: { verify: async () => user(caller) },
    authorize: app.authorize,
    now: () => new Date(NOW),
    newRequestId: () => "bench",
    validateResponses: false,
  });
  const query = new URLSearchParams({ "api-version": "2026-11-01", ...search });
  const route = endpoint.contract.route.replaceAll(/\{(\w+)\}/g, (_, part: string) => params[part] ?? "");
  const url = `https://api.example/api/${route}?${query.toString()}`;
  const context = new InvocationContext({ logHandler: () => undefined });
  const { status = 200, body } = await handler(new HttpRequest({ method: "GET", url, params }), context);
  if (status !== 200 || typeof body !== "string") throw new Error(`${name} answered ${status}`);
  return { status, bytes: Buffer.byteLength(body), ...linkSchema.parse(JSON.parse(body)) };
}

/** @throws Error when one of them is not recorded: a rejected event costs something else. */
export async function recordAll(
  { recorder }: Pick<App, "recorder">,
  bodies: readonly string[],
): Promise<void> {
  const outcomes = await recorder.record(bodies);
  const other = outcomes.find(({ status }) => status !== "recorded");
  if (other !== undefined) throw new Error(`an event was ${JSON.stringify(other)}`);
}

export async function recordAgreement({ app }: BenchApp): Promise<void> {
  await recordAll(app, [agreementEvent()]);
}

/** Records the deliveries `from` up to, not including, `to` of one target. */
export async function recordDeliveries(
  { app }: BenchApp,
  target: Target,
  from: number,
  to: number,
): Promise<void> {
  for (let start = from; start < to; start += BATCH) {
    const count = Math.min(BATCH, to - start);
    await recordAll(
      app,
      Array.from({ length: count }, (_, index) => deliveryEvent(target, start + index)),
    );
  }
}
