import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createScanner, scannerSchema } from "../../src/platform/malware-scanner.ts";
import { EICAR } from "../support/eicar-text.ts";
import { zipOf } from "../support/zip-writer.ts";

const isInstalled = spawnSync("clamd", ["--help"]).status === 0;
const running = new AsyncDisposableStack();
afterAll(() => running.disposeAsync());

async function* pieces(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

async function* megabytes(count: number): AsyncGenerator<Uint8Array> {
  const piece = Buffer.alloc(1_048_576, "line\n");
  for (let sent = 0; sent < count; sent += 1) yield piece;
}

/** With one signature, made here: the databases of the vendor need a download. */
async function startClamd(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "clamd-"));
  running.defer(() => rm(folder, { recursive: true, force: true }));
  const socket = join(folder, "clamd.sock");
  await mkdir(join(folder, "db"));
  await writeFile(join(folder, "db", "test.ndb"), `Eicar-Test:0:0:${Buffer.from(EICAR).toString("hex")}\n`);
  const settings = {
    LocalSocket: socket,
    DatabaseDirectory: join(folder, "db"),
    Foreground: "yes",
    AlertExceedsMax: "yes",
    StreamMaxLength: "20M",
    MaxFileSize: "10M",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  await writeFile(join(folder, "clamd.conf"), lines.join(""));
  const daemon = spawn("clamd", ["-c", join(folder, "clamd.conf")], { stdio: "ignore" });
  running.defer(async () => {
    const ended = once(daemon, "exit");
    daemon.kill();
    await ended;
  });
  await vi.waitFor(() => access(socket), { timeout: 30_000, interval: 50 });
  return `clamd:unix:${socket}`;
}

describe.skipIf(!isInstalled)("the clamd that is installed", () => {
  let setting = "";
  beforeAll(async () => {
    setting = await startClamd();
  });
  const scan = (content: AsyncIterable<Uint8Array>) =>
    createScanner(scannerSchema.parse(setting)).scan(content);

  it("finds the test file, in an archive too, and nothing in other files", async () => {
    expect(await scan(pieces("hello ", "world"))).toEqual({ verdict: "clean" });
    expect(await scan(pieces())).toEqual({ verdict: "clean" });
    const infected = { verdict: "infected", name: "Eicar-Test.UNOFFICIAL" };
    expect(await scan(pieces(EICAR.slice(0, 9), "", EICAR.slice(9)))).toEqual(infected);
    expect(await scan(pieces(zipOf([{ name: "a.com", content: EICAR }])))).toEqual(infected);
  });

  it("calls nothing clean that is past its limits", async () => {
    expect(await scan(megabytes(9))).toEqual({ verdict: "clean" });
    expect(await scan(megabytes(15))).toEqual({ verdict: "notScanned", reason: "tooLarge" });
    expect(await scan(megabytes(30))).toMatchObject({ verdict: "notScanned" });
  });
});
