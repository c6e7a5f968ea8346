import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it, test } from "vitest";

const repository = new URL("../../", import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, repository), "utf8");

const workflows = await readdir(new URL(".github/workflows/", repository));

describe.each(workflows)("the workflow %s", (name) => {
  it("runs foreign code only at a commit that it names", async () => {
    const used = [...(await read(`.github/workflows/${name}`)).matchAll(/uses: (\S+)/g)].map(
      ([, action]) => action,
    );
    expect(used.length).toBeGreaterThan(0);
    for (const action of used) expect(action).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40}$/);
  });

  it("may read and nothing else, and each of its jobs has a limit of time", async () => {
    const workflow = await read(`.github/workflows/${name}`);
    expect(workflow).toContain("\npermissions:\n  contents: read\n");
    expect(workflow).not.toMatch(/: write\b/);
    const jobs = workflow.slice(workflow.indexOf("\njobs:\n")).match(/^ {2}[a-z]+:$/gm) ?? [];
    expect(jobs.length).toBeGreaterThan(0);
    expect(workflow.match(/^ {4}timeout-minutes: \d+$/gm)).toHaveLength(jobs.length);
  });
});

test("other seeds than those of the check are tried every night", async () => {
  const [check, nightly] = [
    await read(".github/workflows/check.yml"),
    await read(".github/workflows/nightly.yml"),
  ];
  expect(nightly).toMatch(/^ {4}- cron: "\d+ \d+ \* \* \*"$/m);
  expect(nightly).toContain("\n      PROPERTY_SEED: random\n");
  expect(check).not.toContain("_SEED");
});

test("the check asks the emulators with tests that exist", async () => {
  const workflow = await read(".github/workflows/check.yml");
  const present = await readdir(new URL("test/local/", repository));
  const asked = [...workflow.matchAll(/test\/local\/(\S+\.test\.ts)/g)].map(([, name]) => name);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((name = "") => !present.includes(name))).toEqual([]);
});
