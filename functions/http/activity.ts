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
import { activityPage, type PageLinks } from "../../src/consumption/activity.ts";
import { categories } from "../../src/consumption/categories.ts";
import { chooseWorkspaces } from "../../src/consumption/chosen.ts";
import { seatContacts } from "../../src/consumption/grid-contacts.ts";
import { readCustomer, readPage } from "../../src/consumption/selection.ts";
import { instantText } from "../../src/platform/instant.ts";
import { allOrList, commaList } from "../../src/platform/query.ts";
import type { App } from "../../src/platform/wiring.ts";
import { agreementSchema, workspaceNameSchema } from "./customers.ts";

export const statusSchema = z.enum(["upcoming", "active", "inactive"]);

/** An instant of delivery, with its offset; compared in UTC. */
export const asOfQuery = instantText.optional().meta({
  description:
    "What had been delivered by then, with all that is known now; of support contacts, those of now who were some already: who was one then and is none now is not known. Default: everything.",
});

export const expiresOnSchema = z.iso.date().meta({
  description:
    "The last day, in the customer's time zone, whatever ends it first: its own last day, that of its agreement, or an amendment.",
});

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
  remaining: z.int().nullable().meta({
    description:
      "What is left of the allowance, which all workspaces share, or of the grants that are active; never below 0. After the end of a package, what was left then.",
  }),
  overage: z.int().nullable().meta({ description: "Consumption of all workspaces past the allowance." }),
};

const unusedSchema = (description: string) =>
  z
    .int()
    .nullable()
    .meta({ description: `${description} Null where unmetered.` });

const categoryShape = {
  ...figuresShape,
  unit: unitSchema,
  purchased: z.int().nullable().meta({
    description:
      "The allowances of all packages that are shown, over or to come ones too; null where one is unmetered. Where all workspaces are chosen, purchased + overage = consumed + remaining + expired + upcoming, as long as no delivery is dated after the instant of the page.",
  }),
  consumed: z.int(),
  remaining: unusedSchema(
    "What may be used at the instant of the page: left in packages and grants that are active, for all workspaces.",
  ),
  expired: unusedSchema("What was left unused in packages, entitlements and grants that are over."),
  upcoming: unusedSchema(
    "What packages that have not begun bring, and what is carried on to a grant that has not.",
  ),
  overage: z.int(),
  entitlementIds: z
    .array(z.string())
    .meta({ description: "What it is the sum of; each is among the packages, with a link to its rows." }),
};

const grantSchema = z
  .object({
    grantId: z.string(),
    kind: grantKindSchema,
    amount: z.int().meta({ description: "As agreed; of a carry-over the most that it can be." }),
    priority: z.int().meta({ description: "The lower number burns first." }),
    startDate: z.iso.date(),
    endDate: z.iso
      .date()
      .meta({ description: "The last day as agreed; it ends with its package at the latest." }),
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
    endDate: z.iso.date().meta({ description: "The last day as agreed." }),
    endedAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: "When an amendment left it out; null where none did." }),
    expiresOn: expiresOnSchema,
    status: statusSchema.meta({ description: "Active until the end of `expiresOn`." }),
    entitlements: z.array(
      lineSchema
        .extend({
          rowsLink: z
            .url()
            .nullable()
            .meta({ description: "The rows that add up to `consumed`; null for a benefit." }),
        })
        .meta({ id: "PackageLine" }),
    ),
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
          category: z.enum(categories),
          ...categoryShape,
          services: z
            .array(z.object({ service: serviceSchema, ...categoryShape }))
            .meta({ description: "The same for each service of the category." }),
        }),
      ),
      packages: z.array(packageSchema),
    }),
    addOn: z.object({
      agreements: z.array(z.object({ agreementId: z.string(), packages: z.array(packageSchema) })),
    }),
    additionalCases: z.object({
      minutes: z.int(),
      rows: z.int(),
      rowsLink: z.url().meta({ description: "The rows, of the same workspaces, agreements and instant." }),
    }),
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
      description: `What the customer bought and what was delivered, in two sections: packages that are ${sectionSchema.options.join(" and ")}. Of the chosen workspaces, or of all that the caller may see: what is linked to them, and what was delivered to them. Without \`agreements\` those active at \`asOf\` (default now) are shown; with it exactly those, ended ones too. The first section follows from the workspaces and agreements alone; \`addOnAgreement\` narrows the second to one of the agreements, \`packages\` and \`packageStatus\` to some of its packages. Additional cases are those that their list gives for the same workspaces, agreements and instant.`,
      access: { kind: "workspaces", permission: "customerActivity.read" },
      params: z.object({ customerId: customerIdSchema }),
      query: z.object({
        workspaces: allOrList(workspaceIdSchema).default("all"),
        agreements: commaList(agreementIdSchema).optional(),
        addOnAgreement: agreementIdSchema
          .optional()
          .meta({ description: "The only agreement of the add-on section: one that the page shows." }),
        packages: commaList(packageIdSchema)
          .optional()
          .meta({ description: "The only packages of the add-on section." }),
        packageStatus: z.enum(["active", "inactive"]).optional().meta({
          description: "Only such packages in the add-on section; one that has not begun is inactive.",
        }),
        asOf: asOfQuery,
      }),
      responses: { 200: { description: "The page.", schema: activitySchema } },
    },
    async ({ params, query, grant, now, url }) => {
      const [customer, people] = await Promise.all([
        readCustomer(app.customers, params.customerId),
        app.directory.directory.supportContacts(params.customerId),
      ]);
      const chosen = chooseWorkspaces(customer, grant.scope, query.workspaces);
      const at = query.asOf ?? now.toISOString();
      const contacts = seatContacts(customer, people?.value.contacts ?? [], at);
      const { agreements: named, asOf, addOnAgreement, packageStatus } = query;
      const figures = await readPage(app.activity, customer, chosen, { named, asOf, at, contacts });
      const packages = query.packages === undefined ? undefined : new Set<string>(query.packages);
      const body = activityPage({
        customer,
        chosen,
        ...figures,
        isNamed: named !== undefined,
        addOnAgreement,
        packages,
        packageStatus,
        at,
        asOf,
        links: pageLinks(url),
      });
      return { status: 200, body };
    },
  );
  return [getActivity];
}

/** From a list about the whole customer, such as `…/customers/{customerId}/activity`. */
function pageLinks(url: URL): PageLinks {
  const linkTo = (path: string, kept: readonly string[]): string => {
    const link = new URL(path, url);
    for (const name of ["api-version", ...kept]) {
      const value = url.searchParams.get(name);
      if (value !== null) link.searchParams.set(name, value);
    }
    return link.href;
  };
  return {
    rowsOf: (entitlementId) =>
      linkTo(`entitlements/${encodeURIComponent(entitlementId)}/rows`, ["workspaces", "asOf"]),
    additionalCases: linkTo("additionalCases/rows", ["workspaces", "agreements", "asOf"]),
  };
}
