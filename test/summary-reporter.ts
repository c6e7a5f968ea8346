import type { Reporter, TestModule } from "vitest/node";

/**
 * Ends a run with one plain line, `N passed, N failed` and, if there are any, `, N skipped`. A file that failed before or
 * beside its tests counts as one failure, and so does each error that belongs to no test.
 */
export const summaryReporter: Reporter = {
  onTestRunEnd(modules, unhandledErrors) {
    const results = modules.flatMap(resultsOf);
    const count = (state: string): number => results.filter((result) => result === state).length;
    const skipped = count("skipped");
    const failed = count("failed") + unhandledErrors.length;
    process.stdout.write(
      `${count("passed")} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`,
    );
  },
};

function resultsOf(module: TestModule): readonly string[] {
  const results = [...module.children.allTests()].map((test) => test.result().state);
  const failedAsWhole = module.state() === "failed" && !results.includes("failed");
  return failedAsWhole ? [...results, "failed"] : results;
}
