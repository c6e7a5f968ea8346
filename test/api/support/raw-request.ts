import { request } from "node:http";
import { type Answer, readAnswer } from "./answer.ts";

export type RawRequest = {
  readonly method?: string;
  /** As it goes on the wire: nothing is encoded or made shorter. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** In several parts it goes in chunks, without a stated length. */
  readonly body?: readonly (string | Uint8Array)[];
};

/** One request byte for byte as a hostile client can make it, on a connection of its own. */
export function askRaw(
  apiUrl: string,
  { method = "GET", target, headers = {}, body = [] }: RawRequest,
): Promise<Answer> {
  const { hostname, port } = new URL(apiUrl);
  const given = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
  );
  const [only, ...others] = body;
  const length =
    only !== undefined && others.length === 0 ? { "content-length": Buffer.byteLength(only) } : {};
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { hostname, port, method, path: target, agent: false, headers: { ...given, ...length } },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () => {
          const fields = new Headers();
          for (const [name, values] of Object.entries(incoming.headersDistinct))
            for (const value of values ?? []) fields.append(name, value);
          resolve(readAnswer(incoming.statusCode ?? 0, fields, Buffer.concat(chunks).toString("utf8")));
        });
      },
    );
    outgoing.on("error", reject);
    for (const part of body) outgoing.write(part);
    outgoing.end();
  });
}
