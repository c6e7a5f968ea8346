import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as z from "zod";

const eventSchema = z.looseObject({ id: z.string(), source: z.string() });
type Event = z.infer<typeof eventSchema>;

export type FakeReply = { readonly status: number; readonly headers?: Record<string, string> } | "cut";

export type FakeIngest = {
  readonly url: string;
  /** The ids of each batch that was taken, in order. */
  readonly batches: readonly (readonly string[])[];
  /** Whether all accepted before was settled, at the time each batch came. */
  readonly settledBefore: readonly boolean[];
  readonly maxInFlight: () => number;
  readonly tokens: ReadonlySet<string>;
  readonly close: () => Promise<void>;
};

/** An ingest endpoint in memory that keeps each event pending for a number of questions. */
export async function startFakeIngest(
  behaviour: {
    readonly pendingPolls?: number;
    readonly rejects?: (event: Event) => "now" | "later" | undefined;
    /** One such event is reason enough to answer its whole request with 400. */
    readonly spoils?: (event: Event) => boolean;
    /** Asked for each request before it is carried out. */
    readonly instead?: (index: number, request: IncomingMessage) => FakeReply | undefined;
  } = {},
): Promise<FakeIngest> {
  const batches: string[][] = [];
  const settledBefore: boolean[] = [];
  const tokens = new Set<string>();
  const recorded = new Set<string>();
  const polls = new Map<string, number>();
  const events = new Map<string, Event>();
  let requests = 0;
  let inFlight = 0;
  let maxInFlight = 0;

  const ingest = (body: unknown) => {
    const batch = z.array(eventSchema).parse(body);
    settledBefore.push([...events.keys()].every((receipt) => recorded.has(receipt)));
    batches.push(batch.map(({ id }) => id));
    return batch.map((event, index) => {
      const { id, source } = event;
      if (behaviour.rejects?.(event) === "now") {
        return { index, id, source, status: "rejected", error: { code: "BadEvent", message: `no ${id}` } };
      }
      events.set(`r-${id}`, event);
      return { index, id, source, status: "accepted", receipt: `r-${id}` };
    });
  };
  const outcome = (receipt: string) => {
    const asked = (polls.get(receipt) ?? 0) + 1;
    polls.set(receipt, asked);
    if (asked <= (behaviour.pendingPolls ?? 0)) return { receipt, status: "pending" };
    const event = events.get(receipt);
    if (event !== undefined && behaviour.rejects?.(event) === "later") {
      return { receipt, status: "rejected", error: { code: "UnknownCustomer", message: "no such customer" } };
    }
    const status = recorded.has(receipt) ? "repeated" : "recorded";
    recorded.add(receipt);
    return { receipt, status };
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    tokens.add(request.headers.authorization ?? "");
    const body: unknown = JSON.parse((await request.toArray()).join(""));
    const instead = behaviour.instead?.(requests++, request);
    if (instead === "cut") {
      request.socket.destroy();
      return;
    }
    if (instead !== undefined) {
      response.writeHead(instead.status, instead.headers).end();
      return;
    }
    const isOutcomes = request.url?.startsWith("/api/events/outcomes?api-version=2026-11-01") === true;
    const spoiling = isOutcomes
      ? undefined
      : z
          .array(eventSchema)
          .parse(body)
          .find((event) => behaviour.spoils?.(event));
    if (spoiling !== undefined) {
      const error = { code: "InvalidRequestBody", message: `not readable: ${spoiling.id}` };
      response.writeHead(400).end(JSON.stringify({ error }));
      return;
    }
    const value = isOutcomes
      ? z
          .object({ receipts: z.array(z.string()).max(100) })
          .parse(body)
          .receipts.map(outcome)
      : ingest(body);
    response.writeHead(isOutcomes ? 200 : 202).end(JSON.stringify({ value }));
  };
  const server = createServer((request, response) => {
    inFlight += 1;
    maxInFlight = Math.max(maxInFlight, inFlight);
    response.once("close", () => {
      inFlight -= 1;
    });
    handle(request, response).catch((error: unknown) => response.destroy(new Error(String(error))));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    batches,
    settledBefore,
    maxInFlight: () => maxInFlight,
    tokens,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
