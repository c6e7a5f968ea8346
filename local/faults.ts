import * as z from "zod";

/**
 * What a stand-in does to a request instead of, or on top of, answering it.
 * `refused`: the connection ends before anything is done. `lost`: it is done, but the answer never arrives.
 */
export type Fault =
  | { readonly kind: "status"; readonly status: 429 | 503; readonly retryAfterMs: number }
  | { readonly kind: "refused" }
  | { readonly kind: "lost" }
  | { readonly kind: "slow"; readonly delayMs: number };

/** Asked once for each request; `index` counts from 0 within one stand-in. */
export type FaultSource = (request: {
  readonly index: number;
  readonly operation: string;
}) => Fault | undefined;

const RETRY_AFTER_MS = 20;
const SLOW_DEFAULT_MS = 500;

const clause = z
  .string()
  .regex(/^(429|503|refused|lost|slow)=(0(\.\d+)?|1)(@\d{1,5})?$/, {
    message:
      "each clause is KIND=SHARE, such as 429=0.01, 503=0.01, refused=0.01, lost=0.01 or slow=0.02@500 (ms)",
  })
  .transform((text) => {
    const [kind = "", rest = ""] = text.split("=");
    const [share = "0", millis] = rest.split("@");
    return { kind, share: Number(share), millis: millis === undefined ? undefined : Number(millis) };
  });

/**
 * Parses a setting such as `429=0.01,lost=0.005,slow=0.02@500` into a source of faults.
 * Shares are probabilities for each request and add up to at most 1. The same seed gives the same faults.
 * @throws ZodError when the text is not of that form.
 */
export function parseFaults(setting: string | undefined, seed = 1): FaultSource {
  if (setting === undefined || setting.trim() === "") return () => undefined;
  const clauses = z.array(clause).parse(setting.split(",").map((part) => part.trim()));
  const random = seededRandom(seed);
  return () => {
    let draw = random();
    for (const { kind, share, millis } of clauses) {
      if (draw < share) return toFault(kind, millis);
      draw -= share;
    }
    return undefined;
  };
}

function toFault(kind: string, millis: number | undefined): Fault {
  switch (kind) {
    case "429":
      return { kind: "status", status: 429, retryAfterMs: millis ?? RETRY_AFTER_MS };
    case "503":
      return { kind: "status", status: 503, retryAfterMs: millis ?? RETRY_AFTER_MS };
    case "slow":
      return { kind: "slow", delayMs: millis ?? SLOW_DEFAULT_MS };
    case "lost":
      return { kind: "lost" };
    default:
      return { kind: "refused" };
  }
}

/** mulberry32: small, seedable, good enough to choose requests. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
