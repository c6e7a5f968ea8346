import { app } from "@azure/functions";

/** An app for the tests of the functions host: timers that count their runs, and a function that tells the counts. */

const told: Record<string, unknown[]> = { every: [], retried: [], growing: [], start: [], lazy: [] };
const runs = (name: string): unknown[] => {
  const list = told[name] ?? [];
  told[name] = list;
  return list;
};
let parallel = 0;
let mostParallel = 0;

app.timer("every", {
  schedule: "%EVERY%",
  handler: async (timer) => {
    parallel += 1;
    mostParallel = Math.max(mostParallel, parallel);
    runs("every").push(timer);
    await new Promise((resolve) => setTimeout(resolve, 1300));
    parallel -= 1;
  },
});
app.timer("retried", {
  schedule: "0 0 0 1 1 *",
  retry: { strategy: "fixedDelay", maxRetryCount: 2, delayInterval: 0 },
  handler: async (_timer, context) => {
    runs("retried").push(context.retryContext ?? null);
    throw new Error("never again");
  },
});
app.timer("growing", {
  schedule: "0 0 0 1 1 *",
  retry: { strategy: "exponentialBackoff", maxRetryCount: 3, minimumInterval: 0, maximumInterval: 1000 },
  handler: async (_timer, context) => {
    runs("growing").push(context.retryContext?.retryCount ?? 0);
    if (runs("growing").length < 3) throw new Error("not yet");
  },
});
app.timer("start", {
  schedule: "0 0 0 1 1 *",
  runOnStartup: true,
  handler: async (timer) => {
    runs("start").push(timer.isPastDue);
  },
});
app.get("told", async () => ({ jsonBody: { ...told, mostParallel } }));
