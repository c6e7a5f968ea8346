import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkGivenServices } from "../../local/given-services.ts";
import { closeServer, listenOnLoopback } from "../../local/http-faults.ts";
import type { Settings } from "../../local/settings.ts";
import { startStack } from "../../local/stack.ts";

let service: Server;
/** Answers everything with 401, as a service does that asks for a key. */
let there: string;
let notThere: string;

beforeEach(async () => {
  service = createServer((_, response) => response.writeHead(401).end());
  there = `127.0.0.1:${await listenOnLoopback(service, 0)}`;
  const other = createServer();
  notThere = `127.0.0.1:${await listenOnLoopback(other, 0)}`;
  await closeServer(other);
});

afterEach(() => closeServer(service));

async function problemsWith(settings: Settings, origins: Settings = {}): Promise<readonly string[]> {
  try {
    await checkGivenServices({ settings, origins });
    return [];
  } catch (error) {
    return error instanceof Error ? error.message.split("\n") : [String(error)];
  }
}

const emulatorAt = (host: string): string =>
  `Endpoint=sb://${host};SharedAccessKeyName=n;SharedAccessKey=secret=;UseDevelopmentEmulator=true;`;
const storageAt = (host: string): string =>
  `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=secret=;BlobEndpoint=http://${host}/a?sig=secret;`;

describe("a service that is given", () => {
  test("is content with any answer", async () => {
    const settings = {
      COSMOS_ENDPOINT: `http://${there}/`,
      SERVICEBUS: emulatorAt(there),
      BLOB_CONNECTION_STRING: storageAt(there),
      TOKEN_ISSUER: "https://issuer.example",
      TOKEN_JWKS_URL: `http://${there}/keys`,
      SMTP_URL: `smtp://${there}`,
    };
    expect(await problemsWith(settings)).toEqual([]);
  });

  test.each([
    ["COSMOS_ENDPOINT", () => `http://${notThere}/`],
    ["SERVICEBUS", () => emulatorAt(notThere)],
    ["SERVICEBUS__fullyQualifiedNamespace", () => notThere],
    ["BLOB_CONNECTION_STRING", () => storageAt(notThere)],
    ["BLOB_ACCOUNT_URL", () => `http://${notThere}`],
    ["SMTP_URL", () => `smtp://user:secret@${notThere}`],
    ["ACS_ENDPOINT", () => `http://${notThere}`],
    ["ACS_CONNECTION_STRING", () => `endpoint=http://${notThere}/;accesskey=secret=`],
  ])("is named with %s, its origin and what to do when it does not answer", async (name, value) => {
    const problems = await problemsWith({ [name]: value() }, { [name]: "local.settings.json" });
    expect(problems).toEqual([
      `${name}, from local.settings.json, names a service that does not answer: ${notThere} (ECONNREFUSED). ` +
        "Start that service, or remove it to use the stand-in.",
    ]);
  });

  test("is to be removed by the setting that names it, where another has the address", async () => {
    const settings = { TOKEN_ISSUER: "https://issuer.example", TOKEN_JWKS_URL: `http://${notThere}/keys` };
    const [problem] = await problemsWith(settings, { TOKEN_JWKS_URL: "the environment" });
    expect(problem).toMatch(
      /^TOKEN_JWKS_URL, from the environment, .*remove TOKEN_ISSUER to use the stand-in/,
    );
  });

  test("is told of within seconds when it takes the connection and says nothing", async () => {
    service.removeAllListeners("request");
    const startedAt = performance.now();
    const [problem] = await problemsWith({ COSMOS_ENDPOINT: `http://${there}/` });
    expect(problem).toMatch(/nothing came within 4 s/);
    expect(performance.now() - startedAt).toBeLessThan(6_000);
  });

  test("is one line of several, and no secret is in any", async () => {
    const settings = {
      COSMOS_ENDPOINT: `http://${notThere}/`,
      COSMOS_KEY: "secret",
      SERVICEBUS: emulatorAt(notThere),
      BLOB_CONNECTION_STRING: storageAt(notThere),
    };
    const problems = await problemsWith(settings);
    expect(problems).toHaveLength(3);
    expect(problems.join()).not.toContain("secret");
  });

  test("is left to the app when its setting is not legible", async () => {
    expect(await problemsWith({ COSMOS_ENDPOINT: "nonsense", SERVICEBUS: "nonsense" })).toEqual([]);
  });

  test("ends the start of a stack when it does not answer, before anything is started", async () => {
    const given = { COSMOS_ENDPOINT: `http://${notThere}/`, COSMOS_KEY: "k" };
    const startedAt = performance.now();
    const starting = startStack({ port: 0, given, origins: { COSMOS_ENDPOINT: "the environment" } });
    await expect(starting).rejects.toThrow("COSMOS_ENDPOINT, from the environment,");
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
