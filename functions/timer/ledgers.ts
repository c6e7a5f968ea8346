import { app as functions, type InvocationContext, type Timer } from "@azure/functions";
import { createLedgerCache } from "../../src/consumption/ledger-cache.ts";
import { settleLedger } from "../../src/consumption/settle.ts";
import { verifyLedger } from "../../src/consumption/verify.ts";
import type { App } from "../../src/platform/wiring.ts";

/** A timer may run for five minutes; what is left goes on at the next tick. */
const SETTLE_BUDGET_MS = 240_000;

/** Goes on with ledgers whose terms changed and that one consumer could not settle in time. */
export function registerSettleLedgers(app: App): void {
  functions.timer("settleLedgers", {
    schedule: "%SETTLE_SCHEDULE%",
    handler: async (_timer: Timer, context: InvocationContext) => {
      const deadline = new Date(Date.now() + SETTLE_BUDGET_MS).toISOString();
      for (const ledgerId of await app.ledgers.unsettled()) {
        const access = {
          store: app.ledgers,
          cache: createLedgerCache(app.ledgers),
          now: () => new Date().toISOString(),
        };
        const isDone = await settleLedger(access, ledgerId, deadline);
        context.info(JSON.stringify({ event: "settleLedger", ledgerId, isDone }));
      }
    },
  });
}

/** Proves that every roll-up is what its facts make it, and reports any that is not (LE-06). */
export function registerVerifyLedgers(app: App): void {
  functions.timer("verifyLedgers", {
    schedule: "%VERIFY_SCHEDULE%",
    handler: async (_timer: Timer, context: InvocationContext) => {
      let ledgers = 0;
      let differences = 0;
      for await (const page of app.ledgers.allLedgers()) {
        for (const ledgerId of page) {
          const verification = await verifyLedger(app.ledgers, ledgerId);
          ledgers += 1;
          for (const difference of verification?.differences ?? []) {
            differences += 1;
            context.error(JSON.stringify({ event: "rollupDiffers", ledgerId, ...difference }));
          }
        }
      }
      context.info(JSON.stringify({ event: "verifyLedgers", ledgers, differences }));
    },
  });
}
