import { app as functions, type InvocationContext, type Timer } from "@azure/functions";
import type { CustomerId } from "../../src/agreements/ids.ts";
import type { App } from "../../src/platform/wiring.ts";
import { requestDueReports } from "../../src/reports/due-reports.ts";
import { inTurn, type Run, runOf } from "./in-turn.ts";

/**
 * Asks for every monthly CPOD that is due. Repeated, late and overlapping runs ask for the same reports, and what nobody
 * makes any more is given to a maker again (EX-10).
 */
export function registerMonthlyCpods(app: App): void {
  functions.timer("requestMonthlyCpods", {
    schedule: "%CPOD_SCHEDULE%",
    handler: (_timer: Timer, context: InvocationContext) => requestMonthlyCpods(app, runOf(context)),
  });
}

export async function requestMonthlyCpods(
  { customers, reportMaker, reportQueue }: Pick<App, "customers" | "reportMaker" | "reportQueue">,
  run: Run,
): Promise<void> {
  const customerIds: CustomerId[] = [];
  for await (const page of customers.allIds()) customerIds.push(...page);
  let sent = 0;
  const request = async (id: CustomerId): Promise<void> => {
    const customer = await customers.read(id);
    if (customer === undefined) return;
    const waiting = await requestDueReports(reportMaker, customer.value);
    await reportQueue.send(waiting.map(({ customerId, id: reportId }) => ({ customerId, reportId })));
    sent += waiting.length;
  };
  await inTurn(run, "monthlyCpods", customerIds, request, () => ({ sent }));
}
