/**
 * What a customer administrator did in the demo: had a proof of delivery sent every month, through the API, as anybody would.
 * Invariant: done again, it changes nothing.
 */
import * as z from "zod";
import { asker, type Target } from "./ask.ts";
import { DEMO_WORKSPACE } from "./people.ts";

export async function subscribeToReports(target: Target): Promise<void> {
  const { customerId, customerAdministrator, administrator } = DEMO_WORKSPACE;
  const caller = { email: customerAdministrator };
  await asker(target)(caller, "POST", `customers/${customerId}/reportSubscriptions`, z.unknown(), {
    name: "Miesięczny raport z usług",
    reportKind: "cpod",
    agreementId: "agr-narew-base",
    schedule: { every: "month", dayOfMonth: 3, hour: 8, minute: 0, timeZone: "Europe/Warsaw" },
    recipients: [
      { email: administrator },
      { email: "controlling@narew-group.example", name: "Group controlling", language: "en" },
    ],
    formats: ["pdf", "xlsx"],
  });
}
