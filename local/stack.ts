import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { lockFolder } from "./folder-lock.ts";
import { type FunctionsHost, type LogLine, startFunctionsHost } from "./functions-host/host.ts";
import { checkGivenServices } from "./given-services.ts";
import { type Parts, startParts } from "./parts.ts";
import { freePorts } from "./ports.ts";
import { createBlobResources, createCosmosResources, type Resources, readResources } from "./resources.ts";
import { DEFAULT_SETTINGS, type PartName, type Settings } from "./settings.ts";

const HEALTH_LIMIT_MS = 60_000;
const HEALTH_EVERY_MS = 50;
const PORTS = 7;

export type FaultyPart = PartName | "api";

export type StackOptions = {
  /** Of the API; the parts take those after it. One that is taken moves to the next free one. 0: any free ones. */
  readonly port: number;
  /** Keeps everything there, for this stack alone; without it all is in memory. */
  readonly dataDir?: string | undefined;
  /** Settings of the developer. A service that they name takes the place of its stand-in. */
  readonly given?: Settings | undefined;
  /** Where each of them came from, for the message about a service that does not answer. */
  readonly origins?: Settings | undefined;
  readonly faults?: Partial<Readonly<Record<FaultyPart, string>>> | undefined;
  readonly onLog?: ((line: LogLine) => void) | undefined;
  /** Off: timer functions run on request alone. */
  readonly timers?: boolean | undefined;
  /** The app; the product's own unless a test brings another. */
  readonly entry?: string | undefined;
};

export type Stack = Parts & {
  /** Without `/api`. */
  readonly apiUrl: string;
  readonly host: FunctionsHost;
  /** Whether the Cosmos DB stand-in had not one document before the app started. */
  readonly startedEmpty: boolean;
  /** Ends everything, the app first. */
  readonly stop: () => Promise<void>;
};

/**
 * Starts the app with a stand-in for every service of the cloud that `given` does not name.
 * Invariant: when it throws, nothing that it started is left.
 * @throws Error also when another stack has `dataDir`, or a service that `given` names does not answer within seconds.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const running = new AsyncDisposableStack();
  try {
    return await startAll(options, running);
  } catch (error) {
    await running.disposeAsync();
    throw error;
  }
}

async function startAll(options: StackOptions, running: AsyncDisposableStack): Promise<Stack> {
  const given = options.given ?? {};
  await checkGivenServices({ settings: given, origins: options.origins ?? {} });
  if (options.dataDir !== undefined) running.defer(await lockFolder(options.dataDir));
  const resources = await readResources(repositoryPath("infra/resources.json"));
  const [apiPort = 0, ...partPorts] = options.port === 0 ? [] : await freePorts(options.port, PORTS);
  const { dataDir, faults } = options;
  const parts = await startParts({ given, resources, ports: partPorts, dataDir, faults }, running);
  const settings: Settings = { ...DEFAULT_SETTINGS, ...parts.settings, ...given };
  const { startedEmpty } = await createResources(settings, parts, resources);
  const host = await startFunctionsHost({
    entry: options.entry ?? repositoryPath("functions/main.ts"),
    hostJson: repositoryPath("host.json"),
    settings,
    port: apiPort,
    onLog: options.onLog ?? (() => undefined),
    timers: options.timers ?? true,
    faults: faults?.api ?? "",
  });
  running.defer(() => host.stop());
  await untilHealthy(host);
  const stop = () => running.disposeAsync();
  return { ...parts, apiUrl: host.url, host, settings, startedEmpty, stop };
}

/** A given service gets what the templates create only when it is an emulator, that is, on this machine. */
async function createResources(
  settings: Settings,
  parts: Parts,
  resources: Resources,
): Promise<{ readonly startedEmpty: boolean }> {
  const {
    COSMOS_ENDPOINT: endpoint,
    COSMOS_KEY: key,
    COSMOS_DATABASE,
    BLOB_CONNECTION_STRING: blob,
  } = settings;
  const database = COSMOS_DATABASE ?? resources.cosmos.database;
  const [cosmos] = await Promise.all([
    endpoint !== undefined && key !== undefined && isOnThisMachine(endpoint)
      ? createCosmosResources({ endpoint, key }, { ...resources.cosmos, database })
      : undefined,
    blob !== undefined && isStorageEmulator(blob) ? createBlobResources(blob, resources.blob) : undefined,
  ]);
  return { startedEmpty: parts.cosmos !== undefined && cosmos?.isEmpty === true };
}

function isStorageEmulator(connectionString: string): boolean {
  const endpoint = /(?:^|;)BlobEndpoint=([^;]+)/.exec(connectionString)?.[1];
  return connectionString.includes("UseDevelopmentStorage=true") || isOnThisMachine(endpoint ?? "");
}

function isOnThisMachine(url: string): boolean {
  return URL.canParse(url) && ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);
}

/** @throws Error when the app ends before, or is not healthy in a minute; the last answer is in the message. */
async function untilHealthy(host: FunctionsHost): Promise<void> {
  const until = performance.now() + HEALTH_LIMIT_MS;
  let exit: string | undefined;
  const noteExit = host.exited.then((code) => {
    exit = `The app ended with ${code ?? "a signal"} before it was healthy`;
  });
  for (;;) {
    const answer = await askHealth(host.url);
    if (answer === "healthy") return;
    if (exit !== undefined) throw new Error(exit);
    if (performance.now() > until) throw new Error(`GET /api/health is not well: ${answer}`);
    await Promise.race([delay(HEALTH_EVERY_MS), noteExit]);
  }
}

async function askHealth(url: string): Promise<string> {
  try {
    const response = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(HEALTH_LIMIT_MS) });
    const text = await response.text();
    return response.ok ? "healthy" : `${response.status} ${text.slice(0, 500)}`;
  } catch (error) {
    return String(error);
  }
}

function repositoryPath(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
