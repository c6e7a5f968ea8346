import { once } from "node:events";
import { connect } from "node:net";
import { type GivenSettings, namedBy, PART_NAMES, type PartName, type Settings } from "./settings.ts";

const ANSWER_LIMIT_MS = 4_000;
const AMQP_PORT = 5672;
const AMQPS_PORT = 5671;
/** Of protocols without HTTP, where an address names no port. */
const USUAL_PORTS: Readonly<Record<string, number>> = { "sb:": AMQPS_PORT, "smtp:": 587, "smtps:": 465 };

/** Where a service is, and which setting says so. It has no part of a setting that is secret. */
type Place = { readonly setting: string; readonly url: URL };

/**
 * Asks every service that the developer names whether it is there, before anything waits for it in silence. Any answer
 * will do; whether it is the right one shows later.
 * @throws Error with a line for each that does not answer: its setting, where that came from, and what to do.
 */
export async function checkGivenServices(given: GivenSettings): Promise<void> {
  const problems = await Promise.all(PART_NAMES.map((part) => problemOf(part, given)));
  const lines = problems.filter((problem) => problem !== undefined);
  if (lines.length > 0) throw new Error(lines.join("\n"));
}

async function problemOf(part: PartName, { settings, origins }: GivenSettings): Promise<string | undefined> {
  const place = placeOf(part, settings);
  if (place === undefined) return undefined;
  const { setting, url } = place;
  try {
    await (url.protocol in USUAL_PORTS ? connected(url) : answered(url));
    return undefined;
  } catch (error) {
    const names = namedBy(part, settings);
    const what = names.length === 1 && names[0] === setting ? "it" : names.join(" and ");
    const origin = origins[setting] ?? "the caller";
    return (
      `${setting}, from ${origin}, names a service that does not answer: ${url.host} (${reasonOf(error)}). ` +
      `Start that service, or remove ${what} to use the stand-in.`
    );
  }
}

/** Undefined for a service that is not named, or not legibly: then the app says what the setting should look like. */
function placeOf(part: PartName, settings: Settings): Place | undefined {
  if (namedBy(part, settings).length === 0) return undefined;
  for (const [setting, addressIn] of PLACES[part]) {
    const value = settings[setting];
    if (value === undefined) continue;
    const address = addressIn(value);
    return URL.canParse(address) ? { setting, url: new URL(address) } : undefined;
  }
  return undefined;
}

type Places = readonly (readonly [setting: string, addressIn: (value: string) => string])[];

/** The first that is given is what the app uses. */
const PLACES: Readonly<Record<PartName, Places>> = {
  cosmos: [["COSMOS_ENDPOINT", (url) => url]],
  serviceBus: [
    ["SERVICEBUS", serviceBusAddress],
    ["SERVICEBUS__fullyQualifiedNamespace", (host) => `sb://${host}`],
  ],
  blob: [
    ["BLOB_CONNECTION_STRING", blobAddress],
    ["BLOB_ACCOUNT_URL", (url) => url],
  ],
  // The app asks the issuer for its keys alone.
  tokens: [["TOKEN_JWKS_URL", (url) => url]],
  mail: [
    ["SMTP_URL", (url) => url],
    ["ACS_ENDPOINT", (url) => url],
    ["ACS_CONNECTION_STRING", (text) => /(?:^|;)endpoint=([^;]+)/i.exec(text)?.[1] ?? ""],
  ],
};

function serviceBusAddress(connectionString: string): string {
  const { Endpoint, UseDevelopmentEmulator } = fieldsOf(connectionString);
  if (Endpoint === undefined || !URL.canParse(Endpoint)) return "";
  const { hostname, port } = new URL(Endpoint);
  const usual = UseDevelopmentEmulator === "true" ? AMQP_PORT : AMQPS_PORT;
  return `sb://${hostname}:${port === "" ? usual : port}`;
}

function blobAddress(connectionString: string): string {
  const { UseDevelopmentStorage, BlobEndpoint, ...account } = fieldsOf(connectionString);
  if (UseDevelopmentStorage === "true") return "http://127.0.0.1:10000";
  if (BlobEndpoint !== undefined) return BlobEndpoint;
  const {
    AccountName = "",
    EndpointSuffix = "core.windows.net",
    DefaultEndpointsProtocol = "https",
  } = account;
  return `${DefaultEndpointsProtocol}://${AccountName}.blob.${EndpointSuffix}`;
}

function fieldsOf(connectionString: string): Readonly<Partial<Record<FieldName, string>>> {
  const fields = connectionString.split(";").map((field) => {
    const at = field.indexOf("=");
    return [field.slice(0, at).trim(), field.slice(at + 1).trim()] as const;
  });
  return Object.fromEntries(fields);
}

type FieldName =
  | "Endpoint"
  | "UseDevelopmentEmulator"
  | "UseDevelopmentStorage"
  | "BlobEndpoint"
  | "AccountName"
  | "EndpointSuffix"
  | "DefaultEndpointsProtocol";

/** Without the query: a signature may be in it. */
async function answered({ origin, pathname }: URL): Promise<void> {
  const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
  const response = await fetch(`${origin}${pathname}`, { signal, redirect: "manual" });
  await response.body?.cancel();
}

async function connected({ hostname, port, protocol }: URL): Promise<void> {
  const socket = connect({ host: hostname, port: Number(port || USUAL_PORTS[protocol]) });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
  } finally {
    socket.destroy();
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError" || error.name === "AbortError") {
    return `nothing came within ${ANSWER_LIMIT_MS / 1000} s`;
  }
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}
