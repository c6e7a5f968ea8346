/** The settings of the app, parsed once at start: a wrong one ends the start with its name and what it should look like. */
import * as z from "zod";

const SIGNING_KEY_BYTES_MIN = 32;

const url = z.url({
  protocol: /^https?$/,
  error: "must be a URL, such as https://example.documents.azure.com",
});
const given = z.string().min(1, "must not be empty");
const schedule = z
  .string({ error: "is required: an NCRONTAB schedule" })
  .regex(/^\S+( \S+){5}$/, "must be an NCRONTAB schedule of six fields, such as 0 */5 * * * *");

const settingsSchema = z
  .object({
    COSMOS_ENDPOINT: url,
    /** Absent: the identity of the app is used. */
    COSMOS_KEY: given.optional(),
    COSMOS_DATABASE: given.default("customer-activity"),
    SERVICEBUS: given.optional(),
    SERVICEBUS__fullyQualifiedNamespace: given.optional(),
    BLOB_CONNECTION_STRING: given.optional(),
    BLOB_ACCOUNT_URL: url.optional(),
    TOKEN_ISSUER: url,
    TOKEN_AUDIENCE: given,
    TOKEN_JWKS_URL: url,
    SIGNING_KEY: z
      .base64("must be base64")
      .transform((text) => new Uint8Array(Buffer.from(text, "base64")))
      .refine(
        (key) => key.byteLength >= SIGNING_KEY_BYTES_MIN,
        `must be at least ${SIGNING_KEY_BYTES_MIN} bytes in base64, such as the output of: openssl rand -base64 32`,
      ),
    CPOD_SCHEDULE: schedule,
    VERIFY_SCHEDULE: schedule,
    SETTLE_SCHEDULE: schedule,
    PUBLIC_BASE_URL: url.transform((text) => new URL(text)).optional(),
    VALIDATE_RESPONSES: z.enum(["true", "false"]).default("false"),
  })
  .refine((settings) => settings.SERVICEBUS ?? settings.SERVICEBUS__fullyQualifiedNamespace, {
    path: ["SERVICEBUS"],
    message:
      "is required: a connection string, or SERVICEBUS__fullyQualifiedNamespace such as example.servicebus.windows.net",
  })
  .refine((settings) => settings.BLOB_CONNECTION_STRING ?? settings.BLOB_ACCOUNT_URL, {
    path: ["BLOB_CONNECTION_STRING"],
    message:
      "is required: a connection string, or BLOB_ACCOUNT_URL such as https://example.blob.core.windows.net",
  });

export type Config = {
  readonly cosmos: { readonly endpoint: string; readonly key: string | undefined; readonly database: string };
  readonly serviceBus: { readonly connectionString: string } | { readonly namespace: string };
  readonly blob: { readonly connectionString: string } | { readonly accountUrl: string };
  readonly tokens: { readonly issuer: string; readonly audience: string; readonly jwksUrl: URL };
  readonly signingKey: Uint8Array;
  readonly publicBaseUrl: URL | undefined;
  readonly validateResponses: boolean;
};

class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`the settings are not complete:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.name = "ConfigError";
  }
}

/** @throws ConfigError that names every wrong or missing setting. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = settingsSchema.safeParse(present);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((issue) => describe(issue, present)));
  const settings = parsed.data;
  return {
    cosmos: {
      endpoint: settings.COSMOS_ENDPOINT,
      key: settings.COSMOS_KEY,
      database: settings.COSMOS_DATABASE,
    },
    serviceBus:
      settings.SERVICEBUS === undefined
        ? { namespace: settings.SERVICEBUS__fullyQualifiedNamespace ?? "" }
        : { connectionString: settings.SERVICEBUS },
    blob:
      settings.BLOB_CONNECTION_STRING === undefined
        ? { accountUrl: settings.BLOB_ACCOUNT_URL ?? "" }
        : { connectionString: settings.BLOB_CONNECTION_STRING },
    tokens: {
      issuer: settings.TOKEN_ISSUER,
      audience: settings.TOKEN_AUDIENCE,
      jwksUrl: new URL(settings.TOKEN_JWKS_URL),
    },
    signingKey: settings.SIGNING_KEY,
    publicBaseUrl: settings.PUBLIC_BASE_URL,
    validateResponses: settings.VALIDATE_RESPONSES === "true",
  };
}

function describe(issue: z.core.$ZodIssue, present: Readonly<Record<string, string | undefined>>): string {
  const name = issue.path.join(".");
  const missing = present[name] === undefined && issue.code === "invalid_type";
  return missing ? `${name}: is required` : `${name}: ${issue.message}`;
}

/** Names of all settings, for the sample file and the templates. */
export const settingNames: readonly string[] = Object.keys(settingsSchema.shape);
