import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CosmosClient } from "@azure/cosmos";
import { BlobServiceClient } from "@azure/storage-blob";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { closeServer, listenOnLoopback } from "../../local/http-faults.ts";
import { freePorts } from "../../local/ports.ts";
import { readResources } from "../../local/resources.ts";
import { type Stack, type StackOptions, startStack } from "../../local/stack.ts";
import { isAlive } from "./support/commands.ts";

const RESOURCES = fileURLToPath(new URL("../../infra/resources.json", import.meta.url));
const ENTRY = fileURLToPath(new URL("./support/app.ts", import.meta.url));

function start(options: Partial<StackOptions> = {}): Promise<Stack> {
  return startStack({ port: 0, entry: ENTRY, ...options });
}

function cosmosOf(stack: Stack): CosmosClient {
  const { COSMOS_ENDPOINT: endpoint = "", COSMOS_KEY: key = "" } = stack.settings;
  return new CosmosClient({ endpoint, key });
}

async function settingsOfApp(stack: Stack): Promise<Record<string, string>> {
  const response = await fetch(`${stack.apiUrl}/api/settings`);
  return z.record(z.string(), z.string()).parse(await response.json());
}

function openResources(): readonly string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => kind === "ProcessWrap" || kind === "TCPServerWrap");
}

describe("the local stack", () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await start();
  });

  afterAll(() => stack.stop());

  test("is healthy when it has started", async () => {
    expect((await fetch(`${stack.apiUrl}/api/health`)).status).toBe(200);
  });

  test("gives the app every setting that it needs, and nothing of the developer's environment", async () => {
    const settings = await settingsOfApp(stack);
    expect(settings).toMatchObject(stack.settings);
    expect(Object.keys(stack.settings).sort()).toEqual([
      "ATTACHMENT_SCHEDULE",
      "BLOB_CONNECTION_STRING",
      "COSMOS_DATABASE",
      "COSMOS_ENDPOINT",
      "COSMOS_KEY",
      "CPOD_SCHEDULE",
      "FOLLOW_UP_SCHEDULE",
      "MAIL_FROM",
      "MALLOC_ARENA_MAX",
      "MESSAGE_SCHEDULE",
      "NOTICE_SCHEDULE",
      "SCANNER",
      "SERVICEBUS",
      "SETTLE_SCHEDULE",
      "SIGNING_KEY",
      "SMTP_URL",
      "SUBSCRIPTION_SCHEDULE",
      "TARGET_SCHEDULE",
      "TOKEN_AUDIENCE",
      "TOKEN_ISSUER",
      "TOKEN_JWKS_URL",
      "VALIDATE_RESPONSES",
      "VERIFY_SCHEDULE",
      "WEBHOOK_ALLOW_LOOPBACK",
      "languageWorkers__node__arguments",
    ]);
    expect(Object.keys(settings).filter((name) => name.startsWith("VITEST"))).toEqual([]);
    expect(Buffer.from(stack.settings["SIGNING_KEY"] ?? "", "base64")).toHaveLength(32);
  });

  test("has the containers and queues that the cloud's templates create", async () => {
    const { cosmos } = await readResources(RESOURCES);
    const client = cosmosOf(stack);
    for (const { id, partitionKey, indexingPolicy } of cosmos.containers) {
      const { resource } = await client.database(cosmos.database).container(id).read();
      expect(resource?.partitionKey?.paths).toEqual([partitionKey]);
      const composites = resource?.indexingPolicy?.compositeIndexes ?? [];
      expect(composites).toEqual(indexingPolicy?.compositeIndexes ?? []);
    }
    client.dispose();
    const blobs = BlobServiceClient.fromConnectionString(stack.settings["BLOB_CONNECTION_STRING"] ?? "");
    expect(await blobs.getContainerClient("reports").exists()).toBe(true);
    expect(stack.serviceBus?.counts("delivery-events")).toMatchObject({ active: 0, deadLettered: 0 });
  });

  test("gives tokens that the app's settings verify", async () => {
    const {
      TOKEN_ISSUER: issuer = "",
      TOKEN_AUDIENCE: audience = "",
      TOKEN_JWKS_URL: keys = "",
    } = stack.settings;
    const token = (await stack.tokens?.tokenFor({ email: "ana@cust-a.example" })) ?? "";
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(keys)), { issuer, audience });
    expect(payload["email"]).toBe("ana@cust-a.example");
  });
});

describe("starting the local stack", () => {
  test("does not start a stand-in for a service that is given, and passes that one on", async () => {
    const service = createServer((_, response) => response.writeHead(401).end());
    const host = `127.0.0.1:${await listenOnLoopback(service, 0)}`;
    const given = {
      COSMOS_ENDPOINT: `http://${host}/`,
      SERVICEBUS__fullyQualifiedNamespace: host,
      BLOB_ACCOUNT_URL: `http://${host}`,
      TOKEN_ISSUER: "https://issuer.example",
      TOKEN_JWKS_URL: `http://${host}/keys`,
      ACS_ENDPOINT: `http://${host}`,
      MAIL_FROM: "desk@provider.example",
      CPOD_SCHEDULE: "0 0 0 1 * *",
    };
    const stack = await start({ given });
    const settings = await settingsOfApp(stack);
    await stack.stop();
    await closeServer(service);
    const standIns = [stack.cosmos, stack.serviceBus, stack.blob, stack.tokens, stack.mail];
    expect(standIns).toEqual(Array(5).fill(undefined));
    expect(settings).not.toHaveProperty("SMTP_URL");
    expect(settings).toMatchObject(given);
    expect(settings).not.toHaveProperty("COSMOS_KEY");
    expect(settings).not.toHaveProperty("SERVICEBUS");
    expect(stack.startedEmpty).toBe(false);
  });

  test("moves past ports that are taken", async () => {
    const occupant = createServer();
    const taken = await listenOnLoopback(occupant, 0);
    const stack = await start({ port: taken });
    const { port } = new URL(stack.apiUrl);
    const ports = [
      Number(port),
      stack.tokens?.port,
      stack.blob?.port,
      stack.cosmos?.port,
      stack.serviceBus?.port,
      stack.mail?.port,
      stack.mail?.smtpPort,
    ];
    await stack.stop();
    await closeServer(occupant);
    expect(Number(port)).toBeGreaterThan(taken);
    expect(new Set(ports).size).toBe(7);
  });

  test("says so when there are not enough ports", async () => {
    await expect(freePorts(65_534, 5)).rejects.toThrow(/no 5 free ports/);
  });

  test("keeps data, keys and secrets in its folder, and then knows that it did not start empty", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "stack-"));
    const first = await start({ dataDir });
    expect(first.startedEmpty).toBe(true);
    const before = cosmosOf(first);
    await before
      .database("customer-activity")
      .container("people")
      .items.create({ id: "person", email: "a@b.c" });
    before.dispose();
    await first.stop();

    const second = await start({ dataDir });
    const after = cosmosOf(second);
    const { resource } = await after
      .database("customer-activity")
      .container("people")
      .item("person", "a@b.c")
      .read();
    after.dispose();
    await second.stop();
    await rm(dataDir, { recursive: true });
    expect(resource).toMatchObject({ email: "a@b.c" });
    expect(second.startedEmpty).toBe(false);
    expect(second.settings["SIGNING_KEY"]).toBe(first.settings["SIGNING_KEY"]);
  });

  test("gets through faults of every part", async () => {
    const faults = "503=0.1,slow=0.1@5";
    const stack = await start({ faults: { cosmos: faults, blob: faults, tokens: faults, api: faults } });
    const answers = await Promise.all(Array.from({ length: 60 }, () => fetch(`${stack.apiUrl}/api/health`)));
    await stack.stop();
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
  });

  test.each(["503=0.15", "429=0.1,lost=0.1", "refused=0.15"])(
    "creates its containers through %s of Cosmos DB",
    async (faults) => {
      const stack = await start({ faults: { cosmos: faults } });
      expect(stack.startedEmpty).toBe(true);
      await stack.stop();
    },
  );

  test("throws what the app throws, and leaves nothing running", async () => {
    const broken = fileURLToPath(new URL("./support/broken-app.ts", import.meta.url));
    const before = openResources();
    await expect(start({ entry: broken })).rejects.toThrow(/a setting is missing/);
    expect(openResources()).toEqual(before);
  });

  test("ends the app's process when it stops", async () => {
    const stack = await start();
    const { pid } = stack.host;
    expect(isAlive(pid)).toBe(true);
    await stack.stop();
    expect(isAlive(pid)).toBe(false);
    await expect(fetch(`${stack.apiUrl}/api/health`)).rejects.toThrow();
  });
});
