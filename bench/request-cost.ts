/**
 * CPU time of an authenticated request against what the library's own conversion takes: request in, response out, and a
 * handler between them that does nothing. The network, the worker and the stores are no part of either.
 */
import { fileURLToPath } from "node:url";
import * as z from "zod";
import type { Bench, Figure } from "./figure.ts";
import { run } from "./processes.ts";

const PROGRAM = fileURLToPath(new URL("./request-process.ts", import.meta.url));
const TURNS = 300;
const RATIO_LIMIT = { atMost: 2 };

/** Microseconds of one request, the medians over all turns. */
const toldSchema = z.object({
  bare: z.number(),
  getMe: z.number(),
  getCustomer: z.number(),
  firstOfToken: z.number(),
});
type Told = z.infer<typeof toldSchema>;

export const requestCost: Bench = {
  name: "request-cost",
  summary: "CPU time of an authenticated request, against the library's conversion alone",
  run: async function* ({ progress }) {
    progress(`${TURNS} turns`);
    const { exitCode, stdout, stderr } = await run(process.execPath, [PROGRAM, String(TURNS)]);
    if (exitCode !== 0) throw new Error(`the process ended with ${exitCode}: ${stderr}`);
    yield* figuresOf(toldSchema.parse(JSON.parse(stdout)));
  },
};

function* figuresOf(told: Told): Generator<Figure> {
  const ratio = (name: string, cost: number): Figure => ({
    name,
    value: cost / told.bare,
    unit: "times",
    detail: `${cost.toFixed(1)} µs against ${told.bare.toFixed(1)} µs`,
  });
  yield { ...ratio("GET /me", told.getMe), limit: RATIO_LIMIT };
  yield { ...ratio("GET /customers/{customerId}", told.getCustomer), limit: RATIO_LIMIT };
  yield ratio("GET /me, first request with a token", told.firstOfToken);
}
