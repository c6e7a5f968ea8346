/** Customers of their own on the real stores, over the Cosmos DB stand-in, for what the timers of response targets do. */
import { randomUUID } from "node:crypto";
import { type Container, CosmosClient } from "@azure/cosmos";
import * as z from "zod";
import type { TargetTimers } from "../../functions/timer/response-targets.ts";
import { startCosmos } from "../../local/cosmos/server.ts";
import { createCosmosResources, readResources } from "../../local/resources.ts";
import { cosmosDirectoryStore } from "../../src/access/directory-store.ts";
import { agreementEventDataSchema } from "../../src/agreements/agreement-event.ts";
import { withAgreement } from "../../src/agreements/customer.ts";
import { cosmosCustomerStore } from "../../src/agreements/customer-store.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import type { BusinessCalendar } from "../../src/support/business-calendar.ts";
import { type CalendarStore, cosmosCalendarStore } from "../../src/support/business-calendar-store.ts";
import { type Milestone, milestoneSchema } from "../../src/support/milestone.ts";
import {
  requestDocumentId,
  requestNumberSchema,
  type SupportRequest,
  supportRequestSchema,
} from "../../src/support/request.ts";
import { cosmosRequestStore, type RequestStore } from "../../src/support/request-store.ts";
import { changeCalendar, currentCalendar } from "../../src/support/target-calendar.ts";
import { createCalendars } from "../../src/support/target-calendar-cache.ts";
import { withTargets } from "../../src/support/target-check.ts";
import { agreementEvent } from "../fakes/events.ts";
import { someRequest } from "./some-requests.ts";

export const CSAM = "csam@provider.example";
export const ADVOCATE = "alma@provider.example";

export async function openTargetStores() {
  const server = await startCosmos({ port: 0, ranges: 3 });
  const { cosmos } = await readResources(new URL("../../infra/resources.json", import.meta.url).pathname);
  const database = `targets-${randomUUID()}`;
  await createCosmosResources(server, { ...cosmos, database });
  const client = new CosmosClient(server);
  return {
    container: client.database(database).container("customers"),
    requests: () => server.requests(),
    close: async () => {
      client.dispose();
      await server.close();
    },
  };
}

/** Stands around each call; `refusals` are answers by which a store refuses without having done anything. */
export type Around = <Value>(
  method: string,
  run: () => Promise<Value>,
  refusals: readonly Value[],
) => Promise<Value>;

const straight: Around = (_method, run) => run();

const messageSchema = z.looseObject({
  id: z.string(),
  to: z.object({ email: z.string() }),
  content: z.looseObject({ template: z.string() }),
});

export type TargetWorld = Awaited<ReturnType<typeof targetWorld>>;

export async function targetWorld(container: Container, agreement: Readonly<Record<string, unknown>> = {}) {
  const customerId = customerIdSchema.parse(`cust-${randomUUID()}`);
  const customers = cosmosCustomerStore(container);
  const requests: RequestStore = cosmosRequestStore(container);
  const calendars: CalendarStore = cosmosCalendarStore(container);
  const directory = cosmosDirectoryStore(container);
  const event = z.object({ data: agreementEventDataSchema }).parse(
    JSON.parse(
      agreementEvent({
        customerId,
        accountTeam: [
          { email: CSAM, role: "csam" },
          { email: ADVOCATE, role: "advocate" },
        ],
        ...agreement,
      }),
    ),
  );
  const fact = { time: "2026-01-01T00:00:00.000Z", source: "/contracts", id: "activated", data: event.data };
  await customers.save(withAgreement(undefined, fact), undefined);

  const all = async <Schema extends z.ZodType>(kind: string, schema: Schema): Promise<z.infer<Schema>[]> => {
    const query = {
      query: "SELECT * FROM c WHERE c.kind = @kind ORDER BY c.id",
      parameters: [{ name: "@kind", value: kind }],
    };
    const { resources } = await container.items
      .query<unknown>(query, { partitionKey: customerId })
      .fetchAll();
    return resources.map((each) => schema.parse(each));
  };
  const milestones = (): Promise<Milestone[]> => all("requestMilestone", milestoneSchema);
  const messages = () => all("message", messageSchema);

  return {
    customerId,
    requests,
    calendars,
    directory,
    milestones,
    messages,
    auditActions: async () =>
      (await all("auditEntry", z.looseObject({ action: z.string() }))).map(({ action }) => action),
    told: async () => (await messages()).map(({ to }) => to.email).toSorted(),
    /** A request as it was kept at an instant, by the calendar as it was then. */
    open: async (number: string, now: string, facts: Partial<SupportRequest> = {}) => {
      const numbered = requestNumberSchema.parse(number);
      const request = someRequest({
        customerId,
        number: numbered,
        id: requestDocumentId(numbered),
        severity: "critical",
        createdAt: now,
        statusFacts: [{ at: now, status: "open", factId: "opened" }],
        advocate: { name: "Alma", email: ADVOCATE },
        ...facts,
      });
      const document = withTargets(request, currentCalendar(await calendars.facts(customerId)), now);
      await requests.commit({ customerId, writes: [{ document, etag: undefined }], audit: [] });
      return document;
    },
    request: async (number: string): Promise<SupportRequest> => {
      const found = await requests.read({ customerId, number: requestNumberSchema.parse(number) });
      return supportRequestSchema.parse(found?.value);
    },
    /** Writes over a request as it is kept, past everything that looks after its targets. */
    rewrite: async (number: string, change: (request: SupportRequest) => SupportRequest) => {
      const found = await requests.read({ customerId, number: requestNumberSchema.parse(number) });
      if (found === undefined) throw new Error(`there is no request ${number}`);
      const writes = [{ document: change(found.value), etag: found.etag }];
      return requests.commit({ customerId, writes, audit: [] });
    },
    setCalendar: async (at: string, after: BusinessCalendar): Promise<void> => {
      const known = await calendars.read(customerId);
      const { calendar: before } = currentCalendar(await calendars.facts(customerId));
      const doing = { customerId, actor: { subject: "csam" }, at, key: at };
      await calendars.commit(changeCalendar(doing, known, before, after));
    },
    /** What a newer event of the agreement says of the customer's zone. */
    moveTo: async (timeZone: string): Promise<void> => {
      const known = await customers.read(customerId);
      const time = new Date(Date.parse(fact.time) + (known?.value.revision ?? 0)).toISOString();
      const next = withAgreement(known?.value, { ...fact, time, id: time, data: { ...fact.data, timeZone } });
      await customers.save(next, known?.etag);
    },
    customer: async () => (await customers.read(customerId))?.value,
    timers: (around: Around = straight) => {
      const wrap =
        <Args extends readonly unknown[], Value>(
          method: string,
          run: (...args: Args) => Promise<Value>,
          refusals: readonly Value[] = [],
        ) =>
        (...args: Args): Promise<Value> =>
          around(method, () => run(...args), refusals);
      const facts = wrap("facts", calendars.facts);
      const timers = {
        support: {
          requests: {
            read: wrap("read", requests.read),
            commit: wrap("commit", requests.commit, [{ outcome: "overtaken" }]),
          },
          calendars: createCalendars({ facts, withRequest: calendars.withRequest }, requests),
          calendarStore: {
            read: wrap("calendar", calendars.read),
            settle: wrap("settle", calendars.settle, [false]),
            countedBefore: wrap("countedBefore", calendars.countedBefore),
            // Of this world alone: the container is shared.
            dueChecks: wrap("dueChecks", async (now: string, limit: number) =>
              (await calendars.dueChecks(now, limit)).filter((key) => key.customerId === customerId),
            ),
            unsettled: wrap("unsettled", async (limit: number) =>
              (await calendars.unsettled(limit)).filter((id) => id === customerId),
            ),
          },
          notify: wrap("notify", async () => undefined),
          onDelay: () => undefined,
        },
        customers: {
          read: wrap("customer", customers.read),
          save: wrap("saveCustomer", customers.save, [false]),
        },
        directory: {
          directory: {
            roleAssignments: wrap("roleAssignments", directory.roleAssignments),
            ofPerson: wrap("ofPerson", directory.ofPerson),
          },
        },
      };
      return timers satisfies TargetTimers;
    },
  };
}
