import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import {
  declaresWhatItDeploys,
  deploysAlone,
  hasNoDefaultExport,
  hasNoThirdLevel,
  isNotTooLong,
  keepsAreasInOrder,
  keepsNounsPure,
  keepsTheCloudAtTheEdge,
  namesNoWorkplace,
  pointsInwards,
  type Rule,
} from "./rules.ts";
import { importsOf, type SourceFile, sourceFiles } from "./source.ts";

let files: readonly SourceFile[];
let dependencies: ReadonlySet<string>;

beforeAll(async () => {
  files = await sourceFiles();
  const manifest = z.object({ dependencies: z.record(z.string(), z.string()) });
  dependencies = new Set(Object.keys(manifest.parse(JSON.parse(textOf("package.json"))).dependencies));
});

function textOf(path: string): string {
  const file = files.find((each) => each.path === path);
  if (file === undefined) throw new Error(`there is no ${path}`);
  return file.text;
}

const rules: readonly (readonly [string, Rule])[] = [
  ["what is deployed imports nothing that is not", deploysAlone],
  ["imports point inwards, and only tests import tests", pointsInwards],
  ["an area builds only on those below it, and none on the wiring", keepsAreasInOrder],
  [
    "only stores and the platform import the cloud's SDKs, and triggers their library",
    keepsTheCloudAtTheEdge,
  ],
  ["nouns have no input, output, clock or chance", keepsNounsPure],
  ["an area has no folders", hasNoThirdLevel],
  ["no file is too long to be read at once", isNotTooLong],
  ["nothing is exported as default", hasNoDefaultExport],
  ["no file names a machine, a private registry or a tracker's number", namesNoWorkplace],
];

describe("the repository", () => {
  test.each(rules)("keeps the rule: %s", (_, rule) => {
    expect(files.flatMap(rule)).toEqual([]);
  });

  test("declares every package that is deployed", () => {
    expect(files.flatMap(declaresWhatItDeploys(dependencies))).toEqual([]);
  });

  test("says in a README what each area, the local stack and the infrastructure promise", () => {
    const areas = files.flatMap(({ path }) => /^src\/[^/]+(?=\/)/.exec(path) ?? []);
    const folders = new Set([...areas, "local", "infra"]);
    const present = new Set(files.map(({ path }) => path));
    expect([...folders].filter((folder) => !present.has(`${folder}/README.md`))).toEqual([]);
  });
});

describe("these rules", () => {
  test("see every import of every file", () => {
    const written = /^(?:(?:import|export) .*|\}) ?from "|^import "/gm;
    for (const file of files.filter(({ path }) => path.endsWith(".ts") && !path.startsWith("test/"))) {
      const count = [...file.text.matchAll(written)].length;
      expect(importsOf(file).length, file.path).toBeGreaterThanOrEqual(count);
    }
    expect(importsOf({ path: "src/platform/wiring.ts", text: textOf("src/platform/wiring.ts") })).toEqual(
      expect.arrayContaining([
        { kind: "package", name: "@azure/cosmos" },
        { kind: "file", name: "src/consumption/ledger-store.ts" },
      ]),
    );
  });

  test("see imports over several lines, of types, for their effect and at run time", () => {
    const text = [
      'import {\n  a,\n  b,\n} from "./first.ts";',
      'import type { C } from "../access/second.ts";',
      'import "node:fs/promises";',
      'export * from "@azure/cosmos/inner";',
      'const late = await import("./late.ts");',
    ].join("\n");
    expect(importsOf({ path: "src/agreements/terms.ts", text }).map(({ name }) => name)).toEqual([
      "src/agreements/first.ts",
      "src/access/second.ts",
      "node:fs/promises",
      "@azure/cosmos",
      "src/agreements/late.ts",
    ]);
  });

  const planted: readonly (readonly [string, Rule, string, string])[] = [
    ["the local stack in an area", deploysAlone, "src/access/a.ts", 'import "../../local/kept.ts";'],
    ["a test's file in a trigger", deploysAlone, "functions/http/a.ts", 'import "../../test/fakes/a.ts";'],
    ["a trigger in an area", pointsInwards, "src/access/a.ts", 'import "../../functions/main.ts";'],
    ["a test's file in the local stack", pointsInwards, "local/a.ts", 'import "../test/fakes/a.ts";'],
    ["an area above", keepsAreasInOrder, "src/agreements/a.ts", 'import type { A } from "../access/a.ts";'],
    ["an area in the platform", keepsAreasInOrder, "src/platform/a.ts", 'import "../access/a.ts";'],
    ["the wiring in an area", keepsAreasInOrder, "src/access/a.ts", 'import "../platform/wiring.ts";'],
    ["an area without a place", keepsAreasInOrder, "src/billing/a.ts", 'import "../access/a.ts";'],
    ["an SDK in a noun", keepsTheCloudAtTheEdge, "src/access/a.ts", 'import "@azure/cosmos";'],
    ["an SDK in a trigger", keepsTheCloudAtTheEdge, "functions/queue/a.ts", 'import "@azure/cosmos";'],
    ["files in a noun", keepsNounsPure, "src/access/a.ts", 'import { readFile } from "node:fs/promises";'],
    ["the clock in a noun", keepsNounsPure, "src/access/a.ts", "const now = new Date();"],
    ["chance in a noun", keepsNounsPure, "src/access/a.ts", 'import { randomUUID } from "node:crypto";'],
    ["a folder in an area", hasNoThirdLevel, "src/access/inner/a.ts", ""],
    ["a long file", isNotTooLong, "src/access/a.ts", "\n".repeat(301)],
    ["a default export", hasNoDefaultExport, "src/access/a.ts", "export default 1;"],
    ["a folder of a machine", namesNoWorkplace, "README.md", `see ${["", "home", "me"].join("/")}`],
    ["a private registry", namesNoWorkplace, ".ci/run", `http${"://"}npm.internal.example/`],
    ["a tracker's number", namesNoWorkplace, "src/access/a.ts", ["// fixes", "#12"].join(" ")],
  ];

  test.each(planted)("find %s", (_, rule, path, text) => {
    expect(rule({ path, text })).not.toEqual([]);
  });

  test("find a package that only the build has", () => {
    const file = { path: "src/access/a.ts", text: 'import fc from "fast-check";' };
    expect(declaresWhatItDeploys(dependencies)(file)).not.toEqual([]);
  });

  test("let through what is right", () => {
    const right: readonly SourceFile[] = [
      { path: "src/access/a-store.ts", text: 'import "@azure/cosmos";' },
      { path: "src/reports/a.ts", text: 'import "../consumption/a.ts";\nimport "../platform/a.ts";' },
      { path: "src/access/a.ts", text: 'import { createHash } from "node:crypto";\nnew Date(text);' },
      { path: "README.md", text: "https://registry.npmjs.org and https://example.com/work/a" },
    ];
    const all = [...rules.map(([, rule]) => rule), declaresWhatItDeploys(dependencies)];
    expect(right.flatMap((file) => all.flatMap((rule) => rule(file)))).toEqual([]);
  });
});
