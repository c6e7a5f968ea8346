import { createHmac, timingSafeEqual } from "node:crypto";
import { CosmosError, unauthorized, unsupported } from "./errors.ts";
import type { CosmosRequest } from "./routes.ts";

const MAX_CLOCK_SKEW_MS = 15 * 60 * 1000;

/**
 * Checks the signature of the account key over method, resource and date.
 * @throws CosmosError 401 or 403
 */
export function authorize(request: CosmosRequest, key: Buffer, now: number): void {
  const header = request.headers.get("authorization");
  if (header === undefined) {
    throw unauthorized(
      "Required Header authorization is missing. Ensure a valid Authorization token is passed.",
    );
  }
  const token = new URLSearchParams(decoded(header).replaceAll("+", "%2B"));
  if (token.get("type") === "aad") throw unsupported("tokens of Entra ID: use the account key");
  const date = request.headers.get("x-ms-date") ?? request.headers.get("date") ?? "";
  const expected = createHmac("sha256", key).update(payload(request, date)).digest();
  const given = Buffer.from(token.get("sig") ?? "", "base64");
  if (token.get("type") !== "master" || !sameBytes(given, expected)) {
    throw unauthorized(
      "The input authorization token can't serve the request. The wrong key is being used or the expected payload is " +
        "not built as per the protocol.",
    );
  }
  const skew = Math.abs(now - Date.parse(date));
  if (!(skew <= MAX_CLOCK_SKEW_MS)) {
    throw new CosmosError(403, "Forbidden", "The authorization token is not valid at the current time.");
  }
}

function payload({ method, segments }: CosmosRequest, date: string): string {
  const isFeed = segments.length % 2 === 1;
  const type = (isFeed ? segments.at(-1) : segments.at(-2)) ?? "";
  const link = (isFeed ? segments.slice(0, -1) : segments).join("/");
  return `${method.toLowerCase()}\n${type.toLowerCase()}\n${link}\n${date.toLowerCase()}\n\n`;
}

function decoded(header: string): string {
  try {
    return decodeURIComponent(header);
  } catch {
    return "";
  }
}

/** Takes the same time wherever the two differ. */
function sameBytes(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
