import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as z from "zod";
import { sampleSettings } from "../../infra/sample-settings.ts";
import { lintBindings } from "../../local/functions-host/bindings-lint.ts";
import { describeFunctions } from "../../local/functions-host/host.ts";
import { readConfig, settingNames } from "../../src/platform/config.ts";

const repositoryPath = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Settings of the platform itself, which the app does not read. */
const PLATFORM_SETTINGS = [
  "AzureWebJobsStorage",
  "FUNCTIONS_NODE_BLOCK_ON_ENTRY_POINT_ERROR",
  "FUNCTIONS_WORKER_RUNTIME",
  "MALLOC_ARENA_MAX",
  "languageWorkers__node__arguments",
];

/** A consumer of a batch has to end within the lock of its messages, which grows with the size of the batch. */
const BATCH_SIZE_MAX = 100;

const count = z.int().min(1);
const hostJsonSchema = z.strictObject({
  version: z.literal("2.0"),
  // What a report of many lines, or a timer over every ledger, may take.
  functionTimeout: z.literal("00:30:00"),
  logging: z.strictObject({
    logLevel: z.record(
      z.string(),
      z.enum(["Trace", "Debug", "Information", "Warning", "Error", "Critical", "None"]),
    ),
    applicationInsights: z.strictObject({
      samplingSettings: z.strictObject({
        isEnabled: z.boolean(),
        excludedTypes: z
          .string()
          .regex(
            /^(Dependency|Event|Exception|PageView|Request|Trace)(;(Dependency|Event|Exception|PageView|Request|Trace))*$/,
          )
          // A line that says what is wrong with a ledger or an event is a trace: none may be sampled away.
          .refine((types) => types.split(";").includes("Trace")),
      }),
    }),
  }),
  extensions: z.strictObject({
    http: z.strictObject({
      routePrefix: z.string(),
      maxConcurrentRequests: count,
      maxOutstandingRequests: count,
    }),
    serviceBus: z.strictObject({
      maxMessageBatchSize: count.max(BATCH_SIZE_MAX),
      // Reports alone come one by one: an instance makes one at a time.
      maxConcurrentCalls: z.literal(1),
      autoCompleteMessages: z.literal(true),
      prefetchCount: z.int().min(0),
    }),
  }),
  extensionBundle: z.strictObject({
    id: z.literal("Microsoft.Azure.Functions.ExtensionBundle"),
    version: z.literal("[4.*, 5.0.0)"),
  }),
});

async function hostJson(): Promise<unknown> {
  return JSON.parse(await readFile(repositoryPath("host.json"), "utf8"));
}

test("the sample of local settings is one that the app starts with", async () => {
  const config = readConfig(await sampleSettings());
  expect(config.cosmos.database).toBe("customer-activity");
  expect(config.validateResponses).toBe(true);
});

test("the sample lists every setting of the app, those of the platform, and no other", async () => {
  expect(Object.keys(await sampleSettings()).toSorted()).toEqual(
    [...settingNames, ...PLATFORM_SETTINGS].toSorted(),
  );
});

test("host.json has only what is known, with values of their kind", async () => {
  expect(hostJsonSchema.safeParse(await hostJson()).error).toBeUndefined();
});

test("every binding names settings that exist, routes and schedules that work on the platform", async () => {
  const settings = await sampleSettings();
  const entry = repositoryPath("functions/main.ts");
  const functions = await describeFunctions({ entry, settings, onLog: () => undefined });
  expect(functions.map(({ name }) => name)).toContain("consumeDeliveryEvents");
  expect(lintBindings(functions, await hostJson(), settings)).toEqual([]);
});
