import { once } from "node:events";
import type {
  IncomingMessage,
  OutgoingHttpHeaders,
  RequestListener,
  Server,
  ServerResponse,
} from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { FaultSource } from "./faults.ts";

export type Answer = {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Readable | string;
};

/**
 * Serves `answer`, with the faults of `faults` on top.
 * Invariant: a request that is `refused`, or answered with a fault's status, never reaches `answer`; one that is
 * `lost` was answered in full before its connection ends.
 */
export function faultyListener(options: {
  readonly faults: FaultSource;
  readonly answer: (request: IncomingMessage) => Promise<Answer>;
}): RequestListener {
  let index = 0;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const operation = `${request.method ?? "GET"} ${new URL(request.url ?? "/", "http://localhost").pathname}`;
    const fault = options.faults({ index: index++, operation });
    if (fault?.kind === "refused") {
      request.socket.destroy();
      return;
    }
    if (fault?.kind === "status") {
      request.resume();
      const headers = { "retry-after-ms": String(fault.retryAfterMs), connection: "close" };
      response.writeHead(fault.status, headers).end();
      return;
    }
    if (fault?.kind === "slow") await delay(fault.delayMs);
    const answer = await options.answer(request);
    if (fault?.kind === "lost") {
      if (typeof answer.body !== "string") await drain(answer.body);
      request.socket.destroy();
      return;
    }
    await write(answer, response);
  };
  return (request, response) => {
    serve(request, response).catch(() => request.socket.destroy());
  };
}

async function drain(body: Readable): Promise<void> {
  body.resume();
  await once(body, "end");
}

async function write(answer: Answer, response: ServerResponse): Promise<void> {
  response.writeHead(answer.status, answer.headers);
  if (typeof answer.body === "string") response.end(answer.body);
  else await pipeline(answer.body, response);
}

/** Listens on loopback only; port 0 takes any free one. Returns the port. @throws when the port is taken. */
export async function listenOnLoopback(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no TCP port");
  return address.port;
}

/** Ends at once: connections that are open, idle or not, are cut. */
export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
