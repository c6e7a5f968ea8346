import { defineConfig } from "vitest/config";
import { summaryReporter } from "./test/summary-reporter.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/setup.ts"],
    reporters: ["default", summaryReporter],
    // Unless told, it leaves one core out, which is half of two.
    maxWorkers: "100%",
    // A machine that has other work as well may take four times as long.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
