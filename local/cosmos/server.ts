import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isIPv6 } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Fault, FaultSource } from "../faults.ts";
import { Account } from "./account.ts";
import { authorize } from "./auth.ts";
import { ATTEMPT } from "./charges.ts";
import { CosmosError, throttled, unsupported } from "./errors.ts";
import { handle } from "./handler.ts";
import { closed, errorResponse, listen, readRequest, send } from "./http.ts";
import { DataFile } from "./persistence.ts";
import { MAX_RANGES } from "./ranges.ts";
import type { CosmosResponse } from "./response.ts";
import { type CosmosRequest, type Operation, operationOf, refuseHeaders } from "./routes.ts";
import { Throttle } from "./throttle.ts";

export type CosmosSettings = {
  /** 0 takes a free one. */
  readonly port: number;
  /** A loopback address: this server is no protection for anything. */
  readonly host?: "127.0.0.1" | "::1" | "localhost";
  /** Base64; made up when absent. */
  readonly key?: string;
  /** Physical partitions of every container. */
  readonly ranges?: number;
  /** A SQLite file that keeps everything over a restart. */
  readonly dataFile?: string;
  readonly faults?: FaultSource;
  /** Request units a second for the whole account; without it nothing is throttled. */
  readonly throughput?: number;
  /** Told of every request when its answer is settled. */
  readonly onRequest?: (request: RequestRecord) => void;
};

export type RequestRecord = {
  readonly index: number;
  readonly operation: Operation;
  readonly method: string;
  readonly path: string;
  /** As answered; of a lost answer, what it would have been; 0 for a refused request. */
  readonly status: number;
  /** By the formula in charges.ts. */
  readonly charge: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Items that a query looked at. */
  readonly examined: number;
  readonly fault: Fault["kind"] | undefined;
};

export type CosmosServer = {
  readonly endpoint: string;
  readonly key: string;
  readonly port: number;
  readonly requests: () => readonly RequestRecord[];
  readonly close: () => Promise<void>;
};

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);
const KEY_BYTES = 64;
/** The latest requests, for `requests()`; `onRequest` sees all. */
const MAX_RECORDS = 10_000;
const KEEP_ALIVE_MS = 60_000;

/**
 * Starts a server that speaks the part of the Cosmos DB protocol that the README describes.
 * @throws RangeError for settings that make no sense.
 */
export async function startCosmos(settings: CosmosSettings): Promise<CosmosServer> {
  const { host = "127.0.0.1", ranges = 1, key = randomBytes(KEY_BYTES).toString("base64") } = settings;
  if (!LOOPBACK.has(host)) throw new RangeError(`${host} is not a loopback address`);
  if (!Number.isInteger(ranges) || ranges < 1 || ranges > MAX_RANGES) {
    throw new RangeError(`ranges must be between 1 and ${MAX_RANGES}`);
  }
  const file = settings.dataFile === undefined ? undefined : new DataFile(settings.dataFile);
  const records: RequestRecord[] = [];
  const closing = new AbortController();
  const service = new Service({
    account: new Account(ranges, file),
    key: Buffer.from(key, "base64"),
    faults: settings.faults ?? (() => undefined),
    throttle: settings.throughput === undefined ? undefined : new Throttle(settings.throughput),
    closing: closing.signal,
    record: (record) => {
      records.push(record);
      if (records.length > MAX_RECORDS) records.splice(0, MAX_RECORDS / 2);
      settings.onRequest?.(record);
    },
  });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    service.serve(request, response).catch((error: unknown) => {
      const clientLeft = request.errored !== null;
      if (!clientLeft && !closing.signal.aborted) console.error(error);
      response.destroy();
    });
  });
  const port = await listen(server, settings.port, host);
  const endpoint = `http://${isIPv6(host) ? `[${host}]` : host}:${port}/`;
  service.endpoint = endpoint;
  return {
    endpoint,
    key,
    port,
    requests: () => [...records],
    close: async () => {
      closing.abort();
      await closed(server);
      file?.close();
    },
  };
}

type ServiceParts = {
  readonly account: Account;
  readonly key: Buffer;
  readonly faults: FaultSource;
  readonly throttle: Throttle | undefined;
  readonly closing: AbortSignal;
  readonly record: (record: RequestRecord) => void;
};

class Service {
  endpoint = "";
  readonly #parts: ServiceParts;
  #served = 0;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const index = this.#served;
    this.#served += 1;
    const request = await readRequest(incoming);
    const operation = request instanceof CosmosError ? "unsupported" : operationOf(request);
    const fault = this.#parts.faults({ index, operation });
    if (fault?.kind === "slow") await delay(fault.delayMs, undefined, { signal: this.#parts.closing });
    const response = fault?.kind === "refused" ? undefined : this.#respond(request, operation, fault);
    this.#parts.record({
      index,
      operation,
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      status: response?.status ?? 0,
      charge: response?.charge ?? 0,
      requestBytes: request instanceof CosmosError ? 0 : request.bodyBytes,
      responseBytes: Buffer.byteLength(response?.body ?? ""),
      examined: response?.examined ?? 0,
      fault: fault?.kind,
    });
    if (response === undefined || fault?.kind === "lost") incoming.socket.destroy();
    else send(outgoing, response);
  }

  #respond(
    request: CosmosRequest | CosmosError,
    operation: Operation,
    fault: Fault | undefined,
  ): CosmosResponse {
    try {
      if (request instanceof CosmosError) throw request;
      if (operation === "unsupported") throw unsupported(`${request.method} ${request.path}`);
      authorize(request, this.#parts.key, Date.now());
      if (fault?.kind === "status") throw faultError(fault);
      refuseHeaders(request.headers);
      return this.#throttled(operation, () => handle(this.#parts.account, this.endpoint, operation, request));
    } catch (error) {
      if (error instanceof CosmosError) return errorResponse(error);
      console.error(error);
      return errorResponse(new CosmosError(500, "InternalServerError", "An unexpected error: see the log."));
    }
  }

  /** Metadata and query plans are neither counted nor refused. */
  #throttled(operation: Operation, run: () => CosmosResponse): CosmosResponse {
    const { throttle } = this.#parts;
    if (throttle === undefined || !CHARGED.has(operation)) return run();
    throttle.admit();
    try {
      const response = run();
      throttle.spend(response.charge);
      return response;
    } catch (error) {
      throttle.spend(ATTEMPT);
      throw error;
    }
  }
}

const CHARGED: ReadonlySet<Operation> = new Set<Operation>([
  "read",
  "create",
  "upsert",
  "replace",
  "patch",
  "delete",
  "batch",
  "bulk",
  "query",
  "changeFeed",
  "readFeed",
]);

function faultError(fault: Extract<Fault, { kind: "status" }>): CosmosError {
  if (fault.status === 429) return throttled(fault.retryAfterMs);
  return new CosmosError(503, "ServiceUnavailable", "Service is currently unavailable.", {
    retryAfterMs: fault.retryAfterMs,
  });
}
