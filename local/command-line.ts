import { parseArgs } from "node:util";
import * as z from "zod";
import { parseFaults } from "./faults.ts";
import type { FaultyPart } from "./stack.ts";

const DEFAULT_PORT = 7071;

export const START_USAGE = `Usage: npm start -- [options]

Runs the whole product on this machine: the app, and a stand-in for every service of the cloud.

  --data DIR    keeps everything there, for one start at a time; without it all is in memory and gone at the end
  --port N      of the API, default ${DEFAULT_PORT}; the parts take the ports after it, and each that is taken moves on
  --no-demo     loads no demo data
  --verbose     prints every line of the app's log, not only warnings and errors
  --faults SERVICE:SETTING
                makes a part fail now and then, repeatable; SERVICE is cosmos, servicebus, blob, tokens, mail or api,
                SETTING is such as 429=0.01,503=0.01,refused=0.01,lost=0.005,slow=0.02@500 (shares, milliseconds);
                or LOCAL_FAULTS_COSMOS=SETTING and so on in the environment

Set COSMOS_ENDPOINT, SERVICEBUS (or SERVICEBUS__fullyQualifiedNamespace), BLOB_CONNECTION_STRING (or BLOB_ACCOUNT_URL),
TOKEN_ISSUER or SMTP_URL (or ACS_ENDPOINT or ACS_CONNECTION_STRING), in the environment or in the Values of
local.settings.json, to use another service instead of its stand-in.
A service that is named so and does not answer ends the start.`;

export type StartOptions = {
  readonly dataDir: string | undefined;
  readonly port: number;
  readonly demo: boolean;
  readonly verbose: boolean;
  readonly faults: Partial<Readonly<Record<FaultyPart, string>>>;
};

const PARTS: Readonly<Record<string, FaultyPart>> = {
  cosmos: "cosmos",
  servicebus: "serviceBus",
  blob: "blob",
  tokens: "tokens",
  mail: "mail",
  api: "api",
};

const portSchema = z.coerce.number().int().min(0).max(65_535);

/** @throws Error that says what is wrong with an argument. */
export function readStartOptions(args: readonly string[], env: NodeJS.ProcessEnv): StartOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: "string" },
      port: { type: "string", default: String(DEFAULT_PORT) },
      "no-demo": { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      faults: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const port = portSchema.safeParse(values.port);
  if (!port.success) throw new Error(`--port is a number from 0 to 65535, not ${values.port}`);
  const faults = { ...faultsOfEnvironment(env), ...Object.fromEntries(values.faults.map(readFaultOption)) };
  return { dataDir: values.data, port: port.data, demo: !values["no-demo"], verbose: values.verbose, faults };
}

function faultsOfEnvironment(env: NodeJS.ProcessEnv): StartOptions["faults"] {
  const set = Object.entries(PARTS).flatMap(([name, part]) => {
    const setting = env[`LOCAL_FAULTS_${name.toUpperCase()}`];
    return setting === undefined || setting === "" ? [] : [[part, checked(setting)] as const];
  });
  return Object.fromEntries(set);
}

function readFaultOption(text: string): readonly [FaultyPart, string] {
  const [, name = "", setting = ""] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  const part = PARTS[name.toLowerCase()];
  if (part === undefined) {
    throw new Error(
      `--faults is SERVICE:SETTING with SERVICE one of ${Object.keys(PARTS).join(", ")}, not ${text}`,
    );
  }
  return [part, checked(setting)];
}

function checked(setting: string): string {
  try {
    parseFaults(setting);
    return setting;
  } catch (error) {
    const reason =
      error instanceof z.ZodError ? error.issues.map(({ message }) => message).join("; ") : error;
    throw new Error(`The faults "${setting}" are not understood: ${String(reason)}`);
  }
}
