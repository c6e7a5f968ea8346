import { Agent, request } from "node:http";
import { type Answer, readAnswer } from "./answer.ts";
import type { RawRequest } from "./raw-request.ts";

export type ManyRequests = {
  /** As it goes on the wire: nothing is encoded or made shorter. */
  readonly send: (token: string | undefined, raw: RawRequest) => Promise<Answer>;
  readonly close: () => void;
};

/** Over connections that are kept: a connection for each of many thousand requests takes longer than the requests. */
export function manyRequests(apiUrl: string, atOnce: number): ManyRequests {
  const { hostname, port } = new URL(apiUrl);
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const send: ManyRequests["send"] = (token, { method = "GET", target, headers = {}, body = [] }) => {
    const content = Buffer.concat(body.map((part) => Buffer.from(part)));
    const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()]));
    const all = {
      ...given,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(content.length === 0 ? {} : { "content-length": content.length }),
    };
    return new Promise((resolve, reject) => {
      const outgoing = request({ hostname, port, method, path: target, agent, headers: all }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () => {
          const fields = new Headers();
          for (const [name, values] of Object.entries(incoming.headersDistinct))
            for (const value of values ?? []) fields.append(name, value);
          resolve(readAnswer(incoming.statusCode ?? 0, fields, Buffer.concat(chunks).toString("utf8")));
        });
      });
      outgoing.on("error", reject);
      outgoing.end(content);
    });
  };
  return { send, close: () => agent.destroy() };
}
