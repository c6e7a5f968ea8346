import { app as functions, type InvocationContext, type Timer } from "@azure/functions";
import type { App } from "../../src/platform/wiring.ts";
import { requestDueReports } from "../../src/reports/due-reports.ts";

/**
 * Asks for every monthly CPOD that is due. Repeated, late and overlapping runs ask for the same reports, and what nobody
 * makes any more is given to a maker again (EX-10).
 */
export function registerMonthlyCpods(app: App): void {
  functions.timer("requestMonthlyCpods", {
    schedule: "%CPOD_SCHEDULE%",
    handler: async (_timer: Timer, context: InvocationContext) => {
      let sent = 0;
      for await (const customers of app.customers.all()) {
        for (const customer of customers) {
          const waiting = await requestDueReports(app.reportMaker, customer);
          await app.reportQueue.send(waiting.map(({ customerId, id }) => ({ customerId, reportId: id })));
          sent += waiting.length;
        }
      }
      context.info(JSON.stringify({ event: "monthlyCpods", sent }));
    },
  });
}
