import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import {
  grantKindSchema,
  sectionSchema,
  serviceSchema,
  unitSchema,
} from "../../src/agreements/agreement-event.ts";
import {
  agreementIdSchema,
  customerIdSchema,
  packageIdSchema,
  workspaceIdSchema,
} from "../../src/agreements/ids.ts";
import { activityPage } from "../../src/consumption/activity.ts";
import { chooseWorkspaces } from "../../src/consumption/chosen.ts";
import { seatContacts } from "../../src/consumption/grid-contacts.ts";
import { readAgreements, readCustomer, readUnassigned } from "../../src/consumption/selection.ts";
import { instantText } from "../../src/platform/instant.ts";
import { allOrList, commaList } from "../../src/platform/query.ts";
import type { App } from "../../src/platform/wiring.ts";
import { agreementSchema, workspaceNameSchema } from "./customers.ts";

const statusSchema = z.enum(["upcoming", "active", "inactive"]);

/** An instant of delivery, with its offset; compared in UTC. */
export const asOfQuery = instantText
  .optional()
  .meta({ description: "What had been delivered by then, with all that is known now. Default: everything." });

const figuresShape = {
  unit: unitSchema.nullable(),
  isUnmetered: z.boolean().meta({ description: "True where any amount may be used (“Included”)." }),
  purchased: z.int().nullable().meta({
    description:
      "Allowance in `unit`, of grants all that have begun, what was carried over counted once; null where unmetered or a benefit.",
  }),
  consumed: z
    .int()
    .nullable()
    .meta({ description: "In `unit`, over the chosen workspaces; null for a benefit." }),
  remaining: z
    .int()
    .nullable()
    .meta({
      description:
        "What is left of the allowance, which all workspaces share, or of the grants that are active; never below 0. After the end of a package, what was left then.",
    }),
  overage: z.int().nullable().meta({ description: "Consumption of all workspaces past the allowance." }),
};

const grantSchema = z
  .object({
    grantId: z.string(),
    kind: grantKindSchema,
    amount: z.int().meta({ description: "As agreed; of a carry-over the most that it can be." }),
    priority: z.int().meta({ description: "The lower number burns first." }),
    startDate: z.iso.date(),
    endDate: z.iso.date().meta({ description: "The last day, in the customer's time zone." }),
    endedAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: "When an amendment left it out; null where none did." }),
    carriedFrom: z.string().nullable(),
    granted: z.int().meta({
      description:
        "The amount; of a carry-over what its source leaves unused, up to the amount: until the source ends, as things stand now.",
    }),
    burnt: z.int(),
    unused: z.int().meta({ description: "What is left of it, or was when it ended." }),
    carriedOn: z.int().meta({ description: "What carry-overs take of `unused`." }),
    expiredUnused: z.int().meta({ description: "What was lost when it ended." }),
    status: z.enum(["upcoming", "active", "expired"]),
  })
  .meta({ id: "Grant" });

export const lineSchema = z
  .object({
    entitlementId: z.string(),
    name: z.string(),
    service: serviceSchema,
    class: z.enum(["consumable", "benefit"]),
    ...figuresShape,
    grants: z.array(grantSchema).meta({
      description:
        "What the allowance is made of; empty where it is one. Consumption burns the lower priority number first, then the nearest expiry, then the oldest.",
    }),
    rows: z.int(),
  })
  .meta({ id: "EntitlementLine" });

const packageSchema = z
  .object({
    packageId: z.string(),
    agreementId: z.string(),
    name: z.string(),
    startDate: z.iso.date(),
    endDate: z.iso.date().meta({ description: "The last day, in the customer's time zone." }),
    status: statusSchema,
    entitlements: z.array(lineSchema),
  })
  .meta({ id: "Package" });

const activitySchema = z
  .object({
    customerId: z.string(),
    customerName: z.string(),
    timeZone: z.string(),
    asOf: z.iso.datetime().nullable().meta({ description: "As asked for; null: everything until now." }),
    dataAsOf: z.iso
      .datetime()
      .nullable()
      .meta({ description: "Time of the last delivery that is included." }),
    workspaces: z.array(workspaceNameSchema),
    agreements: z.array(agreementSchema.extend({ status: statusSchema })),
    enterpriseWide: z.object({
      categories: z.array(
        z.object({
          category: z.enum([
            "proactive",
            "advisory",
            "reactive",
            "education",
            "supportContacts",
            "assessments",
          ]),
          ...figuresShape,
          entitlementIds: z.array(z.string()),
        }),
      ),
      packages: z.array(packageSchema),
    }),
    addOn: z.object({
      agreements: z.array(z.object({ agreementId: z.string(), packages: z.array(packageSchema) })),
    }),
    additionalCases: z.object({ minutes: z.int(), rows: z.int() }),
  })
  .meta({ id: "CustomerActivity" });

export function activityEndpoints(app: App) {
  const getActivity = defineEndpoint(
    {
      name: "getActivity",
      method: "GET",
      route: "customers/{customerId}/activity",
      tag: "Customer Activity",
      summary: "Get the Customer Activity page",
      description: `What the customer bought and what was delivered, in two sections: packages that are ${sectionSchema.options.join(" and ")}. Of the chosen workspaces, or of all that the caller may see: what is linked to them, and what was delivered to them. Without \`agreements\` those active at \`asOf\` (default now) are shown; with it exactly those, ended ones too.`,
      access: { kind: "workspaces", permission: "customerActivity.read" },
      params: z.object({ customerId: customerIdSchema }),
      query: z.object({
        workspaces: allOrList(workspaceIdSchema).default("all"),
        agreements: commaList(agreementIdSchema).optional(),
        packages: commaList(packageIdSchema).optional(),
        packageStatus: z.enum(["active", "inactive"]).optional(),
        asOf: asOfQuery,
      }),
      responses: { 200: { description: "The page.", schema: activitySchema } },
    },
    async ({ params, query, grant, now }) => {
      const [customer, people] = await Promise.all([
        readCustomer(app.customers, params.customerId),
        app.directory.directory.supportContacts(params.customerId),
      ]);
      const chosen = chooseWorkspaces(customer, grant.scope, query.workspaces);
      const at = query.asOf ?? now.toISOString();
      const contacts = seatContacts(customer, people?.value.contacts ?? [], at);
      const [agreements, unassigned] = await Promise.all([
        readAgreements(app.activity, customer, chosen, query.agreements, query.asOf, at, contacts),
        readUnassigned(app.activity, customer, chosen, query.asOf, at),
      ]);
      const packages = query.packages === undefined ? undefined : new Set<string>(query.packages);
      const { packageStatus } = query;
      const body = activityPage({
        customer,
        chosen,
        agreements,
        unassigned,
        isNamed: query.agreements !== undefined,
        packages,
        packageStatus,
        at,
        asOf: query.asOf,
      });
      return { status: 200, body };
    },
  );
  return [getActivity];
}
