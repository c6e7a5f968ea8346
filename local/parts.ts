import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type RunningBlob, startBlob } from "./blob/server.ts";
import { type CosmosServer, startCosmos } from "./cosmos/server.ts";
import { type FaultSource, parseFaults } from "./faults.ts";
import { keptSecret } from "./kept.ts";
import { type RunningMailbox, startMailbox } from "./mailbox/server.ts";
import type { Resources } from "./resources.ts";
import { type ServiceBus, startServiceBus } from "./service-bus/broker.ts";
import { DEFAULT_SETTINGS, isGiven, type PartName, type Settings } from "./settings.ts";
import { type RunningTokens, startTokens } from "./tokens/server.ts";

/** Whom messages come from while the mailbox takes them. */
const MAIL_FROM = "no-reply@provider.example";

export type Parts = {
  /** Undefined, as the next four, when the settings name another service. */
  readonly tokens: RunningTokens | undefined;
  readonly cosmos: CosmosServer | undefined;
  readonly serviceBus: ServiceBus | undefined;
  readonly blob: RunningBlob | undefined;
  readonly mail: RunningMailbox | undefined;
  /** What the app needs to reach those that were started. */
  readonly settings: Settings;
};

export type PartsOptions = {
  readonly given: Settings;
  readonly resources: Resources;
  /** One for each part, two for the mailbox; 0, or none, takes any that is free. */
  readonly ports: readonly number[];
  readonly dataDir: string | undefined;
  readonly faults: Partial<Readonly<Record<PartName, string>>> | undefined;
};

/** Starts, side by side, every stand-in that `given` does not replace, and leaves its end to `running`. */
export async function startParts(options: PartsOptions, running: AsyncDisposableStack): Promise<Parts> {
  const { given, dataDir } = options;
  const part = async <T extends { close(): Promise<void> }>(
    name: PartName,
    start: () => Promise<T>,
  ): Promise<T | undefined> => {
    if (isGiven(name, given)) return undefined;
    const started = await start();
    running.defer(() => started.close());
    return started;
  };
  const [tokenPort = 0, blobPort = 0, cosmosPort = 0, serviceBusPort = 0, ...mailPorts] = options.ports;
  const [mailboxPort = 0, smtpPort = 0] = mailPorts;
  const { queues } = options.resources.serviceBus;
  const audience = given["TOKEN_AUDIENCE"] ?? DEFAULT_SETTINGS.TOKEN_AUDIENCE;
  const starting = [
    part("tokens", () =>
      startTokens({ port: tokenPort, audience, ...extras(options, "tokens", "token-key.pem") }),
    ),
    part("blob", () => {
      const { dataFile, ...more } = extras(options, "blob", "blob");
      return startBlob({ port: blobPort, dataDir: dataFile, ...more });
    }),
    part("cosmos", () => startCosmos({ port: cosmosPort, ...extras(options, "cosmos", "cosmos.sqlite") })),
    part("serviceBus", () =>
      startServiceBus({
        port: serviceBusPort,
        queues,
        ...extras(options, "serviceBus", "service-bus.sqlite"),
      }),
    ),
    part("mail", () =>
      startMailbox({ smtpPort, port: mailboxPort, ...extras(options, "mail", "mailbox.sqlite") }),
    ),
    keptSecret(keptIn(dataDir, "signing-key"), async () => randomBytes(32).toString("base64")),
  ] as const;
  // All of them, even when one fails: what starts after a failure has to be ended too.
  await Promise.allSettled(starting);
  const [tokens, blob, cosmos, serviceBus, mail, signingKey] = await Promise.all(starting);
  const settings: Settings = {
    SIGNING_KEY: signingKey,
    COSMOS_DATABASE: options.resources.cosmos.database,
    ...(cosmos && { COSMOS_ENDPOINT: cosmos.endpoint, COSMOS_KEY: cosmos.key }),
    ...(serviceBus && { SERVICEBUS: serviceBus.connectionString }),
    ...(blob && { BLOB_CONNECTION_STRING: blob.connectionString }),
    ...(mail && { SMTP_URL: mail.smtpUrl, MAIL_FROM }),
    ...(tokens && { TOKEN_ISSUER: tokens.issuer, TOKEN_JWKS_URL: tokens.jwksUrl }),
  };
  return { tokens, cosmos, serviceBus, blob, mail, settings };
}

function extras(
  { dataDir, faults }: PartsOptions,
  part: PartName,
  name: string,
): { readonly dataFile?: string; readonly faults?: FaultSource } {
  const dataFile = keptIn(dataDir, name);
  const setting = faults?.[part];
  return {
    ...(dataFile !== undefined && { dataFile }),
    ...(setting !== undefined && { faults: parseFaults(setting) }),
  };
}

function keptIn(dataDir: string | undefined, name: string): string | undefined {
  return dataDir === undefined ? undefined : join(dataDir, name);
}
