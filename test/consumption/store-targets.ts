import { randomUUID } from "node:crypto";
import { CosmosClient } from "@azure/cosmos";
import { startCosmos } from "../../local/cosmos/server.ts";
import type { FaultSource } from "../../local/faults.ts";
import { createCosmosResources, readResources } from "../../local/resources.ts";
import { cosmosDirectoryStore } from "../../src/access/directory-store.ts";
import { cosmosPersonStore } from "../../src/access/person-store.ts";
import { cosmosCustomerStore } from "../../src/agreements/customer-store.ts";
import { cosmosLedgerStore } from "../../src/consumption/ledger-store.ts";
import type { RecorderStores } from "../../src/consumption/record.ts";
import { cosmosRejectedEventStore } from "../../src/consumption/rejected-event-store.ts";
import { memoryStores } from "../fakes/memory-stores.ts";

type OpenStores = { readonly stores: RecorderStores; readonly close: () => Promise<void> };

/** What keeps the stores' promises: memory, the stand-in, and an account where the environment names one. */
export type StoreTarget = { readonly name: string; readonly open: () => Promise<OpenStores> };

const endpoint = process.env["COSMOS_CONFORMANCE_ENDPOINT"];
const key = process.env["COSMOS_CONFORMANCE_KEY"];

export const storeTargets: readonly StoreTarget[] = [
  { name: "memory", open: async () => ({ stores: memoryStores(), close: async () => {} }) },
  ...[1, 3].map((ranges) => ({
    name: `the Cosmos DB stand-in, ${ranges} physical partition(s)`,
    open: () => openStandIn(ranges),
  })),
  ...(endpoint === undefined || key === undefined
    ? []
    : [{ name: "the account of the environment", open: () => openAccount({ endpoint, key }) }]),
];

async function openStandIn(ranges: number): Promise<OpenStores> {
  const server = await startCosmos({ port: 0, ranges });
  const { stores, close } = await openAccount(server);
  return {
    stores,
    close: async () => {
      await close();
      await server.close();
    },
  };
}

/** A database of its own with the containers of production; `close` removes it. */
async function openAccount(connection: {
  readonly endpoint: string;
  readonly key: string;
}): Promise<OpenStores> {
  const database = await createDatabase(connection);
  const client = new CosmosClient(connection);
  return {
    stores: cosmosStores(client, database),
    close: async () => {
      await client.database(database).delete();
      client.dispose();
    },
  };
}

async function createDatabase(connection: {
  readonly endpoint: string;
  readonly key: string;
}): Promise<string> {
  const { cosmos } = await readResources(new URL("../../infra/resources.json", import.meta.url).pathname);
  const database = `contract-${randomUUID()}`;
  await createCosmosResources(connection, { ...cosmos, database });
  return database;
}

function cosmosStores(client: CosmosClient, databaseId: string): RecorderStores {
  const database = client.database(databaseId);
  return {
    store: cosmosLedgerStore(database.container("ledgers")),
    customers: cosmosCustomerStore(database.container("customers")),
    people: cosmosPersonStore(database.container("people")),
    directory: cosmosDirectoryStore(database.container("customers")),
    rejectedEvents: cosmosRejectedEventStore(database.container("rejectedEvents")),
  };
}

export type FaultyCosmos = {
  /** Stores in a database of their own. */
  readonly freshStores: () => Promise<RecorderStores>;
  readonly close: () => Promise<void>;
};

/** A stand-in whose faults are decided request by request, and a client that leaves trying again to the queue. */
export async function openFaultyCosmos(faults: FaultSource): Promise<FaultyCosmos> {
  const server = await startCosmos({ port: 0, ranges: 1, faults });
  const client = new CosmosClient({
    endpoint: server.endpoint,
    key: server.key,
    connectionPolicy: {
      enableEndpointDiscovery: false,
      retryOptions: { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0 },
    },
  });
  return {
    freshStores: async () => cosmosStores(client, await createDatabase(server)),
    close: async () => {
      client.dispose();
      await server.close();
    },
  };
}
