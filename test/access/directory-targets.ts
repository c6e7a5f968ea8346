import { randomUUID } from "node:crypto";
import { CosmosClient } from "@azure/cosmos";
import { startCosmos } from "../../local/cosmos/server.ts";
import { createCosmosResources, readResources } from "../../local/resources.ts";
import { type AuditStore, cosmosAuditStore } from "../../src/access/audit-store.ts";
import { cosmosDirectoryStore, type DirectoryStore } from "../../src/access/directory-store.ts";
import { type CustomerStore, cosmosCustomerStore } from "../../src/agreements/customer-store.ts";
import { memoryStores } from "../fakes/memory-stores.ts";

type DirectoryStores = {
  readonly directory: DirectoryStore;
  readonly audit: AuditStore;
  readonly customers: CustomerStore;
};

type Opened = { readonly stores: DirectoryStores; readonly close: () => Promise<void> };

/** What keeps the promises: memory, the stand-in, and an account where the environment names one. */
type DirectoryTarget = {
  readonly name: string;
  /** Whether conditions of a caller can be asked of it. */
  readonly hasFilters: boolean;
  readonly open: () => Promise<Opened>;
};

const endpoint = process.env["COSMOS_CONFORMANCE_ENDPOINT"];
const key = process.env["COSMOS_CONFORMANCE_KEY"];

export const directoryTargets: readonly DirectoryTarget[] = [
  {
    name: "memory",
    hasFilters: false,
    open: async () => ({ stores: memoryStores(), close: async () => {} }),
  },
  ...[1, 3].map((ranges) => ({
    name: `the Cosmos DB stand-in, ${ranges} physical partition(s)`,
    hasFilters: true,
    open: () => openStandIn(ranges),
  })),
  ...(endpoint === undefined || key === undefined
    ? []
    : [
        {
          name: "the account of the environment",
          hasFilters: true,
          open: () => openAccount({ endpoint, key }),
        },
      ]),
];

async function openStandIn(ranges: number): Promise<Opened> {
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
async function openAccount(connection: { readonly endpoint: string; readonly key: string }): Promise<Opened> {
  const { cosmos } = await readResources(new URL("../../infra/resources.json", import.meta.url).pathname);
  const database = `directory-${randomUUID()}`;
  await createCosmosResources(connection, { ...cosmos, database });
  const client = new CosmosClient(connection);
  const container = client.database(database).container("customers");
  return {
    stores: {
      directory: cosmosDirectoryStore(container),
      audit: cosmosAuditStore(container),
      customers: cosmosCustomerStore(container),
    },
    close: async () => {
      await client.database(database).delete();
      client.dispose();
    },
  };
}
