/** A customer with two workspaces, something delivered in the month before, and a clock that subscriptions are moved by. */
import { CosmosClient } from "@azure/cosmos";
import * as z from "zod";
import type { TokenRequest } from "../../../local/tokens/claims.ts";
import { runDocumentId, runSchema } from "../../../src/subscriptions/run.ts";
import { dueBetween } from "../../../src/subscriptions/schedule.ts";
import { subscriptionDocumentId, subscriptionSchema } from "../../../src/subscriptions/subscription.ts";
import { agreementEvent, basePackage, CUSTOMER, deliveryEvent, entitlement } from "../../fakes/events.ts";
import { eventually } from "../../local/service-bus-fixture.ts";
import { assign, createWorkspace, done, join, type Workspace } from "./access-steps.ts";
import { type RunningApi, startApi } from "./running-api.ts";
import { listSchema } from "./shapes.ts";

export const CSAM: TokenRequest = { email: "csam@provider.example", roles: ["Csam"] };
/** May see all of the customer, until somebody takes the role away. */
export const CHIEF = { email: "chief@cust-t.example" };
/** A learning manager of the default workspace. */
export const TEACHER = { email: "teacher@cust-t.example" };
/** A learning manager of the second one. */
export const OTHER_TEACHER = { email: "other.teacher@cust-t.example" };
export const SUBSCRIPTIONS = `customers/${CUSTOMER}/reportSubscriptions`;
/** Due in every month from its first instant on: so it is due whenever a test runs. */
export const MONTHLY = { every: "month", dayOfMonth: 1, hour: 0, minute: 0, timeZone: "Etc/UTC" } as const;

const DEFAULT = { customerId: CUSTOMER, workspaceId: "ws-default" };
const RUN_LIMIT_MS = 60_000;
/** Sooner than the timer looks again at a run that waits. */
const HURRIED_LIMIT_MS = 20_000;
const YEAR_MS = 366 * 86_400_000;

const runSchemaOfApi = z.object({
  runId: z.string(),
  occurrence: z.string(),
  isCorrection: z.boolean(),
  dueAt: z.iso.datetime(),
  period: z.object({ from: z.string(), to: z.string() }),
  status: z.string(),
  reason: z.object({ code: z.string(), message: z.string() }).nullable(),
  reportId: z.string().nullable(),
  deliveries: z.int(),
});
export type ShownRun = z.infer<typeof runSchemaOfApi>;

export const deliverySchema = z.object({
  deliveryId: z.string(),
  recipient: z.object({ email: z.string(), name: z.string().nullable() }),
  language: z.string(),
  expiresAt: z.string(),
  status: z.string(),
  revokedAt: z.string().nullable(),
  downloads: z.array(z.object({ at: z.string(), file: z.string() })),
});

const mailsSchema = z.object({ value: z.array(z.object({ id: z.int(), subject: z.string() })) });
const mailSchema = z.object({ subject: z.string(), text: z.string() });
export type Mail = z.infer<typeof mailSchema>;

export type SubscriptionWorld = {
  readonly api: RunningApi;
  readonly second: Workspace;
  /** The id of the role that CHIEF has. */
  readonly chiefRole: string;
  /** The month before this one. */
  readonly month: string;
  readonly stop: () => Promise<void>;
};

export async function startSubscriptionWorld(): Promise<SubscriptionWorld> {
  const api = await startApi();
  const terms = { startDate: "2024-01-01", endDate: "2099-12-31" };
  const education = entitlement("ent-edu", "education", { unit: "activities", allowance: 50 });
  const entitlements = [entitlement("ent-adv", "advisory"), education];
  await api.send([agreementEvent({ ...terms, packages: [basePackage({ ...terms, entitlements })] })]);
  await api.drained();
  const second = await createWorkspace(api, CSAM, CUSTOMER, {
    name: "Second",
    agreements: [{ agreementId: "agr-t-base" }],
    administrator: { email: "second@cust-t.example" },
  });
  const chiefRole = await assign(api, CSAM, CUSTOMER, CHIEF.email, "customerAdministrator");
  await join(api, CSAM, DEFAULT, TEACHER, { roles: ["learningManager"] });
  await join(api, CSAM, second, OTHER_TEACHER, { roles: ["learningManager"] });
  const month = monthBefore(new Date());
  const deliveredAt = `${month}-10T10:00:00.000Z`;
  await api.send([deliveryEvent("d-1", { deliveredAt }), deliveryEvent("d-2", { deliveredAt })]);
  await api.drained();
  return { api, second, chiefRole, month, stop: () => api.stack.stop() };
}

const monthBefore = (now: Date): string =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 7);

/** A document that the app keeps of the customer, as it would be had the clock gone on. */
async function rewritten<Schema extends z.ZodType<{ readonly id: string }>>(
  { api }: SubscriptionWorld,
  id: string,
  schema: Schema,
  change: (document: z.output<Schema>) => z.output<Schema>,
): Promise<void> {
  const { COSMOS_ENDPOINT: endpoint = "", COSMOS_KEY: key = "", COSMOS_DATABASE = "" } = api.stack.settings;
  const client = new CosmosClient({ endpoint, key });
  const item = client.database(COSMOS_DATABASE).container("customers").item(id, CUSTOMER);
  const { resource, etag } = await item.read();
  await item.replace(change(schema.parse(resource)), {
    accessCondition: { type: "IfMatch", condition: etag },
  });
  client.dispose();
}

/** As though it had been made before its newest due time. */
export function makeDue(world: SubscriptionWorld, subscriptionId: string): Promise<void> {
  const now = new Date();
  const from = new Date(now.getTime() - YEAR_MS).toISOString();
  return rewritten(world, subscriptionDocumentId(subscriptionId), subscriptionSchema, (subscription) => {
    const [due] = dueBetween(subscription.schedule, from, now.toISOString(), 1);
    return { ...subscription, nextDueAt: due?.dueAt ?? null };
  });
}

/** Of the host, at once; also when what it did failed. */
export async function runTimer({ api }: SubscriptionWorld): Promise<void> {
  await fetch(`${api.stack.apiUrl}/admin/functions/runSubscriptions?wait=true`, { method: "POST" });
}

async function runsOf({ api }: SubscriptionWorld, subscriptionId: string): Promise<readonly ShownRun[]> {
  const answer = await done(api, CSAM, { path: `${SUBSCRIPTIONS}/${subscriptionId}/runs` });
  return answer.read(listSchema(runSchemaOfApi)).value;
}

/** Runs the timer, with time going on, until every run of the subscription is over. @returns them, newest first. */
export async function settledRuns(
  world: SubscriptionWorld,
  subscriptionId: string,
): Promise<readonly ShownRun[]> {
  return eventually(async () => {
    await runTimer(world);
    const runs = await runsOf(world, subscriptionId);
    const open = runs.filter(({ status }) => status === "due" || status === "making");
    if (runs.length > 0 && open.length === 0) return runs;
    for (const { runId } of open)
      await rewritten(world, runDocumentId(runId), runSchema, (run) =>
        run.lookAt === undefined ? run : { ...run, lookAt: run.createdAt },
      ).catch(() => undefined);
    return undefined;
  }, RUN_LIMIT_MS);
}

/** Runs the timer once; what its reports are then made for goes on by itself. @returns the runs, newest first. */
export async function runsAfterOneTick(
  world: SubscriptionWorld,
  subscriptionId: string,
): Promise<readonly ShownRun[]> {
  await runTimer(world);
  return eventually(async () => {
    const runs = await runsOf(world, subscriptionId);
    return runs.length > 0 && runs.every(({ status }) => status !== "due" && status !== "making")
      ? runs
      : undefined;
  }, HURRIED_LIMIT_MS);
}

/** All that was sent to an address, newest first, once nothing is on its way any more. */
export async function mailsTo({ api }: SubscriptionWorld, email: string): Promise<readonly Mail[]> {
  await api.drained();
  const url = api.stack.mail?.url ?? "";
  const list = await fetch(`${url}/messages?to=${encodeURIComponent(email)}`);
  const { value } = mailsSchema.parse(await list.json());
  return Promise.all(
    value.map(async ({ id }) => mailSchema.parse(await (await fetch(`${url}/messages/${id}`)).json())),
  );
}
