import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { build } from "../../infra/build.ts";
import { sampleSettings } from "../../infra/sample-settings.ts";
import { startFunctionsHost } from "../../local/functions-host/host.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { API_VERSION } from "../../src/platform/api-version.ts";
import { DOCS_FILES } from "../../src/platform/docs.ts";
import { FONT_FILES } from "../../src/platform/report-fonts.ts";
import { AGREEMENT, agreementEvent, CUSTOMER, deliveryEvent } from "../fakes/events.ts";
import { until } from "../local/support/commands.ts";

let folder: string;
let metafile: Metafile;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bundle-"));
  metafile = await build(folder);
});

afterAll(() => rm(folder, { recursive: true }));

const inBundle = (path: string): string => join(folder, path);

/** Loads the bundle in a process of its own that notes every file it loads as code. */
async function filesOpenedByLoading(): Promise<readonly string[]> {
  const script = `
    import { registerHooks } from "node:module";
    const loaded = new Set();
    registerHooks({
      load(url, context, nextLoad) {
        if (url.startsWith("file:")) loaded.add(url);
        return nextLoad(url, context);
      },
    });
    await import(${JSON.stringify(pathToFileURL(inBundle("main.js")).href)});
    console.log(JSON.stringify([...loaded]));
    process.exit(0);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
    env: { PATH: process.env["PATH"], ...(await sampleSettings()) },
    cwd: folder,
  });
  return z.array(z.string()).parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
}

const activityPage = z.object({
  enterpriseWide: z.object({
    categories: z.array(z.object({ category: z.string(), consumed: z.int().nullable() })),
  }),
});

function consumedOfAdvisory(page: unknown): number | null | undefined {
  const { categories } = activityPage.parse(page).enterpriseWide;
  return categories.find(({ category }) => category === "asNeeded")?.consumed;
}

describe("the folder that is deployed", () => {
  test("has the bundle, what the host reads, the fonts and the files of the documentation page, and no more", async () => {
    const files = await readdir(folder, { recursive: true });
    expect(files.map((file) => file.replaceAll(sep, "/")).toSorted()).toEqual(
      [
        "fonts",
        ...FONT_FILES.map(({ to }) => `fonts/${to}`),
        "host.json",
        "main.js",
        "main.js.LEGAL.txt",
        "main.js.map",
        "package.json",
        "swagger-ui",
        ...DOCS_FILES.map((file) => `swagger-ui/${file}`),
      ].toSorted(),
    );
  });

  test("needs nothing to be installed: the package has no dependencies and the bundle asks only Node and the worker", async () => {
    const content: unknown = JSON.parse(await readFile(inBundle("package.json"), "utf8"));
    expect(content).toEqual({
      name: "customer-activity",
      version: expect.any(String),
      private: true,
      type: "module",
      main: "main.js",
    });
    const asked = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    expect(asked.filter((path) => !isBuiltin(path) && path !== "@azure/functions-core")).toEqual([]);
  });

  test("has nothing of the local stack, the tests or their packages in it", () => {
    const inputs = Object.keys(metafile.inputs);
    expect(inputs).toContain("functions/main.ts");
    const own = inputs.filter((path) => !path.startsWith("node_modules/"));
    expect(own.filter((path) => !/^(functions|src)\//.test(path))).toEqual([]);
    expect(
      inputs.filter((path) =>
        /^node_modules\/(azurite|croner|fast-check|postal-mime|smtp-server|vitest)\//.test(path),
      ),
    ).toEqual([]);
  });

  test("opens one file of code when it is loaded", async () => {
    expect(await filesOpenedByLoading()).toEqual([pathToFileURL(inBundle("main.js")).href]);
  });

  test("refuses wrong settings with a message that names each of them", async () => {
    const settings = { ...(await sampleSettings()), COSMOS_ENDPOINT: "cosmos", SIGNING_KEY: "" };
    const starting = startFunctionsHost({
      entry: inBundle("main.js"),
      hostJson: inBundle("host.json"),
      settings,
      port: 0,
      onLog: () => undefined,
    });
    const message = await starting.then(
      () => "started",
      (error: unknown) => String(error),
    );
    expect(message).toContain("COSMOS_ENDPOINT: must be a URL");
    expect(message).toContain("SIGNING_KEY: is required");
    expect(message).not.toContain("TOKEN_ISSUER");
  });
});

describe("the bundle, run by the functions host", () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ port: 0, entry: inBundle("main.js"), timers: false });
  });

  afterAll(() => stack.stop());

  const get = async (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${stack.apiUrl}/api/${path}`, { headers });

  const bearer = async (email: string, ...roles: "Events.Send"[]): Promise<Record<string, string>> => ({
    authorization: `Bearer ${await stack.tokens?.tokenFor({ email, roles })}`,
  });

  test("answers that it is healthy", async () => {
    expect(await (await get("health")).json()).toEqual({ status: "healthy" });
  });

  test("gives its OpenAPI document and the page that shows it, from the files beside it", async () => {
    const document = z.object({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) });
    const { openapi, paths } = document.parse(await (await get("openapi.json")).json());
    expect(openapi).toMatch(/^3\.1/);
    expect(Object.keys(paths)).toContain("/events");
    expect(await (await get("docs")).text()).toContain("docs/assets/script");
    for (const [asset, file] of [
      ["style", "swagger-ui.css"],
      ["script", "swagger-ui-bundle.js"],
    ]) {
      const served = await (await get(`docs/assets/${asset}`)).text();
      expect(served).toBe(await readFile(inBundle(`swagger-ui/${file}`), "utf8"));
    }
  });

  test("takes an event in and counts it", async () => {
    const response = await fetch(`${stack.apiUrl}/api/events?api-version=${API_VERSION}`, {
      method: "POST",
      headers: {
        ...(await bearer("desk@provider.example", "Events.Send")),
        "content-type": "application/cloudevents-batch+json",
      },
      body: `[${agreementEvent({ endDate: "2099-12-31" })},${deliveryEvent("bundled-1")}]`,
    });
    expect(response.status).toBe(202);
    const admin = await bearer("admin@cust-t.example");
    const consumed = async (): Promise<unknown> => {
      const page = await get(
        `customers/${CUSTOMER}/activity?api-version=${API_VERSION}&agreements=${AGREEMENT}`,
        admin,
      );
      return page.ok ? consumedOfAdvisory(await page.json()) : undefined;
    };
    await until("the 15 minutes are counted", async () => (await consumed()) === 15);
  });
});
