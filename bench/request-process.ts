/**
 * Measures the CPU time of requests and tells it: `node request-process.ts TURNS`. In a process of its own, because the
 * library keeps for good the first core module that it finds. The cases take turns, so that whatever else the machine
 * does meets all alike; request and conversion are the same for all, and what differs is the handler and nothing else.
 */
import { randomUUID } from "node:crypto";
import { CosmosClient } from "@azure/cosmos";
import * as z from "zod";
import { startCosmos } from "../local/cosmos/server.ts";
import { provideCoreModule } from "../local/functions-host/core-module.ts";
import { traceContextFrom } from "../local/functions-host/invocation.ts";
import { createCosmosResources, readResources } from "../local/resources.ts";
import { type RunningTokens, startTokens } from "../local/tokens/server.ts";
import { ADMIN_EMAIL, agreementEvent, CUSTOMER } from "./events.ts";
import { repositoryPath } from "./processes.ts";
import { SETTINGS } from "./settings.ts";
import { median } from "./statistics.ts";

/** By then the engine and the caches know all that they will, as in an instance that has run for a while. */
const WARM_UP_TURNS = 30;
const REQUESTS_OF_A_TURN = 100;
/** Each of these has a token of its own, signed for it. */
const FIRST_REQUESTS_OF_A_TURN = 10;
const VERSION = "2026-11-01";
const STATUS_OK = "200";

/** What a browser sends beside its token. */
const HEADERS = {
  host: "api.example",
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
  accept: "application/json",
  "accept-language": "en-US,en;q=0.5",
  "accept-encoding": "gzip, deflate, br, zstd",
  origin: "https://portal.example",
  referer: "https://portal.example/",
  connection: "keep-alive",
};

const [turns] = z.tuple([z.coerce.number().int().min(1)]).parse(process.argv.slice(2));

// Nothing may load the library before this.
const registry = provideCoreModule(() => undefined);
const { app: library } = await import("@azure/functions");
const { customerEndpoints } = await import("../functions/http/customers.ts");
const { meEndpoints } = await import("../functions/http/me.ts");
const { customerIdSchema } = await import("../src/agreements/ids.ts");
const { readConfig } = await import("../src/platform/config.ts");
const { wire } = await import("../src/platform/wiring.ts");
const { createAuthorize } = await import("../src/access/grant.ts");
const { cosmosPersonStore } = await import("../src/access/person-store.ts");
const { registerEndpoints } = await import("../src/platform/registration.ts");
const { createTokenVerifier } = await import("../src/platform/tokens.ts");
const { recordAll } = await import("./app.ts");

/** The real edge over stores that hold what the product recorded, read once. */
async function register({ issuer, audience, jwksUrl }: RunningTokens): Promise<void> {
  await using cosmos = await startStore();
  const config = readConfig({ ...SETTINGS, COSMOS_ENDPOINT: cosmos.endpoint, COSMOS_KEY: cosmos.key });
  const app = wire(config);
  await recordAll(app, [agreementEvent()]);
  const customer = await app.customers.read(customerIdSchema.parse(CUSTOMER));
  const { endpoint, key, database } = config.cosmos;
  const client = new CosmosClient({ endpoint, ...(key !== undefined && { key }) });
  const people = cosmosPersonStore(client.database(database).container("people"));
  const person = await people.read(ADMIN_EMAIL);
  client.dispose();
  library.http("bare", { route: "bare", handler: () => ({ status: 200, body: "{}" }) });
  const customers = { ...app.customers, read: async () => customer };
  registerEndpoints([...meEndpoints(app), ...customerEndpoints({ ...app, customers })], {
    verifier: createTokenVerifier({ issuer, audience, jwksUrl: new URL(jwksUrl) }),
    authorize: createAuthorize(async () => person?.value),
    now: () => new Date(),
    newRequestId: randomUUID,
    validateResponses: false,
  });
}

async function startStore() {
  const server = await startCosmos({ port: 0 });
  const { cosmos } = await readResources(repositoryPath("infra/resources.json"));
  await createCosmosResources(server, cosmos);
  return { endpoint: server.endpoint, key: server.key, [Symbol.asyncDispose]: () => server.close() };
}

type Invoke = (token: string) => Promise<void>;

/** As the worker of the platform runs an HTTP function, without the worker. @throws Error unless it answers 200. */
function invokerOf(name: string, path: string, params: Readonly<Record<string, string>> = {}): Invoke {
  const model = registry.model();
  const registered = registry.functions.get(name);
  if (model === undefined || registered === undefined) throw new Error(`there is no function ${name}`);
  const { metadata, callback } = registered;
  const [binding] = Object.entries(metadata.bindings).find(([, { type }]) => type === "httpTrigger") ?? [""];
  const traceContext = traceContextFrom(undefined, undefined);
  return async (token) => {
    const http = {
      method: "GET",
      url: `https://api.example/api/${path}?api-version=${VERSION}`,
      nullableHeaders: valuesOf({ ...HEADERS, authorization: `Bearer ${token}` }),
      nullableParams: valuesOf(params),
      nullableQuery: valuesOf({ "api-version": VERSION }),
    };
    const ids = { invocationId: randomUUID(), functionId: name };
    const inputData = [{ name: binding, data: { http } }];
    const invocation = model.getInvocationModel({
      invocationId: ids.invocationId,
      request: { ...ids, traceContext, triggerMetadata: {}, inputData },
      metadata: { ...metadata, functionId: name },
      state: undefined,
      log: () => undefined,
    });
    const { context, inputs } = await invocation.getArguments();
    const result = await invocation.invokeFunction(context, inputs, callback);
    const { returnValue } = await invocation.getResponse(context, result);
    const status = returnValue?.http?.statusCode;
    if (status !== STATUS_OK) throw new Error(`${name} answered ${status}`);
  };
}

function valuesOf(record: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, { value }]));
}

/** Of one request, on all threads. */
async function cpuMicroseconds(invoke: Invoke, tokens: readonly string[]): Promise<number> {
  const before = process.cpuUsage();
  for (const token of tokens) await invoke(token);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / tokens.length;
}

const issuer = await startTokens({ port: 0, audience: SETTINGS["TOKEN_AUDIENCE"] ?? "" });
await register(issuer);
let minted = 0;
const newToken = () => issuer.tokenFor({ email: ADMIN_EMAIL, name: `Administrator ${minted++}` });
const token = await newToken();
const known = Array.from({ length: REQUESTS_OF_A_TURN }, () => token);
const getMe = invokerOf("getMe", "me");
const cases = {
  bare: { invoke: invokerOf("bare", "me"), tokens: async () => known },
  getMe: { invoke: getMe, tokens: async () => known },
  getCustomer: {
    invoke: invokerOf("getCustomer", `customers/${CUSTOMER}`, { customerId: CUSTOMER }),
    tokens: async () => known,
  },
  firstOfToken: {
    invoke: getMe,
    tokens: () => Promise.all(Array.from({ length: FIRST_REQUESTS_OF_A_TURN }, newToken)),
  },
};
const costs = new Map<string, number[]>();
for (let turn = -WARM_UP_TURNS; turn < turns; turn++) {
  for (const [name, { invoke, tokens }] of Object.entries(cases)) {
    const cost = await cpuMicroseconds(invoke, await tokens());
    if (turn >= 0) costs.set(name, [...(costs.get(name) ?? []), cost]);
  }
}
await issuer.close();
console.log(JSON.stringify(Object.fromEntries([...costs].map(([name, list]) => [name, median(list)]))));
