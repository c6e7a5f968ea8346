import * as z from "zod";
import type { FunctionMetadata, RetryOptions } from "./core-types.ts";
import { parseRoute, type Route } from "./routes.ts";
import { parseSchedule, type Schedule } from "./schedule.ts";
import { resolveReferences, type Settings } from "./settings.ts";

/**
 * A registered function as the host runs it. Whatever a function asks for that this host does not do (other triggers,
 * input and output bindings, sessions, topics) is refused when the app starts: nothing is left out in silence.
 */
export type FunctionDefinition = {
  readonly name: string;
  /** The name under which the library expects the trigger's data. */
  readonly bindingName: string;
  readonly metadata: FunctionMetadata;
  readonly trigger: Trigger;
};

export type HttpTrigger = {
  readonly kind: "http";
  /** Without the route prefix of `host.json`. */
  readonly route: Route;
  /** In upper case. */
  readonly methods: readonly string[];
  readonly needsKey: boolean;
};

export type TimerTrigger = {
  readonly kind: "timer";
  readonly schedule: Schedule;
  readonly runOnStartup: boolean;
  readonly retry: RetryOptions | undefined;
};

export type ServiceBusTrigger = {
  readonly kind: "serviceBus";
  readonly queueName: string;
  readonly connection: string;
  readonly many: boolean;
  /** None: as `host.json` says. */
  readonly autoComplete: boolean | undefined;
};

export type Trigger = HttpTrigger | TimerTrigger | ServiceBusTrigger;
export type FunctionOf<T extends Trigger> = FunctionDefinition & { readonly trigger: T };

const triggerBinding = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("httpTrigger"),
    route: z.string().optional(),
    methods: z.array(z.string().toUpperCase()).min(1),
    authLevel: z.enum(["anonymous", "function", "admin"]).default("anonymous"),
  }),
  z.object({
    type: z.literal("timerTrigger"),
    schedule: z.string(),
    runOnStartup: z.boolean().default(false),
  }),
  z.object({
    type: z.literal("serviceBusTrigger"),
    queueName: z.string(),
    connection: z.string(),
    cardinality: z.enum(["one", "many"]).default("one"),
    autoCompleteMessages: z.boolean().optional(),
    isSessionsEnabled: z.literal(false).optional(),
    sdkBinding: z.literal(false).optional(),
  }),
]);

/** @throws Error that names the function and what is wrong with it. */
export function defineFunction(metadata: FunctionMetadata, settings: Settings): FunctionDefinition {
  const { name } = metadata;
  try {
    const [bindingName, ...others] = Object.keys(metadata.bindings).filter((key) => key !== "$return");
    const returned = metadata.bindings["$return"]?.type;
    if (bindingName === undefined || others.length > 0 || (returned !== undefined && returned !== "http"))
      throw new Error(
        "input and output bindings other than the trigger and an HTTP response are not supported",
      );
    const trigger = parseTrigger(metadata, bindingName, settings);
    if (metadata.retryOptions !== undefined && trigger.kind !== "timer")
      throw new Error("a retry policy has an effect on timers alone");
    return { name, bindingName, metadata, trigger };
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : error;
    throw new Error(`function "${name}": ${reason instanceof Error ? reason.message : String(reason)}`, {
      cause: error,
    });
  }
}

function parseTrigger(metadata: FunctionMetadata, bindingName: string, settings: Settings): Trigger {
  const binding = triggerBinding.parse(metadata.bindings[bindingName]);
  switch (binding.type) {
    case "httpTrigger":
      return {
        kind: "http",
        route: parseRoute(resolveReferences(binding.route ?? metadata.name, settings)),
        methods: binding.methods,
        needsKey: binding.authLevel !== "anonymous",
      };
    case "timerTrigger":
      return {
        kind: "timer",
        schedule: parseSchedule(resolveReferences(binding.schedule, settings)),
        runOnStartup: binding.runOnStartup,
        retry: metadata.retryOptions,
      };
    case "serviceBusTrigger":
      return {
        kind: "serviceBus",
        queueName: resolveReferences(binding.queueName, settings),
        connection: binding.connection,
        many: binding.cardinality === "many",
        autoComplete: binding.autoCompleteMessages,
      };
  }
}

export function functionsOf<K extends Trigger["kind"]>(
  functions: readonly FunctionDefinition[],
  kind: K,
): readonly FunctionOf<Extract<Trigger, { kind: K }>>[] {
  return functions.filter(
    (one): one is FunctionOf<Extract<Trigger, { kind: K }>> => one.trigger.kind === kind,
  );
}
