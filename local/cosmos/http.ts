import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { ATTEMPT, rounded } from "./charges.ts";
import { CosmosError, tooLarge } from "./errors.ts";
import type { CosmosResponse } from "./response.ts";
import { type CosmosRequest, segmentsOf } from "./routes.ts";

/** An item or a batch may have 2 MB; what is not much larger is read, so that its refusal can be. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** Past this a client is cut off. */
const MAX_DISCARDED_BYTES = 4 * MAX_BODY_BYTES;

/** Reads to the end even what is too large, up to a point, so that the client reads the answer. */
export async function readRequest(incoming: IncomingMessage): Promise<CosmosRequest | CosmosError> {
  const chunks: Buffer[] = [];
  let bodyBytes = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk);
    bodyBytes += bytes.length;
    if (bodyBytes <= MAX_BODY_BYTES) chunks.push(bytes);
    if (bodyBytes > MAX_DISCARDED_BYTES) break;
  }
  if (bodyBytes > MAX_BODY_BYTES) return tooLarge();
  const [path = ""] = (incoming.url ?? "").split("?");
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (typeof value === "string") headers.set(name, value);
  }
  try {
    return {
      method: incoming.method ?? "",
      path,
      segments: segmentsOf(path),
      headers,
      body: Buffer.concat(chunks).toString(),
      bodyBytes,
    };
  } catch (error) {
    if (error instanceof CosmosError) return error;
    throw error;
  }
}

export function errorResponse(error: CosmosError): CosmosResponse {
  const { status, code, message, substatus, retryAfterMs, additionalErrorInfo } = error;
  return {
    status,
    body: JSON.stringify({
      code,
      message,
      ...(additionalErrorInfo === undefined ? {} : { additionalErrorInfo }),
    }),
    charge: status === 429 || status === 501 ? 0 : ATTEMPT,
    headers: {
      ...(substatus === undefined ? {} : { "x-ms-substatus": String(substatus) }),
      ...(retryAfterMs === undefined ? {} : { "x-ms-retry-after-ms": String(retryAfterMs) }),
    },
    examined: 0,
  };
}

export function send(outgoing: ServerResponse, { status, body, charge, headers }: CosmosResponse): void {
  outgoing.writeHead(status, {
    "content-type": "application/json",
    "x-ms-activity-id": randomUUID(),
    "x-ms-request-charge": String(rounded(charge)),
    ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
    ...headers,
  });
  outgoing.end(body);
}

export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("the server has no port"));
      else resolve(address.port);
    });
  });
}

export function closed(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
