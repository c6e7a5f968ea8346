/** The settings of the app, parsed once at start: a wrong one ends the start with its name and what it should look like. */
import * as z from "zod";
import { type ScannerSetting, scannerSchema } from "./malware-scanner.ts";

const SIGNING_KEY_BYTES_MIN = 32;

const url = z.url({
  protocol: /^https?$/,
  error: "must be a URL, such as https://example.documents.azure.com",
});
/** Paths are the service's own: one that was dropped in silence would be missing in every link. */
const origin = z
  .string()
  .refine(
    (text) => URL.canParse(text) && new URL(text).href === `${new URL(text).origin}/`,
    "must be an origin alone, without a path, a query or a fragment, such as https://api.example.org",
  )
  .pipe(url)
  .transform((text) => new URL(text));
const given = z.string().min(1, "must not be empty");
const schedule = z
  .string({ error: "is required: an NCRONTAB schedule" })
  .regex(/^\S+( \S+){5}$/, "must be an NCRONTAB schedule of six fields, such as 0 */5 * * * *");

const smtpUrl = z
  .url({
    protocol: /^smtps?$/,
    error: "must be a URL, such as smtps://user:password@smtp.example.org",
  })
  .transform((text) => new URL(text));
const ACCESS_CACHE_SECONDS_MAX = 60;
const ACCESS_CACHE_SECONDS_DEFAULT = 15;
const UPLOAD_LINK_MINUTES_MIN = 5;
/** Azure signs with an identity for seven days at most; what a link can still write to is kept so long. */
const UPLOAD_LINK_MINUTES_MAX = 1_440;
const UPLOAD_LINK_MINUTES_DEFAULT = 60;
const REPORT_LINK_MINUTES_MIN = 10;
/** Thirty days: less than files of reports are kept at the least, so that no link outlives what it opens by design. */
const REPORT_LINK_MINUTES_MAX = 43_200;
const REPORT_LINK_MINUTES_DEFAULT = 10_080;
const REPORT_RETENTION_DAYS_MIN = 31;
const REPORT_RETENTION_DAYS_MAX = 36_500;
/** Seven years. */
const REPORT_RETENTION_DAYS_DEFAULT = 2_557;

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .refine(
      (text) => /^\d{1,6}$/.test(text) && Number(text) >= min && Number(text) <= max,
      `must be a whole number from ${min} to ${max}`,
    )
    .transform(Number);

/** Set by the platform alone, so it is no setting of the templates. */
const HOST_SETTING = "WEBSITE_HOSTNAME";

/** Each of them names what carries mail. */
const MAIL_CARRIERS = ["SMTP_URL", "ACS_ENDPOINT", "ACS_CONNECTION_STRING"] as const;

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
    MESSAGE_SCHEDULE: schedule,
    FOLLOW_UP_SCHEDULE: schedule,
    NOTICE_SCHEDULE: schedule,
    TARGET_SCHEDULE: schedule,
    ATTACHMENT_SCHEDULE: schedule,
    SUBSCRIPTION_SCHEDULE: schedule,
    /** Without a default: whether files of strangers are scanned is for the operator to say. */
    SCANNER: scannerSchema,
    /** How long a link writes to one upload. */
    UPLOAD_LINK_MINUTES: wholeNumber(UPLOAD_LINK_MINUTES_MIN, UPLOAD_LINK_MINUTES_MAX).default(
      UPLOAD_LINK_MINUTES_DEFAULT,
    ),
    /** How long a recipient's own link to a report opens. */
    REPORT_LINK_MINUTES: wholeNumber(REPORT_LINK_MINUTES_MIN, REPORT_LINK_MINUTES_MAX).default(
      REPORT_LINK_MINUTES_DEFAULT,
    ),
    /** How long files of reports are kept; the account's life cycle is to have the same number. */
    REPORT_RETENTION_DAYS: wholeNumber(REPORT_RETENTION_DAYS_MIN, REPORT_RETENTION_DAYS_MAX).default(
      REPORT_RETENTION_DAYS_DEFAULT,
    ),
    /** Whether files of issued reports get a policy of immutability; their container has to be made for it. */
    REPORT_IMMUTABLE: z.enum(["true", "false"]).default("false"),
    MAIL_FROM: z.email("must be an e-mail address, such as no-reply@example.org"),
    SMTP_URL: smtpUrl.optional(),
    ACS_CONNECTION_STRING: z
      .string()
      .regex(/^endpoint=[^;]+;accesskey=.+$/i, "must have the form endpoint=https://…;accesskey=…")
      .optional(),
    ACS_ENDPOINT: url.optional(),
    /** Base of the links in messages; absent: messages say in words what to do. */
    WEB_CLIENT_URL: url.transform((text) => new URL(text)).optional(),
    ACCESS_CACHE_SECONDS: wholeNumber(0, ACCESS_CACHE_SECONDS_MAX).default(ACCESS_CACHE_SECONDS_DEFAULT),
    /** Webhooks may lead to this machine itself, over plain HTTP too: for a developer's own. */
    WEBHOOK_ALLOW_LOOPBACK: z.enum(["true", "false"]).default("false"),
    PUBLIC_BASE_URL: origin.optional(),
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
  })
  .refine((settings) => MAIL_CARRIERS.filter((name) => settings[name] !== undefined).length === 1, {
    path: ["SMTP_URL"],
    message:
      "or one of ACS_ENDPOINT and ACS_CONNECTION_STRING is required, and only one of the three: " +
      "smtps://user:password@smtp.example.org, https://example.communication.azure.com or endpoint=https://…;accesskey=…",
  });

export type Config = {
  readonly cosmos: { readonly endpoint: string; readonly key: string | undefined; readonly database: string };
  readonly serviceBus: { readonly connectionString: string } | { readonly namespace: string };
  readonly blob: { readonly connectionString: string } | { readonly accountUrl: string };
  readonly tokens: { readonly issuer: string; readonly audience: string; readonly jwksUrl: URL };
  readonly mail: { readonly from: string; readonly carrier: MailCarrier };
  /** Base of the links in messages. */
  readonly webClientUrl: URL | undefined;
  readonly signingKey: Uint8Array;
  /** The address of the service that people and programs use. */
  readonly publicBaseUrl: URL | undefined;
  readonly validateResponses: boolean;
  /** For how long what was read about a caller may be used again; 0: not at all. */
  readonly accessCacheSeconds: number;
  readonly webhooksAllowLoopback: boolean;
  readonly scanner: ScannerSetting;
  readonly uploadLinkMinutes: number;
  readonly reportLinkMinutes: number;
  readonly reportRetentionDays: number;
  readonly reportsAreImmutable: boolean;
};

/**
 * Where the service is, if nobody said: the platform names the host, and a developer's host names itself, without TLS.
 * @throws ConfigError
 */
function ownAddress(host: string | undefined): URL | undefined {
  if (host === undefined) return undefined;
  if (!/^[a-z0-9.-]+(:\d{1,5})?$/i.test(host) || !URL.canParse(`https://${host}`))
    throw new ConfigError([`${HOST_SETTING}: must be a host, such as example.azurewebsites.net`]);
  const isHere = /^(localhost|127\.0\.0\.1)(:|$)/i.test(host);
  return new URL(`${isHere ? "http" : "https"}://${host}`);
}

type MailCarrier =
  | { readonly smtpUrl: URL }
  | { readonly acsConnectionString: string }
  | { readonly acsEndpoint: string };

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
    mail: { from: settings.MAIL_FROM, carrier: mailCarrier(settings) },
    webClientUrl: settings.WEB_CLIENT_URL,
    signingKey: settings.SIGNING_KEY,
    publicBaseUrl: settings.PUBLIC_BASE_URL ?? ownAddress(present[HOST_SETTING]),
    validateResponses: settings.VALIDATE_RESPONSES === "true",
    accessCacheSeconds: settings.ACCESS_CACHE_SECONDS,
    webhooksAllowLoopback: settings.WEBHOOK_ALLOW_LOOPBACK === "true",
    scanner: settings.SCANNER,
    uploadLinkMinutes: settings.UPLOAD_LINK_MINUTES,
    reportLinkMinutes: settings.REPORT_LINK_MINUTES,
    reportRetentionDays: settings.REPORT_RETENTION_DAYS,
    reportsAreImmutable: settings.REPORT_IMMUTABLE === "true",
  };
}

function mailCarrier(settings: z.infer<typeof settingsSchema>): MailCarrier {
  const { SMTP_URL, ACS_CONNECTION_STRING, ACS_ENDPOINT } = settings;
  if (SMTP_URL !== undefined) return { smtpUrl: SMTP_URL };
  return ACS_CONNECTION_STRING === undefined
    ? { acsEndpoint: ACS_ENDPOINT ?? "" }
    : { acsConnectionString: ACS_CONNECTION_STRING };
}

function describe(issue: z.core.$ZodIssue, present: Readonly<Record<string, string | undefined>>): string {
  const name = issue.path.join(".");
  const missing = present[name] === undefined && issue.code === "invalid_type";
  return missing ? `${name}: is required` : `${name}: ${issue.message}`;
}

/** Names of all settings, for the sample file and the templates. */
export const settingNames: readonly string[] = Object.keys(settingsSchema.shape);
