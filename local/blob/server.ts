import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { join } from "node:path";
import type { FaultSource } from "../faults.ts";
import { closeServer, listenOnLoopback } from "../http-faults.ts";
import { keptSecret } from "../kept.ts";
import { startAzurite } from "./azurite.ts";
import { forwardTo } from "./proxy.ts";

const ACCOUNT = "devstoreaccount1";

export type RunningBlob = {
  readonly connectionString: string;
  readonly endpoint: string;
  readonly port: number;
  readonly close: () => Promise<void>;
};

/**
 * Stands in for the storage account: Azurite in a child process, on loopback only.
 * Invariant: the account key is made here, differs from machine to machine and opens nothing else.
 */
export async function startBlob(options: {
  readonly port: number;
  /** Keeps the blobs and the account key; without it both are gone at the end. */
  readonly dataDir?: string | undefined;
  /** Puts a proxy that makes them in front; without it requests go to Azurite directly. */
  readonly faults?: FaultSource | undefined;
}): Promise<RunningBlob> {
  const { dataDir, faults } = options;
  const keyFile = dataDir === undefined ? undefined : join(dataDir, "account-key");
  const accountKey = await keptSecret(keyFile, async () => randomBytes(64).toString("base64"));
  const azuritePort = faults === undefined ? options.port : 0;
  const azurite = await startAzurite({ port: azuritePort, dataDir, account: ACCOUNT, accountKey });
  if (faults === undefined) return running(azurite.port, accountKey, azurite.close);

  const proxy = createServer();
  const forward = forwardTo(azurite.port, faults);
  proxy.on("request", forward.listener);
  const close = async (): Promise<void> => {
    if (proxy.listening) await closeServer(proxy);
    forward.close();
    await azurite.close();
  };
  try {
    return running(await listenOnLoopback(proxy, options.port), accountKey, close);
  } catch (error) {
    await close();
    throw error;
  }
}

function running(port: number, accountKey: string, close: () => Promise<void>): RunningBlob {
  const endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`;
  const connectionString = [
    "DefaultEndpointsProtocol=http",
    `AccountName=${ACCOUNT}`,
    `AccountKey=${accountKey}`,
    `BlobEndpoint=${endpoint}`,
  ].join(";");
  return { connectionString, endpoint, port, close };
}
