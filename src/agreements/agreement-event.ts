import * as z from "zod";
import {
  agreementIdSchema,
  customerIdSchema,
  entitlementIdSchema,
  ID_LENGTH_MAX,
  packageIdSchema,
} from "./ids.ts";

/** Limits of one agreement event: they keep its ledger head well under the 2 MB of a document. */
const PACKAGES_MAX = 100;
const ENTITLEMENTS_MAX = 500;
const CONTACTS_MAX = 500;
const GRANTS_MAX = 50;
/** Of all its entitlements: each has two borders, which a page may have to read around. */
const AGREEMENT_GRANTS_MAX = 500;
const NAME_LENGTH_MAX = 256;
const DESCRIPTION_LENGTH_MAX = 4_000;
/** Largest allowance or grant, in the entitlement's unit. */
const AMOUNT_MAX = 1_000_000_000;

const services = [
  "problemResolution",
  "advisory",
  "proactive",
  "proactiveCredits",
  "designatedSupportEngineering",
  "education",
  "assessment",
  "supportContacts",
  "other",
] as const;
export const serviceSchema = z.enum(services);
export type Service = z.infer<typeof serviceSchema>;

export const unitSchema = z.enum(["minutes", "credits", "activities", "contacts", "executions"]);

export const sectionSchema = z.enum(["enterpriseWide", "addOn"]);
export const planSchema = z.enum(["unified", "premier"]);
export type Plan = z.infer<typeof planSchema>;
/** How a grant came about: bought at first, bought in addition, or what an earlier one left unused. */
export const grantKindSchema = z.enum(["initial", "topUp", "carryOver"]);
export const agreementKindSchema = z.enum(["base", "addOn"]);
/** The provider's staff at an agreement (AC-05). */
export const accountTeamRoleSchema = z.enum(["csam", "accountCoordinator", "advocate", "incidentManager"]);
/** The languages that reports and messages are written in. */
export const languageSchema = z.enum(["en", "es", "pl", "it"]);
export type Language = z.infer<typeof languageSchema>;

const name = z.string().trim().min(1).max(NAME_LENGTH_MAX);
const email = z.email().max(254).toLowerCase();
/** Outside these years an instant has no text of fixed length, and comparing texts would lie. */
const day = z.iso
  .date()
  .refine((date) => date >= "1990" && date < "2200", "must lie between the years 1990 and 2199");
const amount = z.int().min(0).max(AMOUNT_MAX);
const timeZoneSchema = z
  .string()
  .max(64)
  .refine(isTimeZone, "must be an IANA time zone, such as Europe/Madrid");

const grantIdSchema = z.string().min(1).max(ID_LENGTH_MAX);

const grantSchema = z
  .looseObject({
    grantId: grantIdSchema,
    /** Absent: `initial`. */
    kind: grantKindSchema.optional(),
    /** What is granted; of a carry-over at most this, and no more than its source leaves unused. */
    amount,
    startDate: day,
    endDate: day,
    /** The lower number burns first. */
    priority: z.int().min(0).max(1_000),
    /** The grant whose rest a carry-over is; for no other kind. */
    carriedFrom: grantIdSchema.optional(),
  })
  .refine((grant) => grant.startDate <= grant.endDate, {
    message: "endDate is the last day, inclusive, and cannot be before startDate",
    path: ["endDate"],
  })
  .refine((grant) => (grant.kind === "carryOver") === (grant.carriedFrom !== undefined), {
    message: "a grant of the kind carryOver names the one it is carried from, and no other does",
    path: ["carriedFrom"],
  });
type GrantEvent = z.infer<typeof grantSchema>;

const entitlementBase = {
  entitlementId: entitlementIdSchema,
  name,
  description: z.string().max(DESCRIPTION_LENGTH_MAX).optional(),
  service: serviceSchema,
  actionUrl: z
    .url({ protocol: /^https$/ })
    .max(2_048)
    .optional(),
};

const consumableSchema = z
  .looseObject({
    ...entitlementBase,
    class: z.literal("consumable"),
    unit: unitSchema,
    /** How much may be used; null is unmetered ("Included"). Absent where `grants` say it. */
    allowance: amount.nullable().optional(),
    grants: z.array(grantSchema).min(1).max(GRANTS_MAX).optional(),
  })
  .refine((entitlement) => (entitlement.allowance === undefined) !== (entitlement.grants === undefined), {
    message: "a consumable entitlement has either an allowance (an integer, or null for unmetered) or grants",
    path: ["allowance"],
  })
  .superRefine(({ service, grants = [] }, context) => {
    for (const [index, grant] of grants.entries()) {
      const fault = faultOf(grant, grants.slice(0, index), grants, service);
      if (fault !== undefined)
        context.addIssue({ code: "custom", path: ["grants", index, fault.member], message: fault.message });
    }
  });

/**
 * A carry-over starts after the last day of its source. So no chain of them comes back to where it began, and what a
 * source left is known when the carry-over begins.
 */
function faultOf(
  { grantId, carriedFrom, startDate }: GrantEvent,
  before: readonly GrantEvent[],
  all: readonly GrantEvent[],
  service: Service,
): { readonly member: keyof GrantEvent; readonly message: string } | undefined {
  if (before.some((other) => other.grantId === grantId))
    return { member: "grantId", message: `grantId ${grantId} occurs twice` };
  if (carriedFrom === undefined) return undefined;
  const member = "carriedFrom";
  if (service === "supportContacts")
    return { member, message: "people are counted and not used up: nothing of them is carried over" };
  if (carriedFrom === grantId) return { member, message: "a grant is not carried from itself" };
  const source = all.find((other) => other.grantId === carriedFrom);
  if (source === undefined) return { member, message: `the entitlement has no grant ${carriedFrom}` };
  if (startDate > source.endDate) return undefined;
  return {
    member: "startDate",
    message: `a carry-over starts after the last day of its source, ${source.endDate}`,
  };
}

const benefitSchema = z.looseObject({ ...entitlementBase, class: z.literal("benefit") });

const entitlementSchema = z.discriminatedUnion("class", [consumableSchema, benefitSchema]);

const packageSchema = z
  .looseObject({
    packageId: packageIdSchema,
    name,
    section: sectionSchema,
    startDate: day,
    endDate: day,
    entitlements: z.array(entitlementSchema).max(ENTITLEMENTS_MAX),
  })
  .refine((item) => item.startDate <= item.endDate, {
    message: "endDate is the last day, inclusive, and cannot be before startDate",
    path: ["endDate"],
  });

const personSchema = z.looseObject({ name: name.optional(), email });

/** `data` of `support.agreement.activated.v1` and `support.agreement.amended.v1`: the whole agreement. */
export const agreementEventDataSchema = z
  .looseObject({
    customerId: customerIdSchema,
    customerName: name,
    timeZone: timeZoneSchema,
    language: languageSchema,
    agreementId: agreementIdSchema,
    number: name,
    plan: planSchema,
    kind: agreementKindSchema,
    startDate: day,
    endDate: day,
    servicesAdmin: personSchema.optional(),
    supportContacts: z.array(personSchema).max(CONTACTS_MAX).default([]),
    /** The provider's staff who look after the agreement (AC-05). Optional: not every contract system knows them. */
    accountTeam: z
      .array(z.looseObject({ email, name: name.optional(), role: accountTeamRoleSchema }))
      .max(50)
      .default([]),
    packages: z.array(packageSchema).max(PACKAGES_MAX),
  })
  .refine((agreement) => agreement.startDate <= agreement.endDate, {
    message: "endDate is the last day, inclusive, and cannot be before startDate",
    path: ["endDate"],
  })
  .superRefine((agreement, context) => {
    const packageIds: string[] = agreement.packages.map((item) => item.packageId);
    const entitlementIds: string[] = agreement.packages.flatMap((item) =>
      item.entitlements.map((entitlement) => entitlement.entitlementId),
    );
    for (const [what, ids] of Object.entries({ packageId: packageIds, entitlementId: entitlementIds })) {
      const repeated = ids.find((id, position) => ids.indexOf(id) !== position);
      if (repeated !== undefined) {
        context.addIssue({ code: "custom", path: ["packages"], message: `${what} ${repeated} occurs twice` });
      }
    }
    const grants = agreement.packages
      .flatMap((item) => item.entitlements)
      .reduce((count, each) => count + (each.class === "consumable" ? (each.grants?.length ?? 0) : 0), 0);
    if (grants > AGREEMENT_GRANTS_MAX) {
      const message = `an agreement has at most ${AGREEMENT_GRANTS_MAX} grants`;
      context.addIssue({ code: "custom", path: ["packages"], message });
    }
    if (entitlementIds.length > ENTITLEMENTS_MAX) {
      context.addIssue({
        code: "custom",
        path: ["packages"],
        message: `an agreement has at most ${ENTITLEMENTS_MAX} entitlements`,
      });
    }
  });

export type AgreementEventData = z.infer<typeof agreementEventDataSchema>;

/** By their main names: there are others, and making a format to find that out takes long. */
const TIME_ZONES: ReadonlySet<string> = new Set(Intl.supportedValuesOf("timeZone"));

export function isTimeZone(text: string): boolean {
  if (TIME_ZONES.has(text)) return true;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
}
