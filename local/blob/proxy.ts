import { once } from "node:events";
import { Agent, type IncomingMessage, type RequestListener, request as sendRequest } from "node:http";
import { pipeline } from "node:stream/promises";
import type { FaultSource } from "../faults.ts";
import { type Answer, faultyListener } from "../http-faults.ts";

/** Passes each request on as it came, signature and all: a storage signature covers the path but not the port. */
export function forwardTo(
  port: number,
  faults: FaultSource,
): { readonly listener: RequestListener; readonly close: () => void } {
  const agent = new Agent({ keepAlive: true });
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const { method, url, headers } = request;
    const onward = sendRequest({ agent, host: "127.0.0.1", port, method, path: url, headers });
    const [response] = await Promise.all([firstResponse(onward), pipeline(request, onward)]);
    return { status: response.statusCode ?? 502, headers: response.headers, body: response };
  };
  return {
    listener: faultyListener({ faults: asStorageWould(faults), answer }),
    close: () => agent.destroy(),
  };
}

/** Blob Storage says 503 (Server Busy) when it throttles, never 429, and its SDK repeats the one and not the other. */
function asStorageWould(faults: FaultSource): FaultSource {
  return (request) => {
    const fault = faults(request);
    return fault?.kind === "status" ? { ...fault, status: 503 } : fault;
  };
}

async function firstResponse(onward: ReturnType<typeof sendRequest>): Promise<IncomingMessage> {
  const [response]: IncomingMessage[] = await once(onward, "response");
  if (response === undefined) throw new Error("There was no response");
  return response;
}
