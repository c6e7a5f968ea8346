import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import type { ServiceBusClient } from "@azure/service-bus";
import { parseFaults } from "../faults.ts";
import type { FunctionSummary, StartOrder } from "./channel.ts";
import { type AppRegistry, provideCoreModule } from "./core-module.ts";
import type { FunctionMetadata, ProgrammingModel } from "./core-types.ts";
import { defineFunction, type FunctionDefinition, functionsOf } from "./function-definition.ts";
import { type HostJson, hostJsonSchema } from "./host-json.ts";
import { type HttpServer, listen, serveHttp } from "./http-trigger.ts";
import { createInvoker, type Invoker } from "./invocation.ts";
import type { Log } from "./log.ts";
import { connectServiceBus } from "./service-bus-client.ts";
import { createQueueTrigger, type QueueTrigger, runWithInput } from "./service-bus-trigger.ts";
import { bodyLimitBytes, type Settings } from "./settings.ts";
import { createTimer, type Timer } from "./timer-trigger.ts";

/**
 * The app inside its process: loaded once, then started once. A stop ends what triggers functions first, then waits for
 * those that run, and closes connections last, so that a message whose function ended in time is still settled.
 */
export type RunningApp = {
  readonly url: string;
  readonly port: number;
  readonly functions: readonly FunctionSummary[];
  stop(): Promise<void>;
};

const STOP_GRACE_MS = 10_000;

type LoadedApp = { readonly registry: AppRegistry; readonly model: ProgrammingModel };

/** @throws what the entry point throws, unchanged. */
async function loadApp(entry: string, log: Log): Promise<LoadedApp> {
  const registry = provideCoreModule(log);
  await import(pathToFileURL(entry).href);
  const model = registry.model();
  if (model === undefined) throw new Error(`${entry} registered no function`);
  return { registry, model };
}

export async function describeApp(entry: string, log: Log): Promise<readonly FunctionMetadata[]> {
  const { registry } = await loadApp(entry, log);
  return [...registry.functions.values()].map(({ metadata }) => metadata);
}

export async function startApp(order: StartOrder, settings: Settings, log: Log): Promise<RunningApp> {
  const hostJson = hostJsonSchema.parse(JSON.parse(await readFile(order.hostJson, "utf8")));
  const faults = parseFaults(order.faults);
  const listener = await listen(order.port);
  // As the platform names the host to the app.
  process.env["WEBSITE_HOSTNAME"] ??= `127.0.0.1:${listener.port}`;
  const { registry, model } = await loadApp(order.entry, log);
  const capabilities = await model.getCapabilities({});
  registry.lock();
  const functions = [...registry.functions.values()].map(({ metadata }) =>
    defineFunction(metadata, settings),
  );
  const appHook = { hookData: {}, appHookData: registry.appHookData };
  await registry.runHooks("appStart", { ...appHook, functionAppDirectory: dirname(order.hostJson) });

  const invoker = createInvoker(registry, model);
  const context: StartContext = { settings, hostJson, functions, invoker, log };
  const triggers = await prepareTriggers(context);
  const server = serveHttp({
    listener,
    routePrefix: hostJson.extensions.http.routePrefix,
    functionKey: order.functionKey,
    bodyLimitBytes: bodyLimitBytes(settings),
    proxyUrl: capabilities["HttpUri"],
    faults,
    functions,
    invoker,
    run: (name, input) => runNow(context, triggers, name, input),
    log,
  });
  // Only now: an app whose port is taken has not touched a message.
  for (const queue of triggers.queues) queue.start();
  if (order.timers) for (const timer of triggers.timers.values()) timer.start();
  return {
    url: server.url,
    port: server.port,
    functions: functions.map((definition) => summary(definition, hostJson)),
    async stop() {
      await stopTriggers(server, triggers, invoker, log);
      await registry.runHooks("appTerminate", appHook);
    },
  };
}

type StartContext = {
  readonly settings: Settings;
  readonly hostJson: HostJson;
  readonly functions: readonly FunctionDefinition[];
  readonly invoker: Invoker;
  readonly log: Log;
};

type Triggers = {
  readonly timers: ReadonlyMap<string, Timer>;
  readonly queues: readonly QueueTrigger[];
  readonly clients: readonly ServiceBusClient[];
};

async function prepareTriggers({
  settings,
  hostJson,
  functions,
  invoker,
  log,
}: StartContext): Promise<Triggers> {
  const clients = new Map<string, ServiceBusClient>();
  const queues: QueueTrigger[] = [];
  for (const definition of functionsOf(functions, "serviceBus")) {
    const { connection } = definition.trigger;
    const client = clients.get(connection) ?? (await connectServiceBus(connection, settings));
    clients.set(connection, client);
    const options = hostJson.extensions.serviceBus;
    queues.push(createQueueTrigger({ definition, client, invoker, options, log }));
  }
  const timers = new Map<string, Timer>();
  for (const definition of functionsOf(functions, "timer"))
    timers.set(definition.name, createTimer({ definition, invoker, log }));
  return { timers, queues, clients: [...clients.values()] };
}

async function stopTriggers(
  server: HttpServer,
  { timers, queues, clients }: Triggers,
  invoker: Invoker,
  log: Log,
): Promise<void> {
  for (const timer of timers.values()) timer.stop();
  const deadline = Date.now() + STOP_GRACE_MS;
  await Promise.all([server.stop(STOP_GRACE_MS), ...queues.map((queue) => queue.stop(STOP_GRACE_MS))]);
  const left = await invoker.settled(deadline - Date.now());
  if (left > 0)
    log({
      level: "warning",
      category: "system",
      message: `${left} invocations still ran when the app was stopped`,
    });
  await Promise.allSettled(clients.map((client) => client.close()));
}

function runNow(
  { functions, invoker }: StartContext,
  { timers }: Triggers,
  name: string,
  input: string,
): Promise<void> | undefined {
  const queueFunction = functionsOf(functions, "serviceBus").find((one) => one.name === name);
  if (queueFunction === undefined) return timers.get(name)?.run();
  return runWithInput(queueFunction, invoker, input);
}

function summary(
  { name, trigger, metadata, bindingName }: FunctionDefinition,
  hostJson: HostJson,
): FunctionSummary {
  const type = metadata.bindings[bindingName]?.type ?? "";
  if (trigger.kind !== "http") return { name, type };
  const route = [hostJson.extensions.http.routePrefix, trigger.route.template].filter((part) => part !== "");
  return { name, type, route: route.join("/"), methods: [...trigger.methods] };
}
