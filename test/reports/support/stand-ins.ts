import { randomUUID } from "node:crypto";
import { CosmosClient } from "@azure/cosmos";
import { BlobServiceClient } from "@azure/storage-blob";
import { startBlob } from "../../../local/blob/server.ts";
import { startCosmos } from "../../../local/cosmos/server.ts";
import type { FaultSource } from "../../../local/faults.ts";
import { createCosmosResources, readResources } from "../../../local/resources.ts";
import { cosmosDirectoryStore } from "../../../src/access/directory-store.ts";
import { cosmosPersonStore } from "../../../src/access/person-store.ts";
import { cosmosCustomerStore } from "../../../src/agreements/customer-store.ts";
import { cosmosActivityStore } from "../../../src/consumption/activity-store.ts";
import { cosmosLedgerStore } from "../../../src/consumption/ledger-store.ts";
import { cosmosRejectedEventStore } from "../../../src/consumption/rejected-event-store.ts";
import { blobReportFiles, type ReportFiles } from "../../../src/reports/report-files.ts";
import { cosmosReportStore, type ReportStore } from "../../../src/reports/report-store.ts";
import { type World, worldOf } from "./world.ts";

const RESOURCES = new URL("../../../infra/resources.json", import.meta.url);

export type StandIns = {
  /** A new, empty database and blob container. */
  readonly world: () => Promise<World>;
  readonly reports: () => Promise<ReportStore>;
  readonly files: () => Promise<ReportFiles>;
  readonly close: () => Promise<void>;
};

/** The real stores on the stand-ins of this machine. */
export async function startStandIns(faults?: FaultSource): Promise<StandIns> {
  const cosmosServer = await startCosmos({ port: 0 });
  const blobServer = await startBlob({ port: 0, faults });
  const cosmos = new CosmosClient({ endpoint: cosmosServer.endpoint, key: cosmosServer.key });
  const blobs = BlobServiceClient.fromConnectionString(blobServer.connectionString, {
    retryOptions: { retryDelayInMs: 5, maxRetryDelayInMs: 20 },
  });
  const database = async () => {
    const { cosmos: resources } = await readResources(RESOURCES.pathname);
    const name = `reports-${randomUUID()}`;
    await createCosmosResources(
      { endpoint: cosmosServer.endpoint, key: cosmosServer.key },
      { ...resources, database: name },
    );
    return cosmos.database(name);
  };
  const files = async () => {
    const name = `reports-${randomUUID()}`;
    await blobs.createContainer(name);
    return blobReportFiles(blobs, name);
  };
  return {
    files,
    reports: async () => cosmosReportStore((await database()).container("reports")),
    world: async () => {
      const containers = await database();
      const ledgers = containers.container("ledgers");
      return worldOf({
        ledgers: {
          store: cosmosLedgerStore(ledgers),
          customers: cosmosCustomerStore(containers.container("customers")),
          people: cosmosPersonStore(containers.container("people")),
          directory: cosmosDirectoryStore(containers.container("customers")),
          rejectedEvents: cosmosRejectedEventStore(containers.container("rejectedEvents")),
        },
        activity: cosmosActivityStore(ledgers),
        reports: cosmosReportStore(containers.container("reports")),
        files: await files(),
      });
    },
    close: async () => {
      cosmos.dispose();
      await cosmosServer.close();
      await blobServer.close();
    },
  };
}
