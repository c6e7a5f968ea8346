import { CosmosClient } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import { cosmosCustomerStore } from "../../src/agreements/customer-store.ts";
import { customerIdSchema, DEFAULT_WORKSPACE_ID, workspaceIdSchema } from "../../src/agreements/ids.ts";
import { cosmosActivityStore } from "../../src/consumption/activity-store.ts";
import { openEducation } from "../../src/reports/education.ts";
import { eveOf, lastInstantOf, type Period, periodOfMonth } from "../../src/reports/period.ts";
import type { Row } from "../../src/reports/report-row.ts";
import { AGREEMENT, CUSTOMER, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { createWorkspace } from "./support/access-steps.ts";
import { agreement, events } from "./support/grid-world.ts";
import { readAll } from "./support/pages.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import { entitlementSchema } from "./support/shapes.ts";

const CSAM = { email: "csam@provider.example", roles: ["Csam"] } as const satisfies TokenRequest;
const ENTITLEMENT = `customers/${CUSTOMER}/entitlements/ent-edu`;
const periods = ["2026-02", "2026-03", "2026-04"].map(periodOfMonth);

const event = z.object({ source: z.string(), id: z.string() });
const text = z.string().nullable();
const gridRowSchema = z.looseObject({
  rowId: z.string(),
  number: text,
  deliveredAt: z.string(),
  recordedAt: z.string(),
  quantity: z.int(),
  unit: z.string(),
  agreementId: z.string(),
  packageId: z.string(),
  workspaceId: z.string(),
  event,
  reverses: event.nullable(),
  ...{ learner: text, activityTitle: text, format: text, product: text, level: text, language: text },
  ...{ startedAt: text, completedAt: text },
});
type GridRow = z.infer<typeof gridRowSchema>;

/** A row of the grid in the columns of the report: of one with a request the event is named by the row's own id (SR-02). */
const asLine = (row: GridRow, rows: readonly GridRow[]) => ({
  section: "learning",
  learner: row.learner ?? undefined,
  activityTitle: row.activityTitle ?? undefined,
  format: row.format ?? undefined,
  product: row.product ?? undefined,
  level: row.level ?? undefined,
  language: row.language ?? undefined,
  started: row.startedAt ?? undefined,
  completed: row.completedAt ?? undefined,
  deliveredAt: row.deliveredAt,
  quantity: row.quantity,
  unit: row.unit,
  agreementId: row.agreementId,
  packageId: row.packageId,
  workspaceId: row.workspaceId,
  reversesSource: row.reverses?.source,
  reversesId: row.number === null ? row.reverses?.id : reversedRow(row, rows)?.rowId,
  recordedAt: row.recordedAt,
  eventSource: row.event.source,
  eventId: row.number === null ? row.event.id : row.rowId,
  lineId: row.rowId,
});

const reversedRow = ({ reverses }: GridRow, rows: readonly GridRow[]): GridRow | undefined =>
  reverses === null
    ? undefined
    : rows.find(({ event: { source, id } }) => source === reverses.source && id === reverses.id);

let api: RunningApi;
let client: CosmosClient;
let second: string;

beforeAll(async () => {
  api = await startApi();
  await api.send([agreement, ...events]);
  const administrator = { email: "second@cust-t.example" };
  const created = await createWorkspace(api, CSAM, CUSTOMER, {
    name: "Second",
    agreements: [{ agreementId: AGREEMENT }],
    administrator,
  });
  second = created.workspaceId;
  const activities = Array.from({ length: 30 }, (_, index) =>
    deliveryEvent(`second-${index}`, {
      entitlementId: "ent-edu",
      service: "education",
      unit: "activities",
      workspaceId: second,
      quantity: 2,
      deliveredAt: `2026-03-${String(1 + index).padStart(2, "0")}T10:00:00Z`,
      request: index % 2 === 0 ? undefined : { number: `INC${index}` },
      detail: { learner: "a".repeat(300) + index, activityTitle: "One\ttitle", product: "Azure" },
    }),
  );
  const back = [3, 5, 9].map((index) => reversalEvent(`back-${index}`, `second-${index}`, { quantity: 1 }));
  await api.send([...activities, ...back]);
  const { COSMOS_ENDPOINT: endpoint = "", COSMOS_KEY: key = "" } = api.stack.settings;
  client = new CosmosClient({ endpoint, key });
});
afterAll(async () => {
  await api.stack.stop();
  client.dispose();
});

async function reportOf(period: Period, workspaceIds: readonly string[] | null) {
  const database = client.database(api.stack.settings["COSMOS_DATABASE"] ?? "");
  const customers = cosmosCustomerStore(database.container("customers"));
  const customer = (await customers.read(customerIdSchema.parse(CUSTOMER)))?.value;
  if (customer === undefined) throw new Error("there is no customer");
  const ids = workspaceIds === null ? null : workspaceIds.map((id) => workspaceIdSchema.parse(id));
  const { rows, ...opened } = await openEducation({
    activity: cosmosActivityStore(database.container("ledgers")),
    customer,
    scope: { reportKind: "education", workspaceIds: ids },
    period,
    version: 1,
    generatedAt: "2026-11-20T00:00:00.000Z",
    restricted: new Set(),
    previous: undefined,
  });
  const all: Row[] = [];
  for await (const batch of rows) all.push(...batch);
  return { ...opened, lines: all.filter(({ section }) => section === "learning") };
}

describe("an education report", () => {
  const choices = [
    { name: "the whole customer", workspaces: () => null },
    { name: "the default workspace", workspaces: () => [DEFAULT_WORKSPACE_ID] },
    { name: "another workspace", workspaces: () => [second] },
  ];
  test.each(choices)(
    "has the rows of the grid and the figures of the drill-down, of $name",
    async (choice) => {
      const chosen = choice.workspaces();
      const query = { workspaces: chosen === null ? "all" : chosen.join() };
      let count = 0;
      for (const period of periods) {
        const asOf = lastInstantOf(period);
        const grid = await readAll(
          api,
          CSAM,
          { path: `${ENTITLEMENT}/rows`, query: { ...query, asOf, orderby: "deliveredAt asc" } },
          gridRowSchema,
        );
        const { lines, dataAsOf } = await reportOf(period, chosen);
        const expected = grid
          .map((row) => asLine(row, grid))
          .filter(({ deliveredAt }) => deliveredAt >= period.from);
        expect(lines).toHaveLength(expected.length);
        expect(lines).toMatchObject(expected);
        const [before, end] = await Promise.all(
          [eveOf(period), asOf].map(async (instant) =>
            (await api.ask(CSAM, { path: ENTITLEMENT, query: { ...query, asOf: instant } })).read(
              entitlementSchema.extend({ dataAsOf: z.string().nullable() }),
            ),
          ),
        );
        const delivered = lines.reduce((sum, { quantity }) => sum + Number(quantity), 0);
        expect(delivered).toBe((end?.consumed ?? 0) - (before?.consumed ?? 0));
        expect(dataAsOf).toBe(end?.dataAsOf);
        count += lines.length;
      }
      expect(count).toBeGreaterThan(30);
    },
  );
});
