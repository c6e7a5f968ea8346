/**
 * The terms of an agreement: what its events come to.
 * Invariants: the newest event (by time, source, id) decides; whatever order they arrive in, the terms are the same;
 * a package, entitlement or grant that a newer event leaves out is ended at that event's time and never forgotten.
 */
import * as z from "zod";
import {
  type AgreementEventData,
  agreementKindSchema,
  grantKindSchema,
  planSchema,
  sectionSchema,
  serviceSchema,
  unitSchema,
} from "./agreement-event.ts";
import {
  agreementIdSchema,
  customerIdSchema,
  type EntitlementId,
  entitlementIdSchema,
  packageIdSchema,
  type WorkspaceId,
} from "./ids.ts";
import { windowOfDays } from "./window.ts";
import { linkOf, type Workspace, type WorkspaceLink } from "./workspace.ts";

const instant = z.iso.datetime();

const termsGrantSchema = z.object({
  grantId: z.string(),
  kind: grantKindSchema,
  /** In the entitlement's unit; of a carry-over the most that it can be. */
  amount: z.int(),
  startDate: z.string(),
  endDate: z.string(),
  /** The grant's days as a half-open interval of instants, in the customer's time zone (LE-07). */
  startsAt: instant,
  endsAt: instant,
  /** First instant at which it no longer applies, where an amendment left it out. */
  endedAt: instant.optional(),
  priority: z.int(),
  carriedFrom: z.string().optional(),
});
export type TermsGrant = z.infer<typeof termsGrantSchema>;

const termsEntitlementSchema = z.object({
  entitlementId: entitlementIdSchema,
  name: z.string(),
  description: z.string().optional(),
  service: serviceSchema,
  class: z.enum(["consumable", "benefit"]),
  unit: unitSchema.optional(),
  /** Amount in `unit`; null is unmetered; absent for a benefit. Where there are grants, all that is granted in them. */
  allowance: z.int().nullable().optional(),
  actionUrl: z.string().optional(),
  /** Instead of one allowance (LE-11). */
  grants: z.array(termsGrantSchema).min(1).optional(),
  /** First instant at which it no longer applies, where an amendment left it out. */
  endedAt: instant.optional(),
});

const termsPackageSchema = z.object({
  packageId: packageIdSchema,
  name: z.string(),
  section: sectionSchema,
  startDate: z.iso.date(),
  endDate: z.iso.date(),
  /** The package's days as a half-open interval of instants, in the customer's time zone (LE-07). */
  startsAt: instant,
  endsAt: instant,
  endedAt: instant.optional(),
  entitlements: z.array(termsEntitlementSchema),
});

export const termsSchema = z.object({
  customerId: customerIdSchema,
  agreementId: agreementIdSchema,
  number: z.string(),
  plan: planSchema,
  kind: agreementKindSchema,
  timeZone: z.string(),
  startDate: z.iso.date(),
  endDate: z.iso.date(),
  startsAt: instant,
  endsAt: instant,
  supportContacts: z.array(z.object({ name: z.string().optional(), email: z.string() })),
  packages: z.array(termsPackageSchema),
});

export type Terms = z.infer<typeof termsSchema>;
export type TermsPackage = z.infer<typeof termsPackageSchema>;
type TermsEntitlement = z.infer<typeof termsEntitlementSchema>;

export type AgreementFact = {
  readonly time: string;
  readonly source: string;
  readonly id: string;
  readonly data: AgreementEventData;
};

/** Ascending by time, then source, then id: the one order in which the events of an agreement are read. */
function compareFacts(
  left: Pick<AgreementFact, "time" | "source" | "id">,
  right: Pick<AgreementFact, "time" | "source" | "id">,
): number {
  return (
    compareText(left.time, right.time) ||
    compareText(left.source, right.source) ||
    compareText(left.id, right.id)
  );
}

/** By UTF-16 code unit, as Cosmos DB and every other part here compares text; never by locale. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** @returns undefined when there is no agreement event yet. */
export function foldTerms(facts: readonly AgreementFact[]): Terms | undefined {
  let terms: Terms | undefined;
  for (const fact of facts.toSorted(compareFacts)) terms = amend(terms, fact);
  return terms;
}

function amend(before: Terms | undefined, { data, time }: AgreementFact): Terms {
  const packages = data.packages.map(
    (item): TermsPackage => ({
      packageId: item.packageId,
      name: item.name,
      section: item.section,
      ...windowOfDays(item, data.timeZone),
      entitlements: item.entitlements.map((each) => toTermsEntitlement(each, data.timeZone)),
    }),
  );
  return {
    customerId: data.customerId,
    agreementId: data.agreementId,
    number: data.number,
    plan: data.plan,
    kind: data.kind,
    timeZone: data.timeZone,
    ...windowOfDays(data, data.timeZone),
    supportContacts: data.supportContacts.map(({ name, email }) => ({
      email,
      ...(name === undefined ? {} : { name }),
    })),
    packages: before === undefined ? packages : keepEnded(before, packages, time),
  };
}

type EventEntitlement = AgreementEventData["packages"][number]["entitlements"][number];
type EventGrant = NonNullable<Extract<EventEntitlement, { class: "consumable" }>["grants"]>[number];

function toTermsEntitlement(entitlement: EventEntitlement, timeZone: string): TermsEntitlement {
  const { entitlementId, name, description, service, actionUrl } = entitlement;
  const common = {
    entitlementId,
    name,
    service,
    ...(description === undefined ? {} : { description }),
    ...(actionUrl === undefined ? {} : { actionUrl }),
  };
  if (entitlement.class === "benefit") return { ...common, class: "benefit" };
  const { unit, grants } = entitlement;
  if (grants === undefined)
    return { ...common, class: "consumable", unit, allowance: entitlement.allowance ?? null };
  const bought = grants.filter(({ kind }) => kind !== "carryOver");
  return {
    ...common,
    class: "consumable",
    unit,
    allowance: bought.reduce((sum, { amount }) => sum + amount, 0),
    grants: grants.map((each) => toTermsGrant(each, timeZone)),
  };
}

function toTermsGrant(grant: EventGrant, timeZone: string): TermsGrant {
  const { grantId, kind = "initial", amount, priority, carriedFrom } = grant;
  const carried = carriedFrom === undefined ? {} : { carriedFrom };
  return { grantId, kind, amount, ...windowOfDays(grant, timeZone), priority, ...carried };
}

function keepEnded(before: Terms, packages: readonly TermsPackage[], endedAt: string): TermsPackage[] {
  const current = new Set<EntitlementId>(
    packages.flatMap((item) => item.entitlements.map((each) => each.entitlementId)),
  );
  const known = new Map(
    before.packages.flatMap((item) => item.entitlements.map((each) => [each.entitlementId, each] as const)),
  );
  const merged = packages.map((item) => ({
    ...item,
    entitlements: item.entitlements.map((each) =>
      keepEndedGrants(known.get(each.entitlementId), each, endedAt),
    ),
  }));
  for (const old of before.packages) {
    const ended = old.entitlements
      .filter((each) => !current.has(each.entitlementId))
      .map((each) => ({ ...each, endedAt: each.endedAt ?? endedAt }));
    const same = merged.find((item) => item.packageId === old.packageId);
    if (same !== undefined) same.entitlements.push(...ended);
    else merged.push({ ...old, endedAt: old.endedAt ?? endedAt, entitlements: ended });
  }
  return merged;
}

/** What a grant covered before it was left out stays covered; whoever has one allowance now has just that. */
function keepEndedGrants(
  before: TermsEntitlement | undefined,
  now: TermsEntitlement,
  endedAt: string,
): TermsEntitlement {
  const { grants } = now;
  if (grants === undefined || before?.grants === undefined) return now;
  const current = new Set(grants.map(({ grantId }) => grantId));
  const ended = before.grants
    .filter(({ grantId }) => !current.has(grantId))
    .map((grant) => ({ ...grant, endedAt: grant.endedAt ?? endedAt }));
  return { ...now, grants: [...grants, ...ended] };
}

/** What of one agreement applies to each workspace, by workspace, where somebody decided; elsewhere `linkOf` says it. */
export type AgreementLinks = Readonly<Record<string, WorkspaceLink>>;

/** In order of the workspaces' ids, so that equal links have equal text. */
export function linksOfAgreement(
  { workspaces }: { readonly workspaces: readonly Pick<Workspace, "workspaceId" | "links">[] },
  agreementId: string,
): AgreementLinks {
  const links = workspaces.flatMap(({ workspaceId, links: { [agreementId]: link } }) =>
    link === undefined ? [] : [[workspaceId, link] as const],
  );
  return Object.fromEntries(links.toSorted(([left], [right]) => compareText(left, right)));
}

/** The packages that a workspace may use: enterprise-wide ones with the agreement, add-on ones by name (WS-03). */
export function linkedPackages(
  terms: Terms,
  links: AgreementLinks,
  workspaceId: WorkspaceId,
): readonly TermsPackage[] {
  const decided = links[workspaceId];
  const workspace = {
    workspaceId,
    links: decided === undefined ? {} : { [terms.agreementId]: decided },
  };
  const { isLinked, packageIds } = linkOf(workspace, terms.agreementId, terms);
  return terms.packages.filter(({ section, packageId }) =>
    section === "enterpriseWide" ? isLinked : packageIds.includes(packageId),
  );
}

/**
 * An entitlement whose service, class or unit these events do not agree on. What was counted in one unit cannot be added
 * to another: a different right needs an entitlement of its own.
 */
export function disputedEntitlement(facts: readonly AgreementFact[]): EntitlementId | undefined {
  const meanings = new Map<EntitlementId, string>();
  for (const { data } of facts) {
    for (const each of data.packages.flatMap((item) => item.entitlements)) {
      const meaning = [each.service, each.class, each.class === "consumable" ? each.unit : ""].join();
      const known = meanings.get(each.entitlementId) ?? meaning;
      if (known !== meaning) return each.entitlementId;
      meanings.set(each.entitlementId, meaning);
    }
  }
  return undefined;
}

export type EntitlementInPackage = { readonly package: TermsPackage; readonly entitlement: TermsEntitlement };

/** Every entitlement with the package that it is a line of, in the agreement's order. */
export function entitlementsOf(terms: Terms): EntitlementInPackage[] {
  return terms.packages.flatMap((item) =>
    item.entitlements.map((entitlement) => ({ package: item, entitlement })),
  );
}

/** Half-open: the first instant of `startsAt` is inside, that of `endsAt` or of an earlier end is not. */
export function isWithin(
  at: string,
  window: { readonly startsAt: string; readonly endsAt: string; readonly endedAt?: string | undefined },
): boolean {
  return at >= window.startsAt && at < window.endsAt && (window.endedAt === undefined || at < window.endedAt);
}
