/** Names of the places that links of a report lead to. Pure. */
import type { ReportContent, SectionKey } from "./content.ts";

/** By entitlement: where its lines are. */
export type LinesPlaces = ReadonlyMap<string, { readonly index: number; readonly name: string }>;

export function linesPlaces({ sections }: ReportContent): LinesPlaces {
  const groups = sections.flatMap(({ group }) => group ?? []);
  return new Map(
    groups.map(({ entitlementId }, index) => [entitlementId, { index, name: `lines-${index}` }]),
  );
}

export const placeOfTotal = (index: number): string => `figures-${index}`;

export const placeOfSection = (key: SectionKey): string => `section-${key.toLowerCase()}`;
