import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import type { FunctionsHost } from "../../local/functions-host/host.ts";
import { inSample, useSample } from "./sample-app/start-sample.ts";

const toldBody = z.object({
  function: z.string(),
  method: z.string(),
  url: z.string(),
  params: z.record(z.string(), z.string()),
  query: z.array(z.tuple([z.string(), z.string()])),
  body: z.string(),
  agent: z.string().nullable(),
  traceParent: z.string(),
  invocationId: z.string(),
});

async function tell(
  host: FunctionsHost,
  path: string,
  init: RequestInit = {},
): Promise<z.infer<typeof toldBody>> {
  const response = await fetch(host.url + path, init);
  expect(response.status).toBe(200);
  return toldBody.parse(await response.json());
}

const statusOf = async (host: FunctionsHost, path: string, init: RequestInit = {}): Promise<number> => {
  const response = await fetch(host.url + path, init);
  await response.arrayBuffer();
  return response.status;
};

describe("an HTTP function", () => {
  test("gets method, address, query, headers and body of its request", async () => {
    await using sample = useSample();
    const host = await sample.start("http-app.ts");
    const told = await tell(host, "/api/texts?a=1&b=%C3%BC", {
      method: "POST",
      body: "naïve",
      headers: { "x-agent": "007" },
    });
    expect(told).toMatchObject({
      function: "post",
      method: "POST",
      url: `${host.url}/api/texts?a=1&b=%C3%BC`,
      body: "naïve",
      agent: "007",
      query: [
        ["a", "1"],
        ["b", "ü"],
      ],
    });
  });

  test("is chosen by literals before parameters before the rest of the path", async () => {
    await using sample = useSample();
    const host = await sample.start("http-app.ts");
    expect((await tell(host, "/api/orders/latest")).function).toBe("literal");
    expect((await tell(host, "/API/Orders/LATEST/")).function).toBe("literal");
    expect(await tell(host, "/api/orders/a%20b")).toMatchObject({
      function: "parameter",
      params: { orderId: "a b" },
    });
    expect(await tell(host, "/api/orders/7/lines/2")).toMatchObject({
      function: "rest",
      params: { path: "7/lines/2" },
    });
    expect((await tell(host, "/api/orders")).function).toBe("rest");
    expect((await tell(host, "/api/orders/latest", { method: "PUT" })).function).toBe("parameter");
    expect((await tell(host, "/api/places")).params).toEqual({});
    expect((await tell(host, "/api/places/here")).params).toEqual({ place: "here" });
  });

  test("is not found under a path or a method that nobody lists", async () => {
    await using sample = useSample();
    const host = await sample.start("http-app.ts");
    expect(await statusOf(host, "/api/nowhere")).toBe(404);
    expect(await statusOf(host, "/orders/latest")).toBe(404);
    expect(await statusOf(host, "/api/texts")).toBe(404);
    expect(await statusOf(host, "/api/texts", { method: "HEAD" })).toBe(404);
    expect(await statusOf(host, "/api/texts", { method: "OPTIONS" })).toBe(404);
    expect(await statusOf(host, "/api/orders/7", { method: "HEAD" })).toBe(200);
    expect(await statusOf(host, "/api/options", { method: "OPTIONS" })).toBe(200);
    expect(await statusOf(host, "//elsewhere/api/nothing")).toBe(404);
  });

  test("gets a repeated query key as one, its values joined by commas", async () => {
    await using sample = useSample();
    const host = await sample.start("http-app.ts");
    const told = await tell(host, "/api/orders/1?k=a&other=&K=b&k=c");
    expect(told.query).toEqual([
      ["k", "a,b,c"],
      ["other", ""],
    ]);
  });

  test("sends status, headers, bytes and cookies as it gave them", async () => {
    await using sample = useSample();
    const host = await sample.start("http-app.ts");
    const response = await fetch(`${host.url}/api/full`);
    expect(response.status).toBe(201);
    expect(response.headers.get("x-own")).toBe("1");
    expect(response.headers.get("content-type")).toBe("application/x-bytes");
    expect(response.headers.getSetCookie()).toEqual([
      "first=a%20b; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Strict",
      "second=2; Domain=example.org; Expires=Wed, 02 Jan 2030 03:04:05 GMT",
    ]);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 1]);
    expect(await statusOf(host, "/api/nothing")).toBe(204);
  });

  test("that throws answers 500 without a word, and the log has the reason", async () => {
    await using sample = useSample();
    const host = await sample.start("http-app.ts");
    const response = await fetch(`${host.url}/api/throws`);
    expect([response.status, await response.text()]).toEqual([500, ""]);
    await expect.poll(() => sample.logged.map(({ message }) => message).join()).toContain("no such luck");
  });

  test("joins the trace of its caller with a span of its own", async () => {
    await using sample = useSample();
    const host = await sample.start("http-app.ts");
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const told = await tell(host, "/api/orders/1", { headers: { traceparent } });
    expect(told.traceParent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(told.traceParent).not.toBe(traceparent);
  });

  test("with a level other than anonymous opens with the key alone", async () => {
    await using sample = useSample();
    const host = await sample.start("http-app.ts", { functionKey: "sesame" });
    expect(await statusOf(host, "/api/guarded")).toBe(401);
    expect(await statusOf(host, "/api/guarded?code=wrong")).toBe(401);
    expect(await statusOf(host, "/api/guarded?code=sesame")).toBe(200);
    expect(await statusOf(host, "/api/guarded", { headers: { "x-functions-key": "sesame" } })).toBe(200);
  });

  test("never sees a body above the limit, with or without a declared length", async () => {
    await using sample = useSample();
    const host = await sample.start("http-app.ts", {
      settings: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "1000" },
    });
    const post = (body: string | ReadableStream): Promise<number> =>
      statusOf(host, "/api/texts", { method: "POST", body, duplex: "half" });
    expect(await post("x".repeat(1000))).toBe(200);
    expect(await post("x".repeat(1001))).toBe(413);
    expect(await post(ReadableStream.from([Buffer.alloc(600), Buffer.alloc(600)]))).toBe(413);
  });

  test("is changed by the hooks of its app", async () => {
    await using sample = useSample();
    const host = await sample.start("http-app.ts");
    const response = await fetch(`${host.url}/api/hooked`);
    expect(await response.text()).toBe("from the hook, then after");
  });

  test("logs through the host under its name and its invocation", async () => {
    await using sample = useSample();
    const host = await sample.start("http-app.ts");
    await fetch(`${host.url}/api/logs`);
    await expect.poll(() => sample.logged.filter(({ category }) => category === "console").length).toBe(1);
    const lines = sample.logged.filter(({ functionName }) => functionName === "logs");
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ["information", "told { the: 'host' }"],
      ["warning", "warned"],
    ]);
    expect(lines[0]?.invocationId).toBe(lines[1]?.invocationId);
  });
});

describe("an app that streams", () => {
  test("gets its parameters and sends its body in parts", async () => {
    await using sample = useSample();
    const host = await sample.start("stream-app.ts");
    const body = ReadableStream.from([Buffer.from("a".repeat(70_000)), Buffer.from("b")]);
    const response = await fetch(`${host.url}/api/echo/Ann?q=x`, { method: "POST", body, duplex: "half" });
    expect(response.status).toBe(202);
    expect(response.headers.get("x-name")).toBe("Ann");
    expect(response.headers.get("x-query")).toBe("x");
    expect(response.headers.get("x-ms-invocation-id")).toBeNull();
    expect(await response.text()).toBe(`${"a".repeat(70_000)}b`);
    expect(await (await fetch(`${host.url}/api/parts`)).text()).toBe("one,two");
  });

  test("answers 500 when a function throws and 413 to a body above the limit", async () => {
    await using sample = useSample();
    const host = await sample.start("stream-app.ts", {
      settings: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "1000" },
    });
    expect(await statusOf(host, "/api/throws")).toBe(500);
    expect(await statusOf(host, "/api/echo/Ann", { method: "POST", body: "x".repeat(1001) })).toBe(413);
    expect(await statusOf(host, "/api/parts")).toBe(200);
  });
});

describe("the process of the app", () => {
  test("runs an app that was bundled into one file of JavaScript", async () => {
    await using sample = useSample();
    const directory = await mkdtemp(join(tmpdir(), "functions-host-"));
    const outfile = join(directory, "app.mjs");
    try {
      await build({
        entryPoints: [inSample("http-app.ts")],
        outfile,
        bundle: true,
        platform: "node",
        format: "esm",
        external: ["@azure/functions-core"],
        logLevel: "silent",
        banner: {
          js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
        },
      });
      const host = await sample.start(outfile);
      expect((await tell(host, "/api/orders/latest")).function).toBe("literal");
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test("has its settings and little else in its environment", async () => {
    await using sample = useSample();
    process.env["OF_THE_CALLER"] = "not yours";
    const host = await sample.start("http-app.ts", { settings: { OF_THE_APP: "yours" } });
    const response = await fetch(`${host.url}/api/environment`);
    const environment = z.record(z.string(), z.string()).parse(await response.json());
    expect(environment["OF_THE_APP"]).toBe("yours");
    expect(environment["PATH"]).toBe(process.env["PATH"]);
    expect(environment).not.toHaveProperty("OF_THE_CALLER");
    expect(Object.keys(environment).filter((name) => name.startsWith("VITEST"))).toEqual([]);
  });

  test("is described when it is ready", async () => {
    await using sample = useSample();
    const host = await sample.start("http-app.ts");
    expect(host.url).toBe(`http://127.0.0.1:${host.port}`);
    expect(host.functions).toContainEqual({
      name: "parameter",
      type: "httpTrigger",
      route: "api/orders/{orderId}",
      methods: ["GET", "PUT", "HEAD"],
    });
    expect(() => process.kill(host.pid, 0)).not.toThrow();
  });

  test("that throws at its entry point makes the start reject with that message", async () => {
    await using sample = useSample();
    await expect(sample.start("broken-app.ts")).rejects.toThrow(/^setting STORE_URL is missing$/);
    await expect(sample.start("timer-app.ts")).rejects.toThrow("the setting EVERY is missing");
    await expect(sample.start("refused-app.ts")).rejects.toThrow(
      'function "retried": a retry policy has an effect on timers alone',
    );
    await expect(sample.start("missing.ts")).rejects.toThrow("missing.ts");
  });

  test("lets what runs end before it goes, and takes nothing more", async () => {
    await using sample = useSample();
    const host = await sample.start("http-app.ts");
    const slow = fetch(`${host.url}/api/slow`);
    await expect.poll(async () => (await fetch(`${host.url}/api/slowCalls`)).text()).toBe("1");
    const stopped = host.stop();
    expect(await (await slow).text()).toBe("done");
    await stopped;
    expect(await host.exited).toBe(0);
    expect(sample.logged.map(({ message }) => message)).toContain("app terminated");
    await expect(fetch(`${host.url}/api/slow`)).rejects.toThrow();
  });

  test("ends when the process that started it goes away", async () => {
    const parent = fork(inSample("parent.ts"), {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: [],
    });
    const { promise, resolve } = Promise.withResolvers<number>();
    parent.on("message", (message) => resolve(z.number().parse(message)));
    const port = await promise;
    expect(await canConnect(port)).toBe(true);
    parent.kill("SIGKILL");
    await expect.poll(() => canConnect(port), { timeout: 10_000 }).toBe(false);
  });
});

function canConnect(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1");
  socket.on("connect", () => resolve(true));
  socket.on("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

describe("faults", () => {
  test("come instead of an answer, or take the answer away after the work", async () => {
    await using sample = useSample();
    const refusing = await sample.start("http-app.ts", { faults: "503=1" });
    const refused = await fetch(`${refusing.url}/api/slow`);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);

    const losing = await sample.start("http-app.ts", { faults: "lost=1" });
    await expect(fetch(`${losing.url}/api/slow`)).rejects.toThrow();
    expect(await statusOf(losing, "/admin/functions")).toBe(200);
  });

  test("that are not understood make the start reject", async () => {
    await using sample = useSample();
    await expect(sample.start("http-app.ts", { faults: "sometimes" })).rejects.toThrow("KIND=SHARE");
  });
});
