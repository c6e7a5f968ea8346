import { randomUUID } from "node:crypto";
import type { ServiceBusClient, ServiceBusReceivedMessage } from "@azure/service-bus";
import type { FunctionOf, ServiceBusTrigger } from "./function-definition.ts";
import type { ServiceBusOptions } from "./host-json.ts";
import type { Invoker } from "./invocation.ts";
import { errorMessage, errorText, type Log } from "./log.ts";
import { type MessageContent, toBatchContent, toSingleContent } from "./service-bus-message.ts";
import { openReceiver, type QueueReceiver } from "./service-bus-receiver.ts";
import { allEnded, pause } from "./wait.ts";

/**
 * Receives, runs and settles the messages of one queue function.
 *
 * Batches run one after another, and nothing is received while one runs, so that no lock runs out on a message that
 * waits; the lock of a batch is not renewed, as on the platform. Single messages run side by side, up to
 * `maxConcurrentCalls`, and their locks are renewed. What a function throws abandons its messages: the broker counts the
 * delivery and dead-letters.
 */
export type QueueTrigger = {
  start(): void;
  /** Receives no more; resolves when what runs has ended and its messages are settled, at the latest after that time. */
  stop(graceMs: number): Promise<void>;
};

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5000;

export type QueueTriggerOptions = {
  readonly definition: FunctionOf<ServiceBusTrigger>;
  readonly client: ServiceBusClient;
  readonly invoker: Invoker;
  readonly options: ServiceBusOptions;
  readonly log: Log;
};

type Write = (level: "information" | "warning" | "error", message: string) => void;

export function createQueueTrigger(given: QueueTriggerOptions): QueueTrigger {
  const { definition, client, options, log } = given;
  const { queueName, many } = definition.trigger;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const write: Write = (level, message) =>
    log({ level, category: "system", message, functionName: definition.name });
  const lockRenewalMs = many ? 0 : options.maxAutoLockRenewalDuration;
  let receiver = openReceiver(client, queueName, lockRenewalMs);

  const runAll = async (messages: readonly ServiceBusReceivedMessage[]): Promise<void> => {
    if (messages.length === 0) return;
    const groups = many ? [messages] : messages.map((message) => [message]);
    for (const group of groups) {
      const run: Promise<void> = runGroup(given, receiver, group, write).finally(() => running.delete(run));
      running.add(run);
    }
    if (many) await Promise.all(running);
  };

  const loop = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const free = many ? options.maxMessageBatchSize : options.maxConcurrentCalls - running.size;
      if (free <= 0) {
        await Promise.race(running);
        continue;
      }
      try {
        const messages = await receiver.receive(free, stopping.signal);
        if (failures > 0) write("information", `queue ${queueName} can be reached again`);
        failures = 0;
        await runAll(messages);
      } catch (error) {
        if (stopping.signal.aborted) return;
        // Once for each outage, not for each try.
        if (failures === 0) write("warning", `queue ${queueName}: ${errorMessage(error)}`);
        await pause(Math.min(FIRST_BACKOFF_MS * 2 ** failures++, MAX_BACKOFF_MS), stopping.signal);
        await receiver.close();
        receiver = openReceiver(client, queueName, lockRenewalMs);
      }
    }
  };
  let ended = Promise.resolve();
  return {
    start() {
      ended = loop()
        .catch((error: unknown) => write("error", errorText(error)))
        .then(async () => {
          await Promise.all(running);
        });
    },
    async stop(graceMs) {
      stopping.abort();
      await allEnded([ended], graceMs);
    },
  };
}

async function runGroup(
  { definition, invoker, options }: QueueTriggerOptions,
  receiver: QueueReceiver,
  messages: readonly ServiceBusReceivedMessage[],
  write: Write,
): Promise<void> {
  const isCompleted = definition.trigger.autoComplete ?? options.autoCompleteMessages;
  const succeeded = await runMessages(definition, invoker, messages, write);
  if (succeeded && !isCompleted) return;
  const failures: unknown[] = [];
  for (const message of messages)
    await receiver
      .settle(message, succeeded ? "complete" : "abandon")
      .catch((error: unknown) => failures.push(error));
  if (failures.length > 0)
    write(
      "warning",
      `${failures.length} of ${messages.length} messages could not be settled: ${errorMessage(failures[0])}`,
    );
}

/** False when the function threw, which has been logged, or when the messages cannot be given to one. */
async function runMessages(
  definition: FunctionOf<ServiceBusTrigger>,
  invoker: Invoker,
  messages: readonly ServiceBusReceivedMessage[],
  write: Write,
): Promise<boolean> {
  const [first] = messages;
  let content: MessageContent;
  try {
    content =
      definition.trigger.many || first === undefined ? toBatchContent(messages) : toSingleContent(first);
  } catch (error) {
    write("error", errorMessage(error));
    return false;
  }
  return await runContent(definition, invoker, content).then(
    () => true,
    () => false,
  );
}

/** @throws what the function threw, which has been logged. */
async function runContent(
  { name, bindingName }: FunctionOf<ServiceBusTrigger>,
  invoker: Invoker,
  { data, metadata, traceContext }: MessageContent,
): Promise<void> {
  await invoker.invoke(name, {
    inputData: [{ name: bindingName, data }],
    triggerMetadata: metadata,
    traceContext,
  });
}

/** Runs the function with a text as its message, or as a batch of that one message, past the queue. */
export async function runWithInput(
  definition: FunctionOf<ServiceBusTrigger>,
  invoker: Invoker,
  input: string,
): Promise<void> {
  const message = { body: input, messageId: randomUUID(), deliveryCount: 0 };
  const content = definition.trigger.many ? toBatchContent([message]) : toSingleContent(message);
  await runContent(definition, invoker, content);
}
