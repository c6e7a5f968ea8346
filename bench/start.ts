/** How long the local stack takes to start, and then to take in a year of events of three customers. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { ADMIN_EMAIL, AGREEMENT, agreementEvent, CUSTOMER, deliveryEvent, targets } from "./events.ts";
import type { Bench, Figure } from "./figure.ts";
import { collect, cpuSecondsOfTree, repositoryPath, run } from "./processes.ts";

const DELIVERIES = 6_000;
const READY_LIMIT_MS = 60_000;
const POLL_MS = 10;

type RunningStack = AsyncDisposable & {
  readonly pid: number;
  readonly apiUrl: string;
  readonly env: NodeJS.ProcessEnv;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
};

export const start: Bench = {
  name: "start",
  summary: "npm start to ready, and 6,001 events from send to totals that can be seen",
  run: async function* ({ eventsFile, progress }) {
    await using folder = await temporaryFolder();
    progress("starting with the demo data");
    {
      await using stack = await startStack(folder.path, []);
      yield* used("start to ready, demo data loaded", stack);
    }
    progress("starting without");
    await using stack = await startStack(folder.path, ["--no-demo"]);
    yield* used("start to ready, nothing loaded", stack);
    const file = eventsFile ?? (await generatedFile(folder.path));
    progress(`sending ${file}`);
    yield* sending(stack, file, eventsFile === undefined);
  },
};

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "bench-start-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** What `npm start` runs, without npm. Its note of where it is goes into the folder, beside nobody else's. */
async function startStack(folder: string, args: readonly string[]): Promise<RunningStack> {
  const startedAt = performance.now();
  const env = { ...process.env, TMPDIR: folder };
  const child = spawn(process.execPath, [repositoryPath("local/start.ts"), "--port", "0", ...args], { env });
  const exited = once(child, "exit");
  const output = collect(child);
  const stop = async (): Promise<void> => {
    child.kill("SIGINT");
    await exited;
  };
  try {
    for (;;) {
      const apiUrl = /^ *API +(\S+)\/api$/m.exec(output().stdout)?.[1];
      const wallSeconds = (performance.now() - startedAt) / 1_000;
      const pid = child.pid ?? -1;
      if (apiUrl !== undefined) {
        const cpuSeconds = await cpuSecondsOfTree(pid);
        return { pid, apiUrl, env, wallSeconds, cpuSeconds, [Symbol.asyncDispose]: stop };
      }
      if (child.exitCode !== null || wallSeconds * 1_000 > READY_LIMIT_MS)
        throw new Error(`the stack did not start: ${output().stderr}`);
      await delay(POLL_MS);
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

function* used(
  name: string,
  { wallSeconds, cpuSeconds }: Pick<RunningStack, "wallSeconds" | "cpuSeconds">,
): Generator<Figure> {
  yield { name, value: wallSeconds, unit: "s" };
  yield { name: `${name}: CPU of all its processes`, value: cpuSeconds, unit: "s" };
}

async function generatedFile(folder: string): Promise<string> {
  const file = join(folder, "events.ndjson");
  const deliveries = Array.from(
    { length: DELIVERIES },
    (_, index) => targets[index % targets.length],
  ).flatMap((target, index) => (target === undefined ? [] : [deliveryEvent(target, index)]));
  await writeFile(file, [agreementEvent(), ...deliveries].join("\n"));
  return file;
}

/** `send` ends when the outcome of every event is known, which is when the totals have it in them. */
async function* sending(stack: RunningStack, file: string, isGenerated: boolean): AsyncGenerator<Figure> {
  const events = (await readFile(file, "utf8")).trimEnd().split("\n").length;
  const [stackBefore, allBefore] = await Promise.all([stack.pid, process.pid].map(cpuSecondsOfTree));
  const startedAt = performance.now();
  const sent = await run(process.execPath, [repositoryPath("local/cli/send.ts"), file], { env: stack.env });
  if (sent.exitCode !== 0) throw new Error(`send ended with ${sent.exitCode}: ${sent.stdout}${sent.stderr}`);
  const wallSeconds = (performance.now() - startedAt) / 1_000;
  const [stackAfter, allAfter] = await Promise.all([stack.pid, process.pid].map(cpuSecondsOfTree));
  if (isGenerated) await checkTotals(stack);
  const name = `${events.toLocaleString("en-US")} events from send to totals`;
  yield* used(name, { wallSeconds, cpuSeconds: difference(allAfter, allBefore) });
  const perEvent = (1_000 * difference(stackAfter, stackBefore)) / events;
  yield { name: "CPU of the stack for an event", value: perEvent, unit: "ms" };
}

const difference = (after = Number.NaN, before = Number.NaN): number => after - before;

const packagesSchema = z.array(z.object({ entitlements: z.array(z.object({ rows: z.int() })) }));
const pageSchema = z.object({
  enterpriseWide: z.object({ packages: packagesSchema }),
  addOn: z.object({ agreements: z.array(z.object({ packages: packagesSchema })) }),
});

/** @throws Error when the page does not show every delivery at once. */
async function checkTotals({ apiUrl, env }: RunningStack): Promise<void> {
  const token = await run(process.execPath, [repositoryPath("local/cli/token.ts"), ADMIN_EMAIL], { env });
  const query = `api-version=2026-11-01&agreements=${AGREEMENT}`;
  const response = await fetch(`${apiUrl}/api/customers/${CUSTOMER}/activity?${query}`, {
    headers: { authorization: `Bearer ${token.stdout.trim()}` },
  });
  const page = pageSchema.parse(await response.json());
  const packages = [
    ...page.enterpriseWide.packages,
    ...page.addOn.agreements.flatMap((each) => each.packages),
  ];
  const rows = packages.flatMap((item) => item.entitlements).reduce((sum, line) => sum + line.rows, 0);
  // Support contacts are counted from the agreement and are no deliveries.
  if (rows < DELIVERIES) throw new Error(`the page shows ${rows} rows after ${DELIVERIES} deliveries`);
}
