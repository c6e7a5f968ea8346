import { readFile } from "node:fs/promises";
import { CosmosClient, type Database } from "@azure/cosmos";
import { BlobServiceClient } from "@azure/storage-blob";
import * as z from "zod";
import type { QueueProperties } from "./service-bus/broker.ts";
import { tryAgain } from "./try-again.ts";

const indexPath = z.strictObject({ path: z.string() });
const indexingPolicy = z.strictObject({
  indexingMode: z.enum(["consistent", "none"]).exactOptional(),
  automatic: z.boolean().exactOptional(),
  includedPaths: z.array(indexPath).exactOptional(),
  excludedPaths: z.array(indexPath).exactOptional(),
  compositeIndexes: z
    .array(z.array(z.strictObject({ path: z.string(), order: z.enum(["ascending", "descending"]) })))
    .exactOptional(),
});

const resourcesSchema = z.strictObject({
  cosmos: z.strictObject({
    database: z.string(),
    containers: z.array(
      z.strictObject({
        id: z.string(),
        partitionKey: z.string().startsWith("/"),
        indexingPolicy: indexingPolicy.exactOptional(),
        defaultTtl: z.int().exactOptional(),
      }),
    ),
  }),
  serviceBus: z.strictObject({
    // The broker says which properties it serves.
    queues: z.record(
      z.string(),
      z.custom<QueueProperties>((value) => typeof value === "object"),
    ),
  }),
  blob: z.strictObject({ containers: z.array(z.string()) }),
});

/** What the cloud's templates create; both read the same file. */
export type Resources = Readonly<z.infer<typeof resourcesSchema>>;

/** @throws ZodError when the file has something that is not created here. */
export async function readResources(file: string): Promise<Resources> {
  return resourcesSchema.parse(JSON.parse(await readFile(file, "utf8")));
}

/** Creates what is missing. Returns whether there is not one document in it. */
export async function createCosmosResources(
  connection: { readonly endpoint: string; readonly key: string },
  { database, containers }: Resources["cosmos"],
): Promise<{ readonly isEmpty: boolean }> {
  const client = new CosmosClient(connection);
  try {
    const created = await tryAgain(() => client.databases.createIfNotExists({ id: database }));
    await Promise.all(containers.map((definition) => createContainer(created.database, definition)));
    const empty = await Promise.all(containers.map(({ id }) => isEmpty(created.database, id)));
    return { isEmpty: empty.every(Boolean) };
  } finally {
    client.dispose();
  }
}

async function createContainer(
  database: Database,
  { id, partitionKey, indexingPolicy, defaultTtl }: Resources["cosmos"]["containers"][number],
): Promise<void> {
  await tryAgain(() =>
    database.containers.createIfNotExists({
      id,
      partitionKey: { paths: [partitionKey] },
      ...(indexingPolicy && { indexingPolicy }),
      ...(defaultTtl !== undefined && { defaultTtl }),
    }),
  );
}

async function isEmpty(database: Database, containerId: string): Promise<boolean> {
  const { resources } = await tryAgain(() =>
    database.container(containerId).items.readAll({ maxItemCount: 1 }).fetchNext(),
  );
  return resources.length === 0;
}

export async function createBlobResources(
  connectionString: string,
  { containers }: Resources["blob"],
): Promise<void> {
  const client = BlobServiceClient.fromConnectionString(connectionString);
  await Promise.all(containers.map((name) => client.getContainerClient(name).createIfNotExists()));
}
