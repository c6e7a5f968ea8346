import Module from "node:module";
import type {
  FunctionCallback,
  FunctionMetadata,
  Hook,
  HookContext,
  HookName,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from "./core-types.ts";
import { type Log, logLine } from "./log.ts";

/**
 * The module `@azure/functions-core` that only the worker of the platform can supply, and what the app told it.
 * There is one for a process, because the library keeps the first that it finds.
 */

const CORE_MODULE = "@azure/functions-core";
const HOOK_NAMES: readonly string[] = [
  "appStart",
  "appTerminate",
  "preInvocation",
  "postInvocation",
  "log",
] satisfies HookName[];

/** Versions of the worker and the host whose behaviour is imitated; the library asks for no more than that they exist. */
const WORKER_VERSION = "3.13.0";
const HOST_VERSION = "4.1046.100";

const rewrittenLine = logLine.pick({ level: true, message: true });

export type RegisteredFunction = {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
};

export type AppRegistry = {
  readonly functions: ReadonlyMap<string, RegisteredFunction>;
  /** Shared by all hooks of the app, for as long as it runs. */
  readonly appHookData: HookContext;
  model(): ProgrammingModel | undefined;
  /** From here on a registration throws, as it does on the platform once the app has started. */
  lock(): void;
  /** Runs the hooks in the order of their registration, one after another; the first that throws ends it. */
  runHooks(name: HookName, context: HookContext): Promise<void>;
  log(
    level: LogLevel,
    category: LogCategory,
    message: string,
    invocation?: { readonly functionName: string; readonly invocationId: string; readonly context: unknown },
  ): void;
};

class Disposable {
  #dispose: (() => void) | undefined;

  constructor(dispose: () => void) {
    this.#dispose = dispose;
  }

  static from(...disposables: readonly { dispose(): void }[]): Disposable {
    return new Disposable(() => {
      for (const disposable of disposables) disposable.dispose();
    });
  }

  dispose(): void {
    this.#dispose?.();
    this.#dispose = undefined;
  }
}

/** The library looks for this mark before it explains that a hook is too new for the host. */
class UnknownHookError extends RangeError {
  readonly isAzureFunctionsSystemError = true;
}

/** Makes `require("@azure/functions-core")` give the module of the returned registry, in this process, for good. */
export function provideCoreModule(log: Log): AppRegistry {
  const functions = new Map<string, RegisteredFunction>();
  const hooks = new Map<string, Set<Hook>>();
  const appHookData: HookContext = {};
  let model: ProgrammingModel | undefined;
  let locked = false;

  const registry: AppRegistry = {
    functions,
    appHookData,
    model: () => model,
    lock() {
      locked = true;
    },
    async runHooks(name, context) {
      for (const hook of hooks.get(name) ?? []) await hook(context);
    },
    log(level, category, message, invocation) {
      const context: HookContext = {
        level,
        category,
        message,
        invocationContext: invocation?.context,
        hookData: {},
        appHookData,
      };
      for (const hook of hooks.get("log") ?? []) hook(context);
      // A hook may rewrite what the user logged and nothing else.
      const rewritten = category === "user" ? rewrittenLine.safeParse(context).data : undefined;
      const { functionName, invocationId } = invocation ?? {};
      log({
        level: rewritten?.level ?? level,
        category,
        message: rewritten?.message ?? message,
        ...(functionName !== undefined && { functionName }),
        ...(invocationId !== undefined && { invocationId }),
      });
    },
  };

  replaceRequire({
    version: WORKER_VERSION,
    hostVersion: HOST_VERSION,
    Disposable,
    setProgrammingModel(given: ProgrammingModel) {
      model = given;
    },
    getProgrammingModel: () => model,
    registerFunction(metadata: FunctionMetadata, callback: FunctionCallback) {
      if (locked)
        throw new Error(`function "${metadata.name}" was registered after the app had started: too late`);
      if (functions.has(metadata.name))
        throw new Error(`two functions are registered under the name "${metadata.name}"`);
      functions.set(metadata.name, { metadata, callback });
      return new Disposable(() => functions.delete(metadata.name));
    },
    registerHook(name: string, hook: Hook) {
      if (!HOOK_NAMES.includes(name)) throw new UnknownHookError(`there is no hook "${name}"`);
      const named = hooks.get(name) ?? new Set();
      hooks.set(name, named.add(hook));
      return new Disposable(() => named.delete(hook));
    },
    log: (level: LogLevel, category: LogCategory, message: string) => registry.log(level, category, message),
  });
  return registry;
}

/** The technique of the real worker: one name is intercepted, everything else goes to Node. */
function replaceRequire(coreModule: object): void {
  const original = Module.prototype.require;
  Module.prototype.require = function require(this: NodeJS.Module, id: string): unknown {
    return id === CORE_MODULE ? coreModule : original.call(this, id);
  };
}
