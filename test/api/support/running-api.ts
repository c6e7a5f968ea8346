import type { LogLine } from "../../../local/functions-host/host.ts";
import { createEventsClient } from "../../../local/send/client.ts";
import { sendEvents } from "../../../local/send/send-events.ts";
import { newTally, type Tally } from "../../../local/send/tally.ts";
import type { ServiceBus } from "../../../local/service-bus/broker.ts";
import { type Stack, type StackOptions, startStack } from "../../../local/stack.ts";
import type { TokenRequest } from "../../../local/tokens/claims.ts";
import { API_VERSION } from "../../../src/platform/api-version.ts";
import { eventually } from "../../local/service-bus-fixture.ts";
import { type Answer, readAnswer } from "./answer.ts";
import { verificationSchema } from "./shapes.ts";

export const UPSTREAM = {
  email: "upstream@provider.example",
  roles: ["Events.Send"],
} as const satisfies TokenRequest;

const QUEUES = ["delivery-events", "report-jobs", "messages"] as const;
const DRAIN_LIMIT_MS = 60_000;

export type Ask = {
  readonly method?: string;
  /** Below `/api/`, or a whole URL such as a `nextLink`. */
  readonly path: string;
  /** Besides `api-version`, which is added unless it is given here. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
};

type SendOptions = { readonly signal?: AbortSignal; readonly onProgress?: (tally: Tally) => void };

export type RunningApi = {
  readonly stack: Stack;
  /** Of the stack, or the one that a test brought. */
  readonly serviceBus: ServiceBus;
  readonly logs: readonly LogLine[];
  /** @param caller undefined: without a token. */
  readonly ask: (caller: TokenRequest | undefined, ask: Ask) => Promise<Answer>;
  readonly tokenFor: (caller: TokenRequest) => Promise<string>;
  /** Sends as the command does, and waits until it is known what became of each. @throws as `sendEvents` does. */
  readonly send: (lines: readonly string[], options?: SendOptions) => Promise<Tally>;
  /** Waits until the consumer has settled every message. */
  readonly drained: () => Promise<void>;
  /** Runs the timer that proves the roll-ups, and gives what it reported. */
  readonly verifyLedgers: () => Promise<{ readonly ledgers: number; readonly differences: number }>;
};

/** The product on a stack of its own; timers run on request alone. To be ended with `stack.stop()`. */
export async function startApi(
  options: Partial<StackOptions> & { readonly serviceBus?: ServiceBus } = {},
): Promise<RunningApi> {
  const logs: LogLine[] = [];
  const stack = await startStack({ port: 0, timers: false, onLog: (line) => logs.push(line), ...options });
  const serviceBus = options.serviceBus ?? stack.serviceBus;
  if (serviceBus === undefined) throw new Error("there is no Service Bus to look into");
  const tokens = new Map<string, Promise<string>>();
  const tokenFor = (caller: TokenRequest): Promise<string> => {
    const key = JSON.stringify(caller);
    const token = tokens.get(key) ?? issuerOf(stack).tokenFor(caller);
    tokens.set(key, token);
    return token;
  };
  return {
    stack,
    serviceBus,
    logs,
    tokenFor,
    ask: async (caller, request) => {
      const token = caller === undefined ? undefined : await tokenFor(caller);
      return ask(stack.apiUrl, token, request);
    },
    send: (lines, sendOptions) => send(stack, tokenFor, lines, sendOptions),
    drained: () => drained(serviceBus),
    verifyLedgers: () => verifyLedgers(stack, logs),
  };
}

function issuerOf({ tokens }: Stack) {
  if (tokens === undefined) throw new Error("the stack has no token issuer of its own");
  return tokens;
}

export async function ask(apiUrl: string, token: string | undefined, request: Ask): Promise<Answer> {
  const { method = "GET", path, query = {}, headers = {}, json } = request;
  const url = URL.canParse(path) ? new URL(path) : new URL(`${apiUrl}/api/${path}`);
  for (const [name, value] of Object.entries({ ...versionFor(url), ...query }))
    if (value !== undefined) url.searchParams.set(name, value);
  const response = await fetch(url, {
    method,
    redirect: "manual",
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(json === undefined ? {} : { body: typeof json === "string" ? json : JSON.stringify(json) }),
  });
  return readAnswer(response.status, response.headers, await response.text());
}

function versionFor(url: URL): Record<string, string> {
  return url.searchParams.has("api-version") ? {} : { "api-version": API_VERSION };
}

async function send(
  stack: Stack,
  tokenFor: RunningApi["tokenFor"],
  lines: readonly string[],
  { signal = new AbortController().signal, onProgress }: SendOptions = {},
): Promise<Tally> {
  const tally = newTally();
  async function* chunks() {
    for (const line of lines) yield Buffer.from(`${line}\n`);
  }
  const client = createEventsClient({ apiUrl: stack.apiUrl, token: () => tokenFor(UPSTREAM), signal });
  await sendEvents({ chunks: chunks(), client, tally, signal, onProgress: () => onProgress?.(tally) });
  return tally;
}

async function drained(serviceBus: ServiceBus): Promise<void> {
  await eventually(() => {
    const waiting = QUEUES.map((queue) => serviceBus.counts(queue));
    return waiting.every(({ active, locked }) => active + locked === 0) ? true : undefined;
  }, DRAIN_LIMIT_MS);
}

async function verifyLedgers({ apiUrl }: Stack, logs: readonly LogLine[]) {
  const from = logs.length;
  const response = await fetch(`${apiUrl}/admin/functions/verifyLedgers?wait=true`, { method: "POST" });
  if (response.status !== 200) throw new Error(`verifyLedgers ended with ${response.status}`);
  // The line comes through another channel than the answer.
  return eventually(() => {
    const lines = logs.slice(from).flatMap(({ message }) => verificationOf(message));
    return lines[0];
  });
}

function verificationOf(message: string) {
  if (!message.startsWith('{"event":"verifyLedgers"')) return [];
  return [verificationSchema.parse(JSON.parse(message))];
}
