import { app as functions, type InvocationContext, type Timer } from "@azure/functions";
import type { LedgerId } from "../../src/consumption/entry.ts";
import { verifyLedger } from "../../src/consumption/verify.ts";
import type { App } from "../../src/platform/wiring.ts";
import { inTurn, type Run, runOf } from "./in-turn.ts";

/** Goes on with ledgers whose terms changed and that one consumer could not settle in time. */
export function registerSettleLedgers(app: App): void {
  functions.timer("settleLedgers", {
    schedule: "%SETTLE_SCHEDULE%",
    handler: (_timer: Timer, context: InvocationContext) => settleLedgers(app, runOf(context)),
  });
}

export async function settleLedgers(
  {
    ledgers,
    recorder,
  }: { ledgers: Pick<App["ledgers"], "unsettled">; recorder: Pick<App["recorder"], "catchUp"> },
  run: Run,
): Promise<void> {
  let unfinished = 0;
  const settle = async (ledgerId: LedgerId, deadline: string): Promise<void> => {
    if (!(await recorder.catchUp(ledgerId, deadline))) unfinished += 1;
  };
  await inTurn(run, "settleLedgers", await ledgers.unsettled(), settle, () => ({ unfinished }));
}

/** Proves that every roll-up is what its facts make it, and reports any that is not (LE-06). */
export function registerVerifyLedgers(app: App): void {
  functions.timer("verifyLedgers", {
    schedule: "%VERIFY_SCHEDULE%",
    handler: (_timer: Timer, context: InvocationContext) => verifyLedgers(app, runOf(context)),
  });
}

export async function verifyLedgers({ ledgers: store }: Pick<App, "ledgers">, run: Run): Promise<void> {
  const ledgerIds: LedgerId[] = [];
  for await (const page of store.allLedgers()) ledgerIds.push(...page);
  let ledgers = 0;
  let differences = 0;
  let undecided = 0;
  const verify = async (ledgerId: LedgerId): Promise<void> => {
    const verification = await verifyLedger(store, ledgerId);
    ledgers += 1;
    if (verification?.undecided !== undefined) undecided += 1;
    for (const difference of verification?.differences ?? []) {
      differences += 1;
      run.log.error(JSON.stringify({ event: "rollupDiffers", ledgerId, ...difference }));
    }
  };
  await inTurn(run, "verifyLedgers", ledgerIds, verify, () => ({ ledgers, differences, undecided }));
}
