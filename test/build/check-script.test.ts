import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../.ci/run", import.meta.url));

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "check-"));
  await mkdir(join(folder, ".ci"));
  await mkdir(join(folder, "bin"));
  await copyFile(SCRIPT, join(folder, ".ci/run"));
  await chmod(join(folder, ".ci/run"), 0o755);
});

afterEach(() => rm(folder, { recursive: true }));

type File = { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] };

const file = (status: string, ...tests: readonly string[]): File => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

/** Runs the script with an npm that installs nothing and whose check leaves these results, or none at all. */
async function check(exitCode: number, files: readonly File[] | undefined) {
  const results = files === undefined ? "" : JSON.stringify({ testResults: files });
  const npm = `#!/usr/bin/env bash
[[ $1 == ci ]] && exit 0
for argument; do
  if [[ $argument == --outputFile.json=* && -n '${results}' ]]; then
    echo '${results}' > "\${argument#--outputFile.json=}"
  fi
done
exit ${exitCode}
`;
  await writeFile(join(folder, "bin/npm"), npm, { mode: 0o755 });
  const path = [join(folder, "bin"), dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const { promise, resolve } = Promise.withResolvers<{ code: number | null; lastLine: string | undefined }>();
  const child = execFile(join(folder, ".ci/run"), { env: { ...process.env, PATH: path } }, (_, output) => {
    resolve({ code: child.exitCode, lastLine: output.trimEnd().split("\n").at(-1) });
  });
  return promise;
}

test("the check ends with the count of its tests and succeeds with them", async () => {
  const files = [file("passed", "passed", "passed"), file("passed", "passed", "pending", "todo")];
  expect(await check(0, files)).toEqual({ code: 0, lastLine: "3 passed, 0 failed, 2 skipped" });
});

test("the check fails with its tests and keeps their exit code", async () => {
  const files = [file("failed", "passed", "failed"), file("passed", "passed")];
  expect(await check(3, files)).toEqual({ code: 3, lastLine: "2 passed, 1 failed" });
});

test("a file that could not be loaded counts as one failure", async () => {
  const files = [file("failed"), file("passed", "passed")];
  expect(await check(1, files)).toEqual({ code: 1, lastLine: "1 passed, 1 failed" });
});

test("a check that fails with no failed test says that something failed", async () => {
  expect(await check(1, [file("passed", "passed")])).toEqual({ code: 1, lastLine: "1 passed, 1 failed" });
  expect(await check(2, undefined)).toEqual({ code: 2, lastLine: "0 passed, 1 failed" });
});
