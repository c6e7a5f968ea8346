/** Every name that a field of the product has, on the wire or in a document: what a sender could try to set. */
import * as z from "zod";
import { auditEntrySchema } from "../../../src/access/audit-entry.ts";
import { followUpSchema } from "../../../src/access/follow-up.ts";
import { groupSchema } from "../../../src/access/group.ts";
import { memberSchema } from "../../../src/access/member.ts";
import { personSchema } from "../../../src/access/person.ts";
import { roleAssignmentSchema } from "../../../src/access/role-assignment.ts";
import { supportContactsSchema } from "../../../src/access/support-contacts.ts";
import { customerSchema } from "../../../src/agreements/customer.ts";
import type { Contract } from "../../../src/platform/contract.ts";
import { reportSchema } from "../../../src/reports/report.ts";
import { deliverySchema } from "../../../src/subscriptions/delivery.ts";
import { runSchema } from "../../../src/subscriptions/run.ts";
import { subscriptionSchema } from "../../../src/subscriptions/subscription.ts";
import { supportRequestSchema } from "../../../src/support/request.ts";

const documents: readonly z.ZodType[] = [
  customerSchema,
  memberSchema,
  groupSchema,
  personSchema,
  roleAssignmentSchema,
  supportContactsSchema,
  auditEntrySchema,
  followUpSchema,
  reportSchema,
  supportRequestSchema,
  subscriptionSchema,
  runSchema,
  deliverySchema,
];

/** What a store, a library or the language itself gives a meaning. */
const OF_OTHERS = [
  "_etag",
  "_rid",
  "_self",
  "_ts",
  "_attachments",
  "etag",
  "ttl",
  "__proto__",
  "constructor",
  "prototype",
  "toJSON",
  "hasOwnProperty",
  "isAdmin",
  "admin",
  "$set",
  "$where",
] as const;

export function fieldNames(contracts: readonly Contract[]): readonly string[] {
  const onTheWire = contracts.flatMap(({ body, responses }) => [
    ...Object.values(responses).flatMap((response) => ("schema" in response ? [response.schema] : [])),
    ...(body?.kind === "json" ? [body.schema] : []),
  ]);
  const named = [...documents, ...onTheWire].flatMap((schema) =>
    propertyNames(z.toJSONSchema(schema, { io: "input", unrepresentable: "any", cycles: "ref" })),
  );
  return [...new Set([...named, ...OF_OTHERS])].toSorted();
}

function propertyNames(schema: unknown): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const below = Object.values(schema).flatMap(propertyNames);
  if (!("properties" in schema) || typeof schema.properties !== "object" || schema.properties === null)
    return below;
  return [...Object.keys(schema.properties), ...below];
}

/** A value that would mean something where the name means something. */
export function tellingValue(name: string): unknown {
  return Object.hasOwn(telling, name) ? telling[name] : "planted";
}

const telling: Readonly<Record<string, unknown>> = {
  // Of the right form, so that it is the place that refuses it.
  roles: ["workspaceAdministrator"],
  permissions: ["customerActivity", "viewAllSupportRequests", "inviteUsers", "manageGroups"],
  status: "active",
  revision: 0,
  isLinked: true,
  links: { "agr-a-whole": { isLinked: true, packageIds: [] } },
  administersAll: true,
  isAdmin: true,
  admin: true,
  email: "planted@elsewhere.example",
  workspaceId: "ws-default",
  customerId: "cust-qmzvkxb",
  memberCount: 0,
  groupIds: ["planted"],
  joinedAt: "2020-01-01T00:00:00.000Z",
  supportContactSince: "2020-01-01T00:00:00.000Z",
  invitation: { status: "accepted", sends: 0 },
  // Read from a text, this is the name of a field and nothing else.
  ["__proto__"]: { roles: ["workspaceAdministrator"], isAdmin: true },
  constructor: { prototype: { isAdmin: true } },
};
