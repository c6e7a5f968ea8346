/**
 * The figures of the enterprise-wide section (CA-05): the defined list of categories, each over all lines that are shown,
 * so over the chosen workspaces and agreements. Pure.
 * Invariants: a figure of a category is the sum of its services, and that of a service is the sum of its entitlements;
 * over all workspaces `purchased + overage = consumed + remaining + expired + upcoming`, where nothing is unmetered and
 * nothing is dated after the instant. So `remaining` has only what may be used at that instant.
 */
import type { Service } from "../agreements/agreement-event.ts";
import type { Line } from "./figures.ts";

/** In the order of the rule; as-needed support is what is advised and what is put right. */
const categoryServices = {
  proactive: ["proactive"],
  asNeeded: ["advisory", "problemResolution"],
  education: ["education"],
  supportContacts: ["supportContacts"],
  assessments: ["assessment"],
} as const satisfies Readonly<Record<string, readonly Service[]>>;
type Category = keyof typeof categoryServices;

export const categories = [
  "proactive",
  "asNeeded",
  "education",
  "supportContacts",
  "assessments",
] as const satisfies readonly Category[];

/** One for each category and unit that there is an entitlement of. */
export function categoriesOf(lines: readonly Line[]) {
  const counted = lines.filter(
    (line) => line.package.section === "enterpriseWide" && line.entitlement.class === "consumable",
  );
  return categories.flatMap((category) => {
    const services: readonly Service[] = categoryServices[category];
    const own = counted.filter(({ entitlement }) => services.includes(entitlement.service));
    return [...Map.groupBy(own, unitOf)].map(([unit, group]) => ({
      category,
      ...figuresOf(group, unit),
      services: [...Map.groupBy(group, ({ entitlement }) => entitlement.service)].map(([service, part]) => ({
        service,
        ...figuresOf(part, unit),
      })),
    }));
  });
}

type Unit = NonNullable<Line["entitlement"]["unit"]>;
const unitOf = ({ entitlement }: Line): Unit => entitlement.unit ?? "minutes";

function figuresOf(group: readonly Line[], unit: Unit) {
  const isUnmetered = group.some(({ purchased }) => purchased === null);
  return {
    unit,
    isUnmetered,
    purchased: isUnmetered ? null : sum(group, ({ purchased }) => purchased ?? 0),
    consumed: sum(group, ({ consumed }) => consumed ?? 0),
    remaining: isUnmetered ? null : sum(group, ({ unused }) => unused?.active ?? 0),
    expired: isUnmetered ? null : sum(group, ({ unused }) => unused?.expired ?? 0),
    upcoming: isUnmetered ? null : sum(group, ({ unused }) => unused?.upcoming ?? 0),
    overage: sum(group, ({ overage }) => overage ?? 0),
    entitlementIds: group.map(({ entitlement }) => entitlement.entitlementId),
  };
}

function sum(lines: readonly Line[], amount: (line: Line) => number): number {
  return lines.reduce((total, line) => total + amount(line), 0);
}
