import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { unitSchema } from "../../src/agreements/agreement-event.ts";
import { customerIdSchema, entitlementIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import { chooseWorkspaces } from "../../src/consumption/chosen.ts";
import { POINTS_MAX, readHistory } from "../../src/consumption/history.ts";
import { intervals } from "../../src/consumption/intervals.ts";
import {
  CONFIDENCE_PERCENT,
  METHOD,
  type Projection,
  projectionOutcomes,
} from "../../src/consumption/projection.ts";
import { readCustomer } from "../../src/consumption/selection.ts";
import { dayText } from "../../src/platform/instant.ts";
import { allOrList } from "../../src/platform/query.ts";
import type { App } from "../../src/platform/wiring.ts";
import { asOfQuery } from "./activity.ts";

const rangeShape = {
  from: z.iso.date().meta({ description: "The first UTC day." }),
  to: z.iso.date().meta({ description: "The first UTC day after it." }),
};

const pointSchema = z
  .object({
    ...rangeShape,
    consumed: z.int().meta({ description: "From `from` to `to`, in the chosen workspaces." }),
    consumedToDate: z.int().meta({ description: "All until `to`, also what was before the first point." }),
    purchased: z.int().nullable().meta({
      description:
        "What was bought by `to`: the allowance, or the grants that had begun; null where unmetered.",
    }),
    remaining: z.int().nullable().meta({
      description:
        "Left at `to` of the allowance, or of the grants active then, which all workspaces share; null where unmetered.",
    }),
    overage: z
      .int()
      .nullable()
      .meta({ description: "Consumption of all workspaces past the allowance at `to`." }),
    rows: z.int(),
  })
  .meta({ id: "HistoryPoint" });

const runOutDay = z.iso.date().nullable();

const projectionSchema = z
  .object({
    outcome: z.enum(projectionOutcomes).meta({
      description:
        "`alreadyUsedUp`: nothing is left, or was when it ended; `lastsUntilExpiry`: something will be, or was; `notEnoughData`: fewer than 4 whole weeks since the package began, or fewer than 3 of the weeks of `basis` with consumption.",
    }),
    method: z.literal(METHOD).meta({
      description:
        "The pace is the mean of daily consumption, by all workspaces, over the last 13 whole weeks before the present UTC day, or those since the package began. The interval follows from the spread of the weekly totals.",
    }),
    confidencePercent: z
      .int()
      .meta({ description: "How likely the run-out is from `earliestRunOut` to `latestRunOut`." }),
    basis: z
      .object({ ...rangeShape, days: z.int(), weeks: z.int(), consumed: z.int() })
      .nullable()
      .meta({ description: "What the pace was taken from; null where there is nothing to foresee." }),
    runsOutOn: runOutDay.meta({
      description:
        "The day, in the customer's time zone, on which nothing is left; null: not before the expiry.",
    }),
    earliestRunOut: runOutDay,
    latestRunOut: runOutDay.meta({ description: "Null: it may last until the expiry." }),
  })
  .meta({ id: "RunOutProjection" });

const historySchema = z
  .object({
    entitlementId: z.string(),
    unit: unitSchema.nullable(),
    interval: z.enum(intervals),
    ...rangeShape,
    asOf: z.iso.datetime().nullable(),
    dataAsOf: z.iso.datetime().nullable(),
    before: z
      .object({ consumed: z.int(), rows: z.int() })
      .meta({ description: "Before the first point, in the chosen workspaces." }),
    points: z.array(pointSchema),
    projection: projectionSchema.nullable().meta({
      description:
        "Null, as `points` are none, for what is not recorded over time: benefits and support contacts.",
    }),
  })
  .meta({ id: "BalanceHistory" });

export function historyEndpoints(app: App) {
  const getHistory = defineEndpoint(
    {
      name: "getEntitlementHistory",
      method: "GET",
      route: "customers/{customerId}/entitlements/{entitlementId}/history",
      tag: "Customer Activity",
      summary: "Get the balance history of an entitlement, and when it runs out",
      description: `One point for each UTC day, ISO week (from Monday) or month from \`from\` to \`to\`; the first and the last are cut there, and the last one also ends at \`asOf\`. At most ${POINTS_MAX.toLocaleString("en-US")} points. Without \`from\` and \`to\`: the period of the package until now or \`asOf\`, and any other days with deliveries, so that \`consumed\` adds up to the total of the entitlement. The projection does not depend on the range.`,
      access: { kind: "workspaces", permission: "customerActivity.read" },
      params: z.object({ customerId: customerIdSchema, entitlementId: entitlementIdSchema }),
      query: z.object({
        interval: z
          .enum(intervals)
          .optional()
          .meta({
            description: `Default: the first of ${intervals.join(", ")} of which there are no more points than allowed.`,
          }),
        from: dayText.optional().meta({ description: "The first UTC day." }),
        to: dayText.optional().meta({ description: "The first UTC day after the range." }),
        workspaces: allOrList(workspaceIdSchema).default("all"),
        asOf: asOfQuery,
      }),
      responses: { 200: { description: "The history.", schema: historySchema } },
    },
    async ({ params, query, grant, now }) => {
      const customer = await readCustomer(app.customers, params.customerId);
      const chosen = chooseWorkspaces(customer, grant.scope, query.workspaces);
      const { interval, from, to, asOf } = query;
      const asked = { chosen, interval, from, to, asOf, now: now.toISOString() };
      const history = await readHistory(app.activity, customer, params.entitlementId, asked);
      const { line, range, before, points, projection, lastAt } = history;
      return {
        status: 200,
        body: {
          entitlementId: line.entitlement.entitlementId,
          unit: line.entitlement.unit ?? null,
          interval: history.interval,
          ...range,
          asOf: asOf ?? null,
          dataAsOf: lastAt ?? null,
          before,
          points: [...points],
          projection: projection === undefined ? null : projectionView(projection),
        },
      };
    },
  );
  return [getHistory];
}

const projectionView = (projection: Projection) => ({
  ...projection,
  method: METHOD,
  confidencePercent: CONFIDENCE_PERCENT,
});
