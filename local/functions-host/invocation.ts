import { randomBytes, randomUUID } from "node:crypto";
import type { AppRegistry, RegisteredFunction } from "./core-module.ts";
import type {
  CoreInvocationContext,
  InvocationRequest,
  InvocationResponse,
  ProgrammingModel,
  TraceContext,
} from "./core-types.ts";
import { errorText } from "./log.ts";
import { allEnded } from "./wait.ts";

/**
 * Runs functions through the library's own invocation model, in the worker's order: arguments, pre-invocation hooks,
 * the function, post-invocation hooks, response. What the function throws comes out of `invoke`.
 */
export type Invoker = {
  /** @throws what the function or a hook threw, after it has been logged. */
  invoke(name: string, request: InvocationRequest, invocationId?: string): Promise<InvocationResponse>;
  /** Resolves when no invocation is running, at the latest after that time; answers how many still run. */
  settled(timeoutMs: number): Promise<number>;
};

export function createInvoker(registry: AppRegistry, model: ProgrammingModel): Invoker {
  const running = new Set<Promise<InvocationResponse>>();
  return {
    async invoke(name, request, invocationId = randomUUID()) {
      const registered = registry.functions.get(name);
      if (registered === undefined) throw new Error(`there is no function "${name}"`);
      const run = runOnce({ registry, model, registered, request, invocationId });
      running.add(run);
      try {
        return await run;
      } catch (error) {
        const invocation = { functionName: name, invocationId, context: undefined };
        registry.log("error", "system", errorText(error), invocation);
        throw error;
      } finally {
        running.delete(run);
      }
    },
    async settled(timeoutMs) {
      await allEnded(running, timeoutMs);
      return running.size;
    },
  };
}

type Run = {
  readonly registry: AppRegistry;
  readonly model: ProgrammingModel;
  readonly registered: RegisteredFunction;
  readonly request: InvocationRequest;
  readonly invocationId: string;
};

async function runOnce(run: Run): Promise<InvocationResponse> {
  const { registry, model, registered, request, invocationId } = run;
  const { metadata, callback } = registered;
  let invocationContext: unknown;
  const coreContext: CoreInvocationContext = {
    invocationId,
    request: {
      triggerMetadata: {},
      traceContext: traceContextFrom(undefined, undefined),
      ...request,
      invocationId,
      functionId: metadata.name,
    },
    metadata: { ...metadata, functionId: metadata.name },
    state: undefined,
    log: (level, category, message) =>
      registry.log(level, category, message, {
        functionName: metadata.name,
        invocationId,
        context: invocationContext,
      }),
  };
  const invocation = model.getInvocationModel(coreContext);
  const { context, inputs } = await invocation.getArguments();
  invocationContext = context;

  // What a pre-invocation hook puts in place of inputs or function is what runs.
  const hookData = {};
  const shared = { hookData, appHookData: registry.appHookData, invocationContext: context };
  const before = { ...shared, inputs, functionCallback: callback };
  coreContext.state = "preInvocationHooks";
  await registry.runHooks("preInvocation", before);

  const after: { result: unknown; error: unknown; readonly [other: string]: unknown } = {
    ...shared,
    inputs: before.inputs,
    result: null,
    error: null,
  };
  coreContext.state = "invocation";
  try {
    after.result = await invocation.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    after.error = error ?? new Error("the function threw nothing");
  }
  coreContext.state = "postInvocationHooks";
  await registry.runHooks("postInvocation", after);
  coreContext.state = undefined;
  if (after.error !== null && after.error !== undefined) throw after.error;
  return invocation.getResponse(context, after.result);
}

const TRACE_PARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;

/** A span of its own in the caller's trace, or in a new trace when the caller names none. */
export function traceContextFrom(traceParent: unknown, traceState: unknown): TraceContext {
  const parent = typeof traceParent === "string" ? TRACE_PARENT.exec(traceParent) : null;
  const [, traceId = randomBytes(16).toString("hex"), flags = "01"] = parent ?? [];
  return {
    traceParent: `00-${traceId}-${randomBytes(8).toString("hex")}-${flags}`,
    traceState: parent !== null && typeof traceState === "string" ? traceState : "",
    attributes: {},
  };
}
