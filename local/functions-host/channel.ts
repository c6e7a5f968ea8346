import * as z from "zod";
import { logLine } from "./log.ts";

/** What the two processes tell each other. Both parse what they receive. */

const startOrder = z.object({
  kind: z.literal("start"),
  entry: z.string(),
  hostJson: z.string(),
  port: z.int().min(0).max(65_535),
  functionKey: z.string(),
  timers: z.boolean(),
  faults: z.string(),
});

/** Load the app, tell what it registered, run nothing. */
const describeOrder = z.object({ kind: z.literal("describe"), entry: z.string() });

export const order = z.discriminatedUnion("kind", [
  startOrder,
  describeOrder,
  z.object({ kind: z.literal("stop") }),
]);

const functionSummary = z.object({
  name: z.string(),
  /** Such as `httpTrigger`. */
  type: z.string(),
  /** With the route prefix. */
  route: z.string().optional(),
  methods: z.array(z.string()).optional(),
});

const binding = z.looseObject({ type: z.string(), direction: z.string() });

export const functionMetadata = z.object({
  name: z.string(),
  bindings: z.record(z.string(), binding),
});

export const report = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("log"), line: logLine }),
  z.object({
    kind: z.literal("ready"),
    url: z.string(),
    port: z.int(),
    functions: z.array(functionSummary),
  }),
  z.object({ kind: z.literal("described"), functions: z.array(functionMetadata) }),
  z.object({ kind: z.literal("failed"), message: z.string() }),
]);

export type StartOrder = Readonly<z.infer<typeof startOrder>>;
export type Order = Readonly<z.infer<typeof order>>;
export type Report = Readonly<z.infer<typeof report>>;
export type FunctionSummary = Readonly<z.infer<typeof functionSummary>>;
