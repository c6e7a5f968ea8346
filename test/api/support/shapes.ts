/** What the tests read of answers: no more than they look at, so that a new field breaks none of them. */
import * as z from "zod";

const nullableInt = z.int().nullable();
const instant = z.iso.datetime();

const lineSchema = z.object({
  entitlementId: z.string(),
  unit: z.string().nullable(),
  isUnmetered: z.boolean(),
  purchased: nullableInt,
  consumed: nullableInt,
  remaining: nullableInt,
  overage: nullableInt,
  rows: z.int(),
});

const packageSchema = z.object({
  packageId: z.string(),
  status: z.enum(["upcoming", "active", "inactive"]),
  endDate: z.string(),
  entitlements: z.array(lineSchema),
});

export const pageSchema = z.object({
  customerId: z.string(),
  asOf: instant.nullable(),
  dataAsOf: instant.nullable(),
  workspaces: z.array(z.object({ workspaceId: z.string() })),
  agreements: z.array(z.object({ agreementId: z.string(), status: z.string(), endDate: z.string() })),
  enterpriseWide: z.object({
    categories: z.array(z.object({ category: z.string(), unit: z.string().nullable(), consumed: z.int() })),
    packages: z.array(packageSchema),
  }),
  addOn: z.object({
    agreements: z.array(z.object({ agreementId: z.string(), packages: z.array(packageSchema) })),
  }),
  additionalCases: z.object({ minutes: z.int(), rows: z.int() }),
});
export type ActivityPage = z.infer<typeof pageSchema>;

export const entitlementSchema = lineSchema.extend({
  dataAsOf: instant.nullable(),
  description: z.string().nullable(),
  actionUrl: z.string().nullable(),
  rowsLink: z.url(),
  casesLink: z.url().nullable(),
});

export const caseSchema = z.object({
  number: z.string().nullable(),
  deliveries: z.int(),
  rows: z.int(),
  quantity: z.int(),
  rowsLink: z.url(),
});

export const rowSchema = z.object({
  rowId: z.string(),
  kind: z.enum(["delivery", "reversal"]),
  number: z.string().nullable(),
  deliveredAt: instant,
  quantity: z.int(),
  event: z.object({ source: z.string(), id: z.string() }),
  reverses: z.object({ source: z.string(), id: z.string() }).nullable(),
});
export type Row = z.infer<typeof rowSchema>;

export const additionalCasesSchema = z.object({
  value: z.array(
    z.object({
      key: z.string(),
      service: z.string(),
      reasons: z.array(z.string()),
      minutes: z.int(),
      rows: z.int(),
    }),
  ),
  nextLink: z.url().optional(),
  dataAsOf: instant.nullable(),
  cases: z.int(),
  minutes: z.int(),
  rows: z.int(),
  reasons: z.record(z.string(), z.int()),
  services: z.array(z.object({ service: z.string(), requests: z.int(), minutes: z.int() })),
});

export const rejectedEventSchema = z.object({
  id: z.string(),
  status: z.enum(["rejected", "resolved"]),
  reason: z.object({ code: z.string(), message: z.string(), target: z.string().optional() }),
  event: z.object({ id: z.string().optional(), customerId: z.string().optional() }),
  body: z.string().nullable(),
  attempts: z.int(),
});
export type RejectedEvent = z.infer<typeof rejectedEventSchema>;

export const postedSchema = z.object({
  value: z.array(
    z.object({
      status: z.enum(["accepted", "rejected"]),
      receipt: z.string().optional(),
      error: z.object({ code: z.string() }).optional(),
    }),
  ),
});

export const outcomesSchema = z.object({
  value: z.array(z.object({ status: z.string(), error: z.object({ code: z.string() }).optional() })),
});

/** The body of every error after the guidelines. */
export const errorSchema = z.strictObject({
  error: z.strictObject({
    code: z.string().min(1),
    message: z.string().min(1),
    target: z.string().optional(),
    details: z.array(z.object({ code: z.string(), message: z.string() })).optional(),
    innererror: z.record(z.string(), z.unknown()).optional(),
    requestId: z.string().optional(),
  }),
});

export const verificationSchema = z.object({ ledgers: z.int(), differences: z.int() });

export const listSchema = <Item extends z.ZodType>(item: Item) =>
  z.object({ value: z.array(item), nextLink: z.url().optional() });
