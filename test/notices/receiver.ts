/** A receiver of webhooks on this machine: keeps what it is sent and answers as it is told. */
import { createServer } from "node:http";
import * as z from "zod";

type Received = {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
};
/** One answer: a status, and what else it does. */
type Reply = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Says nothing for ever. */
  readonly hangs?: true;
};

export type Receiver = {
  readonly url: string;
  readonly received: readonly Received[];
  /** What the next requests meet, one each; then 204. */
  readonly answer: (...replies: readonly Reply[]) => void;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

const addressSchema = z.object({ port: z.int() });

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const replies: Reply[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, value?.toString()]),
      );
      received.push({ headers, body: Buffer.concat(chunks).toString("utf8") });
      const { status, headers: own, body, hangs } = replies.shift() ?? { status: 204 };
      if (hangs !== true) response.writeHead(status, own).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = addressSchema.parse(server.address());
  return {
    url: `http://127.0.0.1:${port}/notices?key=1`,
    received,
    answer: (...next) => {
      replies.push(...next);
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
