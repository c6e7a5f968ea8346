import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const repository = new URL("../../", import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, repository), "utf8");

test("the workflow runs foreign code only at a commit that it names", async () => {
  const used = [...(await read(".github/workflows/check.yml")).matchAll(/uses: (\S+)/g)].map(
    ([, name]) => name,
  );
  expect(used.length).toBeGreaterThan(0);
  for (const name of used) expect(name).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40}$/);
});

test("the workflow may read and nothing else, and every job has a limit of time", async () => {
  const workflow = await read(".github/workflows/check.yml");
  expect(workflow).toContain("\npermissions:\n  contents: read\n");
  expect(workflow).not.toMatch(/: write\b/);
  const jobs = workflow.slice(workflow.indexOf("\njobs:\n")).match(/^ {2}[a-z]+:$/gm) ?? [];
  expect(workflow.match(/^ {4}timeout-minutes: \d+$/gm)).toHaveLength(jobs.length);
});

test("the workflow asks the emulators with tests that exist", async () => {
  const workflow = await read(".github/workflows/check.yml");
  const present = await readdir(new URL("test/local/", repository));
  const asked = [...workflow.matchAll(/test\/local\/(\S+\.test\.ts)/g)].map(([, name]) => name);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((name = "") => !present.includes(name))).toEqual([]);
});
