import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readStartOptions } from "../../local/command-line.ts";
import { readGivenSettings } from "../../local/settings.ts";
import { type Command, isAlive, run, SEND, START, TOKEN, until } from "./support/commands.ts";
import { startFakeIngest } from "./support/fake-ingest.ts";

let temporary: string;
const commands: Command[] = [];

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), "start-"));
});

afterEach(async () => {
  for (const { child } of commands) child.kill("SIGKILL");
  await Promise.all(commands.splice(0).map(({ exited }) => exited));
  await rm(temporary, { recursive: true });
});

function command(script: string, ...args: readonly string[]): Command {
  const started = run(script, args, temporary);
  commands.push(started);
  return started;
}

async function finished(script: string, ...args: readonly string[]) {
  const { exited, output, errors } = command(script, ...args);
  return { code: await exited, output: output(), errors: errors() };
}

async function startedStack(...args: readonly string[]): Promise<Command> {
  const stack = command(START, "--port", "0", ...args);
  await until(`it is ready: ${stack.errors()}`, () => stack.output().includes("Ctrl-C ends it"));
  return stack;
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid="]);
  const pairs = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([child = 0, parent]) => (parent === pid ? [child] : []));
}

async function eventsFile(...lines: readonly string[]): Promise<string> {
  const file = join(temporary, "events.ndjson");
  await writeFile(file, `${lines.join("\n")}\n`);
  return file;
}

const EVENT = JSON.stringify({
  specversion: "1.0",
  id: "a",
  source: "/s",
  type: "support.delivery.recorded.v1",
});

describe("the start command", () => {
  test("prints where everything is, and how to get a token", async () => {
    const stack = await startedStack();
    expect(stack.output()).toMatch(/API +http:\/\/127\.0\.0\.1:\d+\/api\n/);
    expect(stack.output()).toMatch(/Data +in memory/);
    expect(stack.output()).toContain("npm run --silent token --");
  });

  test.each(["SIGINT", "SIGTERM"] as const)("ends everything on %s, with exit code 0", async (signal) => {
    const stack = await startedStack();
    const children = await childrenOf(stack.pid);
    expect(children).toHaveLength(2);
    stack.child.kill(signal);
    expect(await stack.exited).toBe(0);
    expect(children.filter(isAlive)).toEqual([]);
    expect(await readdir(temporary)).toEqual([]);
  });

  test("takes one Ctrl-C that arrives twice, from the terminal and from npm, for one", async () => {
    const stack = await startedStack();
    stack.child.kill("SIGINT");
    stack.child.kill("SIGINT");
    await until("it is ending", () => stack.errors().includes("Ending"));
    stack.child.kill("SIGINT");
    expect(await stack.exited).toBe(0);
  });

  test("leaves no process behind when it is killed", async () => {
    const stack = await startedStack();
    const children = await childrenOf(stack.pid);
    stack.child.kill("SIGKILL");
    await stack.exited;
    await until("its children ended", () => !children.some(isAlive));
  });

  test("leaves no process behind when it is killed while it starts", async () => {
    const stack = command(START, "--port", "0");
    let children: readonly number[] = [];
    await until("it has a child", async () => {
      children = await childrenOf(stack.pid);
      return children.length > 0;
    });
    stack.child.kill("SIGKILL");
    await stack.exited;
    await until("its children ended", () => !children.some(isAlive));
  });

  test("ends at once on a second Ctrl-C, even when a part does not end", async () => {
    const stack = await startedStack();
    const children = await childrenOf(stack.pid);
    for (const child of children) process.kill(child, "SIGSTOP");
    await until("it ended", () => !stack.child.kill("SIGINT"));
    expect(await stack.exited).toBe(130);
    for (const child of children) process.kill(child, "SIGCONT");
    await until("its children ended", () => !children.some(isAlive));
  });

  test("ends with 1 and says so when the app ends by itself", async () => {
    const stack = await startedStack();
    for (const child of await childrenOf(stack.pid)) process.kill(child, "SIGKILL");
    expect(await stack.exited).toBe(1);
    expect(stack.errors()).toContain("The app ended by itself");
  });

  test("refuses a folder that another start has, names its process, and leaves that one alone", async () => {
    const dataDir = join(temporary, "data");
    const first = await startedStack("--data", dataDir);
    const second = await finished(START, "--port", "0", "--data", dataDir);
    expect([second.code, second.errors]).toEqual([
      2,
      expect.stringContaining(`${dataDir} is in use by process ${first.pid}.`),
    ]);
    first.child.kill("SIGKILL");
    await first.exited;
    const third = await startedStack("--data", dataDir);
    third.child.kill("SIGINT");
    expect(await third.exited).toBe(0);
    expect((await readdir(dataDir)).filter((name) => name.startsWith("lock"))).toEqual([]);
  });

  test("says what is wrong with its arguments", async () => {
    expect(await finished(START, "--port", "many")).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/--port is a number/),
    });
    expect(await finished(START, "--nonsense")).toMatchObject({ code: 2 });
    expect(await finished(START, "--help")).toMatchObject({
      code: 0,
      output: expect.stringMatching(/Usage: npm start/),
    });
  });
});

describe("the token command", () => {
  test("prints a token of the running stack and nothing else", async () => {
    await startedStack();
    const { code, output, errors } = await finished(TOKEN, "ana@cust-a.example", "--role", "Csam");
    expect([code, errors]).toEqual([0, ""]);
    expect(output).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  });

  test("says what to do when no stack runs, the address is none, or the role is unknown", async () => {
    const answers = [
      await finished(TOKEN, "ana@cust-a.example"),
      await finished(TOKEN, "ana"),
      await finished(TOKEN, "ana@cust-a.example", "--role", "Owner"),
      await finished(TOKEN),
    ];
    expect(answers.map(({ code, output }) => [code, output])).toEqual(Array(4).fill([2, ""]));
    const [notRunning, address, role, none] = answers.map(({ errors }) => errors);
    expect(notRunning).toContain('Start it with "npm start"');
    expect(address).toContain("email:");
    expect(role).toContain("A role is one of Events.Send, Csam");
    expect(none).toContain("Usage:");
  });
});

describe("the send command", () => {
  test("sends to the running stack without any argument but the file, again and again", async () => {
    await startedStack();
    const file = await eventsFile(EVENT);
    expect(await finished(SEND, file)).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^accepted 1, repeated 0, rejected 0 in/),
    });
    expect(await finished(SEND, file)).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^accepted 0, repeated 1, rejected 0 in/),
    });
  });

  test("ends with 1 when a line is rejected, and names the line", async () => {
    await startedStack();
    const answer = await finished(SEND, await eventsFile(EVENT, "{"));
    expect(answer).toMatchObject({
      code: 1,
      output: /^accepted 1, .*rejected 1.*\n {2}LineNotJson: 1\n {4}line 2\n$/,
    });
  });

  test("says on Ctrl-C what was done so far, and ends with 130", async () => {
    const service = await startFakeIngest({ pendingPolls: Number.POSITIVE_INFINITY });
    const sending = command(SEND, await eventsFile(EVENT), "--to", service.url, "--token", "t");
    await until("the event was posted", () => service.batches.length > 0);
    sending.child.kill("SIGINT");
    const code = await sending.exited;
    await service.close();
    expect([code, sending.output()]).toEqual([130, expect.stringContaining("not known yet: 1")]);
  });

  test("ends with 2 and says why when it cannot run", async () => {
    const file = await eventsFile(EVENT);
    expect(await finished(SEND, file)).toMatchObject({ code: 2, errors: expect.stringMatching(/npm start/) });
    expect(await finished(SEND, join(temporary, "none"))).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/ENOENT/),
    });
    expect(await finished(SEND, file, "--batch", "100")).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/1 to 99/),
    });
    const nowhere = ["--to", "http://127.0.0.1:1", "--token", "t"];
    expect(await finished(SEND, file, ...nowhere)).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/Nothing answers at/),
    });
  });
});

describe("the options of the start command", () => {
  test("take faults from arguments before the environment", () => {
    const env = { LOCAL_FAULTS_COSMOS: "429=0.1", LOCAL_FAULTS_SERVICEBUS: "lost=0.2" };
    expect(readStartOptions(["--faults", "cosmos:503=0.5", "--faults", "api:slow=1@5"], env)).toMatchObject({
      faults: { cosmos: "503=0.5", serviceBus: "lost=0.2", api: "slow=1@5" },
    });
  });

  test.each(["cosmos", "queue:429=0.1", "cosmos:often"])("refuse %s as faults", (faults) => {
    expect(() => readStartOptions(["--faults", faults], {})).toThrow(/faults/);
  });

  test("take what the product reads from the environment, before the settings file, and nothing else", async () => {
    const file = join(temporary, "local.settings.json");
    const values = { COSMOS_ENDPOINT: "https://file.example", COSMOS_KEY: "k", BLOB_ACCOUNT_URL: "" };
    await writeFile(file, JSON.stringify({ IsEncrypted: false, Values: values }));
    const env = { COSMOS_ENDPOINT: "https://env.example", TOKEN_ISSUER: "", HOME: "/home" };
    expect(await readGivenSettings(env, file)).toEqual({
      settings: { COSMOS_ENDPOINT: "https://env.example", COSMOS_KEY: "k" },
      origins: { COSMOS_ENDPOINT: "the environment", COSMOS_KEY: "local.settings.json" },
    });
    expect(await readGivenSettings({}, join(temporary, "none"))).toEqual({ settings: {}, origins: {} });
  });

  test("leave out a key, or an address of keys, of a service that is not named", async () => {
    const env = { COSMOS_KEY: "k", TOKEN_JWKS_URL: "https://keys.example", TOKEN_AUDIENCE: "a" };
    const { settings } = await readGivenSettings(env, join(temporary, "none"));
    expect(settings).toEqual({ TOKEN_AUDIENCE: "a" });
  });
});
