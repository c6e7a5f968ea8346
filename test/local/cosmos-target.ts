import { createHmac, randomUUID } from "node:crypto";
import { type Container, type ContainerDefinition, CosmosClient, type Database } from "@azure/cosmos";
import { type CosmosSettings, startCosmos } from "../../local/cosmos/server.ts";

/**
 * What the conformance tests run against: the stand-in with one and with three physical partitions or, when
 * COSMOS_CONFORMANCE_ENDPOINT and COSMOS_CONFORMANCE_KEY are set, the account that they name.
 */
export type Target = {
  readonly name: string;
  readonly standIn: boolean;
  readonly open: () => Promise<Opened>;
};

export type RawResponse = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
};

export type Opened = {
  readonly endpoint: string;
  readonly key: string;
  readonly client: CosmosClient;
  readonly database: Database;
  readonly container: (definition?: Partial<ContainerDefinition>) => Promise<Container>;
  readonly close: () => Promise<void>;
};

const endpoint = process.env["COSMOS_CONFORMANCE_ENDPOINT"];
const key = process.env["COSMOS_CONFORMANCE_KEY"];

export const targets: readonly Target[] =
  endpoint !== undefined && key !== undefined
    ? [{ name: "the service", standIn: false, open: () => openAccount(endpoint, key, async () => undefined) }]
    : [1, 3].map((ranges) => ({
        name: `the stand-in with ${ranges} physical partition(s)`,
        standIn: true,
        open: async () => {
          const server = await startCosmos({ port: 0, ranges });
          return openAccount(server.endpoint, server.key, server.close);
        },
      }));

/** A stand-in with settings of its own, for what cannot be asked of the service. */
export async function openStandIn(
  settings: Omit<CosmosSettings, "port"> = {},
): Promise<Opened & { readonly server: Awaited<ReturnType<typeof startCosmos>> }> {
  const server = await startCosmos({ port: 0, ...settings });
  return { ...(await openAccount(server.endpoint, server.key, server.close)), server };
}

/** Gives up at once: the tests decide what is tried again. */
export function impatientClient(address: string, secret: string): CosmosClient {
  return new CosmosClient({
    endpoint: address,
    key: secret,
    connectionPolicy: {
      enableEndpointDiscovery: false,
      retryOptions: {
        maxRetryAttemptCount: 0,
        fixedRetryIntervalInMilliseconds: 0,
        maxWaitTimeInSeconds: 0,
      },
    },
  });
}

async function openAccount(address: string, secret: string, stop: () => Promise<void>): Promise<Opened> {
  const client = new CosmosClient({ endpoint: address, key: secret });
  const { database } = await client.databases.createIfNotExists({ id: uniqueId("conformance") });
  return {
    endpoint: address,
    key: secret,
    client,
    database,
    container: async (definition = {}) => {
      const created = await database.containers.create({
        id: uniqueId("container"),
        partitionKey: { paths: ["/pk"] },
        ...definition,
      });
      return created.container;
    },
    close: async () => {
      await database.delete();
      client.dispose();
      await stop();
    },
  };
}

export const uniqueId = (prefix = "id"): string => `${prefix}-${randomUUID().slice(0, 8)}`;

/** The status of what a promise was rejected with; the SDK puts it in `code`, and a batch's in its cause. */
export async function rejectionStatus(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return statusOf(error);
  }
  throw new Error("expected a rejection");
}

function statusOf(error: unknown): unknown {
  if (typeof error !== "object" || error === null) return error;
  if ("code" in error) return error.code;
  return "cause" in error ? statusOf(error.cause) : undefined;
}

/** A signed request by hand, for what the SDK would not send or does not show. */
export async function rawRequest(
  { endpoint: address, key: secret }: { readonly endpoint: string; readonly key: string },
  method: string,
  path: string,
  options: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly date?: Date;
    readonly unsigned?: boolean;
  } = {},
): Promise<RawResponse> {
  const date = (options.date ?? new Date()).toUTCString();
  const segments = path.split("/").filter((segment) => segment !== "");
  const isFeed = segments.length % 2 === 1;
  const type = (isFeed ? segments.at(-1) : segments.at(-2)) ?? "";
  const link = (isFeed ? segments.slice(0, -1) : segments).join("/");
  const signature = createHmac("sha256", Buffer.from(secret, "base64"))
    .update(`${method.toLowerCase()}\n${type}\n${link}\n${date.toLowerCase()}\n\n`)
    .digest("base64");
  const authorization = encodeURIComponent(`type=master&ver=1.0&sig=${signature}`);
  const response = await fetch(new URL(path, address), {
    method,
    headers: {
      "x-ms-date": date,
      "x-ms-version": "2020-07-15",
      ...(options.unsigned === true ? {} : { authorization }),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  return { status: response.status, headers: response.headers, body: await response.text() };
}
