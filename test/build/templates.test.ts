import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { sampleSettings } from "../../infra/sample-settings.ts";
import { type Resources, readResources } from "../../local/resources.ts";
import { DEFAULT_SETTINGS } from "../../local/settings.ts";
import { readConfig, settingNames } from "../../src/platform/config.ts";

/**
 * The compiler of the templates runs where there is a network. What can be told of their text is told here: above all,
 * that they and the app speak of the same settings, containers and queues.
 */

const infra = new URL("../../infra/", import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, infra), "utf8");

/** Secrets of services: in the cloud the app signs in with its identity. */
const KEYS = ["COSMOS_KEY", "SERVICEBUS", "BLOB_CONNECTION_STRING", "SMTP_URL", "ACS_CONNECTION_STRING"];
const PLATFORM_SETTINGS = [
  "APPLICATIONINSIGHTS_CONNECTION_STRING",
  "AzureWebJobsStorage__accountName",
  "FUNCTIONS_NODE_BLOCK_ON_ENTRY_POINT_ERROR",
  "MALLOC_ARENA_MAX",
  "languageWorkers__node__arguments",
];

let main: string;
let modules: ReadonlyMap<string, string>;
let resources: Resources;

beforeAll(async () => {
  main = await read("main.bicep");
  const names = await readdir(new URL("modules/", infra));
  modules = new Map(
    await Promise.all(names.map(async (name) => [`modules/${name}`, await read(`modules/${name}`)] as const)),
  );
  resources = await readResources(fileURLToPath(new URL("resources.json", infra)));
});

/** Names at one depth of a block that starts with `opening` and ends with its brace. */
function namesIn(text: string, opening: RegExp, indent: number): readonly string[] {
  const start = opening.exec(text);
  if (start === null) return [];
  const rest = text.slice(start.index + start[0].length);
  const block = rest.slice(0, rest.search(new RegExp(`^ {${indent - 2}}\\}`, "m")));
  return [...block.matchAll(new RegExp(`^ {${indent}}(\\w+):`, "gm"))].map(([, name = ""]) => name);
}

const moduleText = (path: string): string => modules.get(path) ?? "";

describe("the templates", () => {
  test("give the app every setting that it reads, but for keys of services, and no other", () => {
    const given = namesIn(moduleText("modules/app.bicep"), /name: 'appsettings'\n {2}properties: \{\n/, 4);
    const expected = settingNames.filter((name) => !KEYS.includes(name));
    expect(given.toSorted()).toEqual([...expected, ...PLATFORM_SETTINGS].toSorted());
  });

  test("start the engine as the sample and the local stack do", async () => {
    const sample = await sampleSettings();
    for (const name of ["languageWorkers__node__arguments", "MALLOC_ARENA_MAX"] as const) {
      expect(moduleText("modules/app.bicep")).toContain(`    ${name}: '${sample[name]}'\n`);
      expect(DEFAULT_SETTINGS[name]).toBe(sample[name]);
    }
  });

  test("create what resources.json says and repeat none of it", () => {
    expect(main).toContain("loadJsonContent('resources.json')");
    const all = [main, ...modules.values()].join("\n");
    const names = [
      resources.cosmos.database,
      ...resources.cosmos.containers.flatMap(({ id, partitionKey }) => [id, partitionKey]),
      ...Object.keys(resources.serviceBus.queues),
      ...resources.blob.containers,
    ];
    expect(names.filter((name) => all.includes(`'${name}'`))).toEqual([]);
    for (const part of ["cosmos.database", "cosmos.containers", "serviceBus.queues", "blob.containers"]) {
      expect(main).toContain(`resources.${part}`);
    }
  });

  test("pass on every property that resources.json gives a container or a queue", () => {
    const containers = new Set(resources.cosmos.containers.flatMap((container) => Object.keys(container)));
    for (const property of containers) {
      expect(moduleText("modules/cosmos.bicep")).toMatch(new RegExp(`definition\\.\\??${property}\\b`));
    }
    const queues = new Set(Object.values(resources.serviceBus.queues).flatMap((queue) => Object.keys(queue)));
    for (const property of queues) {
      expect(moduleText("modules/service-bus.bicep")).toContain(`definition.value.${property}\n`);
    }
  });

  test("call each module with exactly its parameters", () => {
    const calls = [...main.matchAll(/^module \w+ '([^']+)' = \{\n([\s\S]*?)^\}/gm)];
    expect(calls.map(([, path = ""]) => path).toSorted()).toEqual([...modules.keys()].toSorted());
    for (const [, path = "", body = ""] of calls) {
      const declared = [...moduleText(path).matchAll(/^param (\w+)/gm)].map(([, name = ""]) => name);
      expect(namesIn(body, /^ {2}params: \{\n/m, 4).toSorted(), path).toEqual(declared.toSorted());
    }
  });

  test("use only outputs that a module has", () => {
    const paths = new Map(
      [...main.matchAll(/^module (\w+) '([^']+)'/gm)].map(([, name, path]) => [name, path]),
    );
    const uses = [...main.matchAll(/\b(\w+)\.outputs\.(\w+)/g)];
    expect(uses.length).toBeGreaterThan(0);
    for (const [, name, output] of uses) {
      expect(moduleText(paths.get(name) ?? "")).toMatch(new RegExp(`^output ${output} `, "m"));
    }
  });

  test("take as audience the client id that tokens of version 2 carry, and no other form", async () => {
    expect(moduleText("modules/app.bicep")).toContain("/v2.0'");
    expect(main).toMatch(/@minLength\(36\)\n@maxLength\(36\)\nparam tokenAudience string\n/);
    expect(await read("README.md")).toMatch(/tokenAudience="<client id of the app registration>"/);
    expect(await read("README.md")).not.toContain("api://");
  });

  test("end every name that is unique in the whole cloud with what tells one resource group from another", async () => {
    expect(main).toContain("var suffix = uniqueString(resourceGroup().id)");
    const names = [...main.matchAll(/^ {4}(?:account|namespace|reportsAccount|hostAccount)Name: (.+)$/gm)];
    const made = names.map(([, value = ""]) => value).filter((value) => !value.includes(".outputs."));
    expect(made).toHaveLength(4);
    expect(made.filter((value) => !/\$\{suffix\}/.test(value))).toEqual([]);
    // A default may use other parameters, but no variable.
    expect(main).toMatch(
      /^param appName string = '\$\{name\}-app-\$\{uniqueString\(resourceGroup\(\)\.id\)\}'$/m,
    );
    expect(main).toMatch(/^param publicBaseUrl string = 'https:\/\/\$\{appName\}\.azurewebsites\.net'$/m);
    expect(await read("README.md")).toContain('--name "$app"');
  });

  test("let the app's identity read the lengths of queues, by which the platform scales, and change none", () => {
    const roles = moduleText("modules/roles.bicep");
    expect([...roles.matchAll(/\bactions: (.+)/g)].map(([, actions]) => actions)).toEqual([
      "['Microsoft.ServiceBus/namespaces/*/read']",
    ]);
    const assignment = /^resource queueLengthRole [\s\S]*?^\}/m.exec(roles)?.[0] ?? "";
    expect(assignment).toContain("scope: serviceBusNamespace\n");
    expect(assignment).toContain("queueLengthReader.name");
  });

  test("keep files of reports, in the account as in the app, for as long as one parameter says", () => {
    const storage = moduleText("modules/storage.bicep");
    const rule = /name: 'delete-old-reports'[\s\S]*?^ {8}\}/m.exec(storage)?.[0] ?? "";
    expect(rule).toContain("prefixMatch: [reportsPrefix]\n");
    for (const what of ["baseBlob", "snapshot", "version"]) {
      const deletion = "{\\s+delete: \\{\\s+daysAfterCreationGreaterThan: reportRetentionDays\\s+\\}\\s+\\}";
      expect(rule).toMatch(new RegExp(`${what}: \\${deletion}`));
    }
    const prefix = /^var reportsPrefix = '(.+)\/'$/m.exec(storage)?.[1];
    expect(resources.blob.containers).toContain(prefix);
    expect(moduleText("modules/app.bicep")).toContain("REPORT_RETENTION_DAYS: string(reportRetentionDays)\n");
    expect(main.match(/^ {4}reportRetentionDays: reportRetentionDays$/gm)).toHaveLength(2);
  });

  test("take for the time that reports are kept what the app takes, and no more", async () => {
    const declared = /^@minValue\((\d+)\)\n@maxValue\((\d+)\)\nparam reportRetentionDays int = (\d+)$/m.exec(
      main,
    );
    const [min, max, usual] = z.tuple([z.string(), z.string(), z.string()]).parse(declared?.slice(1));
    const sample = await sampleSettings();
    const daysWith = (REPORT_RETENTION_DAYS: string): number =>
      readConfig({ ...sample, REPORT_RETENTION_DAYS }).reportRetentionDays;
    expect([min, max].map(daysWith)).toEqual([Number(min), Number(max)]);
    expect(daysWith("")).toBe(Number(usual));
    for (const outside of [Number(min) - 1, Number(max) + 1]) {
      expect(() => daysWith(String(outside))).toThrow("REPORT_RETENTION_DAYS");
    }
  });

  test("protect files of reports only where one parameter says so, which then gives all that it takes", () => {
    expect(main).toMatch(/^param reportImmutability bool = false$/m);
    expect(main.match(/^ {4}reportImmutability: reportImmutability$/gm)).toHaveLength(3);
    expect(moduleText("modules/app.bicep")).toContain(
      "REPORT_IMMUTABLE: reportImmutability ? 'true' : 'false'\n",
    );
    const storage = moduleText("modules/storage.bicep");
    expect(storage).toContain("isVersioningEnabled: true\n");
    expect(storage).toMatch(
      /reportImmutability && '\$\{containerName\}\/' == reportsPrefix\s+\? \{\s+immutableStorageWithVersioning: \{\s+enabled: true\s+\}\s+\}\s+: \{\}/,
    );
    const roles = moduleText("modules/roles.bicep");
    expect([...roles.matchAll(/\bdataActions: (.+)/g)].map(([, actions]) => actions)).toEqual([
      "['Microsoft.Storage/storageAccounts/blobServices/containers/blobs/immutableStorage/runAsSuperUser/action']",
    ]);
    expect(roles.match(/ = if \(reportImmutability\) \{$/gm)).toHaveLength(2);
    const assignment = /^resource reportProtectorRole [\s\S]*?^\}/m.exec(roles)?.[0] ?? "";
    expect(assignment).toContain("scope: reportsAccount\n");
    expect(assignment).toContain("reportProtector.name");
  });

  test("let nobody in with a key, and nothing over plain HTTP", () => {
    expect(moduleText("modules/cosmos.bicep")).toContain("disableLocalAuth: true");
    expect(moduleText("modules/service-bus.bicep")).toContain("disableLocalAuth: true");
    expect(moduleText("modules/mail.bicep")).toContain("disableLocalAuth: true");
    expect(moduleText("modules/storage.bicep")).toContain("allowSharedKeyAccess: false");
    expect(moduleText("modules/storage.bicep").match(/properties: closed/g)).toHaveLength(2);
    expect(moduleText("modules/app.bicep")).toContain("httpsOnly: true");
    expect([...modules.values()].join("\n")).not.toMatch(/listKeys|listConnectionStrings/);
  });
});
