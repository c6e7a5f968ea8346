import * as z from "zod";
import { settingNames } from "../src/platform/config.ts";
import { readIfPresent } from "./kept.ts";

/** What the product reads; a developer's environment holds much else that is not meant for it. */
const PRODUCT_SETTINGS = [...settingNames, "APPLICATIONINSIGHTS_CONNECTION_STRING"];

export type Settings = Readonly<Record<string, string>>;

const localSettings = z.object({ Values: z.record(z.string(), z.string()).default({}) });

/**
 * The settings that the developer gives, those of the environment before those of `local.settings.json`.
 * @throws ZodError or SyntaxError when that file is there and is not of its form.
 */
export async function readGivenSettings(env: NodeJS.ProcessEnv, file: string): Promise<Settings> {
  const text = await readIfPresent(file);
  const fromFile = text === undefined ? {} : localSettings.parse(JSON.parse(text)).Values;
  const fromEnvironment = PRODUCT_SETTINGS.flatMap((name) => {
    const value = env[name];
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
  const given = { ...fromFile, ...Object.fromEntries(fromEnvironment) };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
}

export type PartName = "cosmos" | "serviceBus" | "blob" | "tokens";

const NAMED_BY: Readonly<Record<PartName, readonly string[]>> = {
  cosmos: ["COSMOS_ENDPOINT"],
  serviceBus: ["SERVICEBUS", "SERVICEBUS__fullyQualifiedNamespace"],
  blob: ["BLOB_CONNECTION_STRING", "BLOB_ACCOUNT_URL"],
  tokens: ["TOKEN_ISSUER"],
};

/** Whether the developer names another service for the part, which then takes the place of the stand-in. */
export function isGiven(part: PartName, given: Settings): boolean {
  return NAMED_BY[part].some((name) => given[name] !== undefined);
}

/** Timers of a local stack run often enough to be seen; `{second} {minute} {hour} {day} {month} {weekday}`, UTC. */
export const DEFAULT_SETTINGS = {
  TOKEN_AUDIENCE: "api://customer-activity",
  CPOD_SCHEDULE: "0 */5 * * * *",
  VERIFY_SCHEDULE: "0 */10 * * * *",
  SETTLE_SCHEDULE: "0 * * * * *",
  // An answer that breaks its own contract is to be seen here first.
  VALIDATE_RESPONSES: "true",
} as const satisfies Settings;
