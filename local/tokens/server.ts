import { createPrivateKey, createPublicKey, generateKeyPair } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { calculateJwkThumbprint, exportJWK, SignJWT } from "jose";
import * as z from "zod";
import type { FaultSource } from "../faults.ts";
import { type Answer, closeServer, faultyListener, listenOnLoopback } from "../http-faults.ts";
import { keptSecret } from "../kept.ts";
import { claimsFor, type TokenRequest, tokenRequest } from "./claims.ts";

const ALGORITHM = "RS256";
const MAX_BODY_BYTES = 16 * 1024;

export type RunningTokens = {
  /** The `iss` of every token, and the address of the issuer. */
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly audience: string;
  readonly port: number;
  /** `issuedAt` defaults to now; a time two hours ago makes an expired token. @throws ZodError on a bad request. */
  readonly tokenFor: (request: TokenRequest, issuedAt?: Date) => Promise<string>;
  readonly close: () => Promise<void>;
};

/**
 * Stands in for the tenant's OpenID issuer, on loopback only.
 * Invariant: whoever can reach it gets any token, so it must never be the issuer of anything but a local stack.
 */
export async function startTokens(options: {
  readonly port: number;
  readonly audience: string;
  /** Keeps the signing key, so that tokens stay valid over a restart on the same port. */
  readonly dataFile?: string | undefined;
  readonly faults?: FaultSource | undefined;
}): Promise<RunningTokens> {
  const { audience } = options;
  const key = await signingKey(options.dataFile);
  const server = createServer();
  const port = await listenOnLoopback(server, options.port);
  const issuer = `http://127.0.0.1:${port}`;

  const tokenFor = async (request: TokenRequest, issuedAt = new Date()): Promise<string> => {
    const claims = claimsFor(tokenRequest.parse(request), { issuer, audience, issuedAt });
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ: "JWT" })
      .sign(key.privateKey);
  };

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    if (!isLoopbackName(request.headers.host)) return json(421, { error: "misdirected_request" });
    const { pathname } = new URL(request.url ?? "/", issuer);
    switch (`${request.method} ${pathname}`) {
      case "GET /.well-known/openid-configuration":
        return json(200, discovery(issuer));
      case "GET /jwks":
        return json(200, { keys: [key.publicJwk] });
      case "POST /token":
        return issue(request, tokenFor);
      default:
        return json(404, { error: "not_found" });
    }
  };
  server.on("request", faultyListener({ faults: options.faults ?? (() => undefined), answer }));

  const jwksUrl = `${issuer}/jwks`;
  return { issuer, jwksUrl, audience, port, tokenFor, close: () => closeServer(server) };
}

async function signingKey(dataFile: string | undefined) {
  const pem = await keptSecret(dataFile, async () => {
    const pair = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    return pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  });
  const privateKey = createPrivateKey(pem);
  const publicKey = await exportJWK(createPublicKey(privateKey));
  const kid = await calculateJwkThumbprint(publicKey);
  return { privateKey, kid, publicJwk: { ...publicKey, kid, alg: ALGORITHM, use: "sig" } };
}

function discovery(issuer: string) {
  return {
    issuer,
    jwks_uri: `${issuer}/jwks`,
    token_endpoint: `${issuer}/token`,
    response_types_supported: ["token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [ALGORITHM],
  };
}

async function issue(
  request: IncomingMessage,
  tokenFor: (request: TokenRequest) => Promise<string>,
): Promise<Answer> {
  // A web page elsewhere can send this type only after a preflight, which is not answered here.
  if (request.headers["content-type"]?.split(";")[0] !== "application/json") {
    return invalid("The content type must be application/json");
  }
  const text = await readText(request);
  if (text === undefined) return invalid(`The body must be at most ${MAX_BODY_BYTES} bytes`);
  const parsed = tokenRequest.safeParse(parseJson(text));
  if (!parsed.success) return invalid(z.prettifyError(parsed.error));
  const token = await tokenFor(parsed.data);
  return json(200, { access_token: token, token_type: "Bearer", expires_in: 3600 });
}

async function readText(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(part);
  }
  if (bytes > MAX_BODY_BYTES) return undefined;
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A name that only pretends to be this machine (DNS rebinding) is not one of these. */
function isLoopbackName(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? "");
}

function invalid(description: string): Answer {
  return json(400, { error: "invalid_request", error_description: description });
}

function json(status: number, body: unknown): Answer {
  const headers = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };
  return { status, headers, body: JSON.stringify(body) };
}
