/** An issuer that answers as it is told and a forger's server, which both note every request that they get. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { closeServer, listenOnLoopback } from "../../../local/http-faults.ts";

export type KeyPair = { readonly kid: string; readonly privateKey: KeyObject; readonly publicKey: KeyObject };

export type Mood = "gives its keys" | "fails" | "answers with a page" | "never answers";

export type WatchedIssuer = {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** Signs what the service accepts. */
  readonly keys: KeyPair;
  /** When each request for the keys came, in milliseconds; may be emptied. */
  readonly fetches: number[];
  readonly setMood: (mood: Mood) => void;
  readonly close: () => Promise<void>;
};

export type ForgersServer = {
  readonly url: string;
  /** Its public key is what the server gives to whoever asks. */
  readonly keys: KeyPair;
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
};

export const TENANT_ID = "7c0f5b52-9d1e-4a36-8f27-1b6e3a90d4c8";

function newKeys(kid: string): KeyPair {
  return { kid, ...generateKeyPairSync("rsa", { modulusLength: 2048 }) };
}

function keySet({ kid, publicKey }: KeyPair): string {
  const key = { ...publicKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" };
  return JSON.stringify({ keys: [key] });
}

export async function startWatchedIssuer(): Promise<WatchedIssuer> {
  const keys = newKeys("issuer-key");
  const fetches: number[] = [];
  let mood: Mood = "gives its keys";
  const answer = (_request: IncomingMessage, response: ServerResponse): void => {
    fetches.push(performance.now());
    if (mood === "never answers") return;
    response.statusCode = mood === "fails" ? 500 : 200;
    response.end(mood === "gives its keys" ? keySet(keys) : "<html>not here</html>");
  };
  const server = createServer(answer);
  const url = `http://127.0.0.1:${await listenOnLoopback(server, 0)}`;
  return {
    issuer: `${url}/${TENANT_ID}/v2.0`,
    jwksUrl: `${url}/keys`,
    keys,
    fetches,
    setMood: (next) => {
      mood = next;
    },
    close: () => closeServer(server),
  };
}

export async function startForgersServer(): Promise<ForgersServer> {
  const keys = newKeys("forgers-key");
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.end(keySet(keys));
  });
  const url = `http://127.0.0.1:${await listenOnLoopback(server, 0)}`;
  return { url, keys, requests, close: () => closeServer(server) };
}
