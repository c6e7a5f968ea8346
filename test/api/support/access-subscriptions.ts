/** A subscription to a proof of delivery for each customer, with a run and what it sent. */
import { CosmosClient } from "@azure/cosmos";
import * as z from "zod";
import { customerIdSchema } from "../../../src/agreements/ids.ts";
import { reportIdSchema } from "../../../src/reports/report.ts";
import { type Delivery, deliveryDocumentId, deliveryIdOf } from "../../../src/subscriptions/delivery.ts";
import { ended, newRun } from "../../../src/subscriptions/run.ts";
import { dueBetween, periodOf } from "../../../src/subscriptions/schedule.ts";
import { ID } from "./access-events.ts";
import { people, WORD } from "./access-people.ts";
import { done } from "./access-steps.ts";
import type { Ask, RunningApi } from "./running-api.ts";

const SCHEDULE = { every: "month", dayOfMonth: 1, hour: 0, minute: 0, timeZone: "Etc/UTC" } as const;
const DAY_MS = 86_400_000;

const places = {
  a: { by: people.csamOfA, word: WORD.wholeOfA, ...ID.a },
  b: { by: people.csamOfB, word: WORD.b, ...ID.b },
} as const;

export type SubscriptionNames = {
  readonly subscriptionId: string;
  readonly runId: string;
  readonly reportDeliveryId: string;
};

/** Without a schedule's help: the run and the delivery are written as the app would have written them. */
export async function subscriptionOf(
  api: RunningApi,
  of: keyof typeof places,
  reportId: string,
): Promise<SubscriptionNames> {
  const { by, word, customerId, agreementId } = places[of];
  const email = `reader@${word}.example`;
  const json = {
    name: `${word} subscription`,
    reportKind: "cpod",
    agreementId,
    schedule: SCHEDULE,
    recipients: [{ email, name: word }],
  };
  const path = `customers/${customerId}/reportSubscriptions`;
  const created = await done(api, by, { method: "POST", path, json });
  const { subscriptionId } = created.read(z.object({ subscriptionId: z.string() }));
  const now = new Date().toISOString();
  const [due] = dueBetween(SCHEDULE, new Date(Date.now() - 400 * DAY_MS).toISOString(), now, 1);
  if (due === undefined) throw new Error("nothing was due");
  const ids = { customerId: customerIdSchema.parse(customerId), subscriptionId };
  const run = {
    ...ended(newRun(ids, due, periodOf(SCHEDULE, due), now), { status: "delivered", deliveries: 1 }, now),
    reportId: reportIdSchema.parse(reportId),
  };
  const reportDeliveryId = deliveryIdOf(run.runId, email);
  const delivery: Delivery = {
    id: deliveryDocumentId(reportDeliveryId),
    deliveryId: reportDeliveryId,
    ...ids,
    kind: "reportDelivery",
    runId: run.runId,
    reportId: run.reportId,
    email,
    name: word,
    language: "en",
    formats: ["pdf", "xlsx", "csv"],
    createdAt: now,
    expiresAt: new Date(Date.now() + 7 * DAY_MS).toISOString(),
    downloads: [],
  };
  const { COSMOS_ENDPOINT: endpoint = "", COSMOS_KEY: key = "", COSMOS_DATABASE = "" } = api.stack.settings;
  const client = new CosmosClient({ endpoint, key });
  const { items } = client.database(COSMOS_DATABASE).container("customers");
  for (const document of [run, delivery]) await items.create(document);
  client.dispose();
  return { subscriptionId, runId: run.runId, reportDeliveryId };
}

/** One address twice: whoever may subscribe is refused, and nothing is made. */
export const newSubscriptionBody = (agreementId: string) => ({
  name: "Another",
  reportKind: "cpod",
  agreementId,
  schedule: SCHEDULE,
  recipients: [{ email: "twice@elsewhere.example" }, { email: "twice@elsewhere.example" }],
});

export const previewBody = { schedule: SCHEDULE };

type OfSubscription = SubscriptionNames & { readonly customerId: string };

export const subscriptionsPath = ({ customerId }: { readonly customerId: string }): string =>
  `customers/${customerId}/reportSubscriptions`;
export const subscriptionPath = (named: OfSubscription): string =>
  `${subscriptionsPath(named)}/${named.subscriptionId}`;
export const runPath = (named: OfSubscription): string => `${subscriptionPath(named)}/runs/${named.runId}`;
export const revocation = (named: OfSubscription): Ask => ({
  method: "POST",
  path: `${runPath(named)}/deliveries/${named.reportDeliveryId}/revoke`,
});
