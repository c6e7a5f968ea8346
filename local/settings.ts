import { basename } from "node:path";
import * as z from "zod";
import { settingNames } from "../src/platform/config.ts";
import { readIfPresent } from "./kept.ts";

/** What the product reads; a developer's environment holds much else that is not meant for it. */
const PRODUCT_SETTINGS = [...settingNames, "APPLICATIONINSIGHTS_CONNECTION_STRING"];

export type Settings = Readonly<Record<string, string>>;

const localSettings = z.object({ Values: z.record(z.string(), z.string()).default({}) });

/** What the developer gives, and where each setting came from, for people. */
export type GivenSettings = { readonly settings: Settings; readonly origins: Settings };

/**
 * The settings that the developer gives, those of the environment before those of `local.settings.json`. A key or an
 * address that belongs to a service which is not named is left out: it would not fit the stand-in.
 * @throws ZodError or SyntaxError when that file is there and is not of its form.
 */
export async function readGivenSettings(env: NodeJS.ProcessEnv, file: string): Promise<GivenSettings> {
  const text = await readIfPresent(file);
  const fromFile = withoutEmpty(text === undefined ? {} : localSettings.parse(JSON.parse(text)).Values);
  const fromEnvironment = withoutEmpty(
    Object.fromEntries(PRODUCT_SETTINGS.map((name) => [name, env[name] ?? ""])),
  );
  const all = { ...fromFile, ...fromEnvironment };
  const settings = Object.fromEntries(Object.entries(all).filter(([name]) => isOfUse(name, all)));
  const origins = Object.fromEntries(
    Object.keys(settings).map((name) => [name, name in fromEnvironment ? "the environment" : basename(file)]),
  );
  return { settings, origins };
}

function withoutEmpty(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ""));
}

export const PART_NAMES = ["cosmos", "serviceBus", "blob", "tokens", "mail"] as const;
export type PartName = (typeof PART_NAMES)[number];

const NAMED_BY: Readonly<Record<PartName, readonly string[]>> = {
  cosmos: ["COSMOS_ENDPOINT"],
  serviceBus: ["SERVICEBUS", "SERVICEBUS__fullyQualifiedNamespace"],
  blob: ["BLOB_CONNECTION_STRING", "BLOB_ACCOUNT_URL"],
  tokens: ["TOKEN_ISSUER"],
  mail: ["SMTP_URL", "ACS_ENDPOINT", "ACS_CONNECTION_STRING"],
};

const OF_NO_USE_WITHOUT: Settings = { COSMOS_KEY: "COSMOS_ENDPOINT", TOKEN_JWKS_URL: "TOKEN_ISSUER" };

function isOfUse(name: string, given: Settings): boolean {
  const other = OF_NO_USE_WITHOUT[name];
  return other === undefined || given[other] !== undefined;
}

/** The settings by which the developer names another service for the part. */
export function namedBy(part: PartName, given: Settings): readonly string[] {
  return NAMED_BY[part].filter((name) => given[name] !== undefined);
}

/** Whether there is such a service, which then takes the place of the stand-in. */
export function isGiven(part: PartName, given: Settings): boolean {
  return namedBy(part, given).length > 0;
}

/** Timers of a local stack run often enough to be seen; `{second} {minute} {hour} {day} {month} {weekday}`, UTC. */
export const DEFAULT_SETTINGS = {
  languageWorkers__node__arguments: "--max-semi-space-size=16 --max-old-space-size=512",
  MALLOC_ARENA_MAX: "1",
  TOKEN_AUDIENCE: "api://customer-activity",
  CPOD_SCHEDULE: "0 */5 * * * *",
  VERIFY_SCHEDULE: "0 */10 * * * *",
  SETTLE_SCHEDULE: "0 * * * * *",
  MESSAGE_SCHEDULE: "*/15 * * * * *",
  FOLLOW_UP_SCHEDULE: "*/30 * * * * *",
  NOTICE_SCHEDULE: "5,20,35,50 * * * * *",
  TARGET_SCHEDULE: "10,25,40,55 * * * * *",
  ATTACHMENT_SCHEDULE: "0,15,30,45 * * * * *",
  SUBSCRIPTION_SCHEDULE: "8,23,38,53 * * * * *",
  // There is none on most machines. The test text of the industry is found without one.
  SCANNER: "none",
  // A receiver of webhooks is tried on the same machine.
  WEBHOOK_ALLOW_LOOPBACK: "true",
  // An answer that breaks its own contract is to be seen here first.
  VALIDATE_RESPONSES: "true",
} as const satisfies Settings;
