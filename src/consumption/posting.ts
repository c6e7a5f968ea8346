/**
 * Where a delivery counts. Pure: the event, the terms with their links and the workspace decide, nothing else; so the live
 * path, the settling after a change of terms or links and the rebuild cannot differ.
 */

import type { WorkspaceId } from "../agreements/ids.ts";
import {
  type EntitlementInPackage,
  entitlementsOf,
  isWithin,
  linkedPackages,
  type Terms,
} from "../agreements/terms.ts";
import {
  additionalAccount,
  caseNumberOf,
  type Entry,
  entitlementAccount,
  type Placing,
  type Posting,
  type Reason,
} from "./entry.ts";
import type { DeliveryEvent, Rejection } from "./event.ts";
import { keptCells } from "./grid-cells.ts";

type Match =
  | { readonly kind: "found"; readonly line: EntitlementInPackage }
  | { readonly kind: "missing"; readonly rejection: Rejection };

export type Placement =
  | { readonly outcome: "posted"; readonly posting: Posting }
  | { readonly outcome: "rejected"; readonly rejection: Rejection };

/** Only for these an absent or ended entitlement makes an additional case; any other delivery is rejected (CA-14). */
export const isCase = (service: string): boolean => service === "problemResolution" || service === "advisory";

export function place(event: DeliveryEvent, placing: Placing, workspaceId: WorkspaceId): Placement {
  const { data, deliveredAt } = event;
  const { terms } = placing;
  if (data.service === "supportContacts") {
    return reject(
      "takesNoDeliveries",
      "supportContacts counts people and takes no deliveries",
      "data.service",
    );
  }
  const match = findLine(event, terms);
  const misfit = match.kind === "found" ? misfitOf(match.line, data.unit) : undefined;
  const cells = keptCells(data);
  const posting = { at: deliveredAt, workspaceId, quantity: data.quantity, cells, state: "posted" } as const;
  if (!isCase(data.service)) {
    const rejection =
      match.kind === "missing" ? match.rejection : (misfit ?? outsideOf(match.line, terms, deliveredAt));
    if (rejection !== undefined) return { outcome: "rejected", rejection };
  }
  // A case in minutes always counts somewhere; in another unit only an entitlement can say what it means.
  const isMatched = match.kind === "found" && misfit === undefined;
  if (!isMatched && data.unit !== "minutes")
    return { outcome: "rejected", rejection: misfit ?? caseNotInMinutes };
  const reasons = isCase(data.service)
    ? reasonsOf(event, placing, isMatched ? match.line : undefined, workspaceId)
    : [];
  if (isMatched && reasons.length === 0) {
    const account = entitlementAccount(match.line.entitlement.entitlementId);
    return { outcome: "posted", posting: { ...posting, account } };
  }
  return {
    outcome: "posted",
    posting: { ...posting, account: additionalAccount(data.service, data.unit), reasons },
  };
}

const caseNotInMinutes = refusal(
  "wrongUnit",
  "a case that no entitlement is found for is counted in minutes",
  "data.unit",
);

/** Why an entitlement of the right service cannot take a delivery in this unit. */
function misfitOf({ entitlement }: EntitlementInPackage, unit: string): Rejection | undefined {
  const { entitlementId } = entitlement;
  if (entitlement.class === "benefit") {
    return refusal(
      "notConsumable",
      `${entitlementId} is a benefit without recorded consumption`,
      "data.entitlementId",
    );
  }
  if (entitlement.unit === unit) return undefined;
  return refusal("wrongUnit", `${entitlementId} is counted in ${entitlement.unit}, not ${unit}`, "data.unit");
}

/** CA-14: every reason that holds, in the order of the rule. */
function reasonsOf(
  event: DeliveryEvent,
  { terms, links }: Placing,
  line: EntitlementInPackage | undefined,
  workspaceId: WorkspaceId,
): Reason[] {
  const reasons: Reason[] = [];
  if (terms !== undefined) {
    const isInside =
      line === undefined
        ? isWithin(event.deliveredAt, terms)
        : outsideOf(line, terms, event.deliveredAt) === undefined;
    if (!isInside) reasons.push("agreementExpired");
    const linked = linkedPackages(terms, links, workspaceId);
    const isLinked =
      line === undefined
        ? linked.length > 0
        : linked.some((item) => item.packageId === line.package.packageId);
    if (!isLinked) reasons.push("agreementNotInWorkspace");
  }
  if (line === undefined) reasons.push("noMatchingEntitlement");
  if (event.data.request?.category != null) reasons.push("category");
  return reasons;
}

function findLine({ data, deliveredAt }: DeliveryEvent, terms: Terms | undefined): Match {
  if (terms === undefined) {
    return data.agreementId === undefined
      ? missing("unknownAgreement", "agreementId: is required for this service", "data.agreementId")
      : missing(
          "unknownAgreement",
          `agreement ${data.agreementId} is not known for this customer`,
          "data.agreementId",
        );
  }
  const all = entitlementsOf(terms);
  if (data.packageId !== undefined && !terms.packages.some((item) => item.packageId === data.packageId)) {
    return missing(
      "unknownPackage",
      `package ${data.packageId} is not part of the agreement`,
      "data.packageId",
    );
  }
  const inPackage = all.filter(
    (line) => data.packageId === undefined || line.package.packageId === data.packageId,
  );
  if (data.entitlementId !== undefined) {
    const line = inPackage.find((each) => each.entitlement.entitlementId === data.entitlementId);
    if (line === undefined) {
      return missing(
        "unknownEntitlement",
        `entitlement ${data.entitlementId} is not part of ${where(data.packageId)}`,
        "data.entitlementId",
      );
    }
    if (line.entitlement.service !== data.service) {
      return missing(
        "wrongService",
        `${data.entitlementId} is for ${line.entitlement.service}, not ${data.service}`,
        "data.service",
      );
    }
    return { kind: "found", line };
  }
  const ofService = inPackage.filter((line) => line.entitlement.service === data.service);
  // A renewal adds an entitlement of the same service for its own time: the one that covers the delivery is meant.
  const covering = ofService.filter((line) => outsideOf(line, terms, deliveredAt) === undefined);
  const candidates = ofService.length > 1 && covering.length > 0 ? covering : ofService;
  const [only, ...others] = candidates;
  if (only === undefined)
    return missing(
      "unknownEntitlement",
      `${where(data.packageId)} has no entitlement for ${data.service}`,
      "data.service",
    );
  if (others.length > 0) {
    return missing(
      "ambiguousEntitlement",
      `${where(data.packageId)} has ${candidates.length} entitlements for ${data.service}: name one`,
      "data.entitlementId",
    );
  }
  return { kind: "found", line: only };
}

const where = (packageId: string | undefined): string =>
  packageId === undefined ? "the agreement" : `package ${packageId}`;

function outsideOf(line: EntitlementInPackage, terms: Terms | undefined, at: string): Rejection | undefined {
  if (terms !== undefined && !isWithin(at, terms)) {
    return refusal(
      "outsideAgreement",
      `${at} is outside the agreement (${terms.startDate} to ${terms.endDate})`,
      "data.deliveredAt",
    );
  }
  const { package: item, entitlement } = line;
  if (!isWithin(at, item)) {
    return refusal(
      "outsidePackage",
      `${at} is outside package ${item.packageId} (${item.startDate} to ${item.endDate})`,
      "data.deliveredAt",
    );
  }
  if (entitlement.endedAt !== undefined && at >= entitlement.endedAt) {
    return refusal(
      "outsideEntitlement",
      `${entitlement.entitlementId} ended at ${entitlement.endedAt}`,
      "data.deliveredAt",
    );
  }
  return undefined;
}

/** Of the reversals of one delivery, what each may take back. */
export type ReversalClaim = {
  readonly entryId: string;
  readonly time: string;
  readonly source: string;
  readonly id: string;
  readonly quantity: number | undefined;
};

/**
 * Shares a delivery among its reversals: in the order of their times (then source, id) each takes all it asks for, or
 * nothing if that is more than is left. The same set gives the same shares in whatever order it arrived (LE-05).
 * @returns for each claim its quantity, or why it takes nothing.
 */
export function shareReversals(
  delivered: number,
  claims: readonly ReversalClaim[],
): ReadonlyMap<string, { readonly quantity: number } | { readonly rejection: Rejection }> {
  const shares = new Map<string, { readonly quantity: number } | { readonly rejection: Rejection }>();
  let left = delivered;
  for (const claim of claims.toSorted(compareClaims)) {
    const asked = claim.quantity ?? left;
    if (left === 0) {
      shares.set(claim.entryId, {
        rejection: refusal(
          "alreadyReversed",
          "nothing is left of the delivery that it reverses",
          "data.reverses",
        ),
      });
    } else if (asked > left) {
      shares.set(claim.entryId, {
        rejection: refusal(
          "reversalExceedsDelivery",
          `asks for ${asked} of which ${left} are left`,
          "data.quantity",
        ),
      });
    } else {
      left -= asked;
      shares.set(claim.entryId, { quantity: asked });
    }
  }
  return shares;
}

function compareClaims(left: ReversalClaim, right: ReversalClaim): number {
  const key = (claim: ReversalClaim): string => `${claim.time}\n${claim.source}\n${claim.id}`;
  return key(left) < key(right) ? -1 : 1;
}

/** The posting of a reversal, given the delivery it names and its share of it. */
export function reversalPosting(delivery: Entry, quantity: number): Posting {
  const caseNumber = caseNumberOf(delivery);
  return {
    ...(caseNumber === undefined ? {} : { caseNumber }),
    at: delivery.at,
    quantity: -quantity,
    state: "posted",
    reverses: delivery.id,
    ...(delivery.account === undefined ? {} : { account: delivery.account }),
    ...(delivery.workspaceId === undefined ? {} : { workspaceId: delivery.workspaceId }),
    ...(delivery.reasons === undefined ? {} : { reasons: delivery.reasons }),
    ...(delivery.cells === undefined ? {} : { cells: delivery.cells }),
  };
}

/** The posting of a reversal that counts nothing: its delivery is not there, or its claim is refused. */
export function idlePosting(
  at: string,
  reverses: string,
  why: { readonly state: "awaiting" } | { readonly state: "rejected"; readonly code: string },
): Posting {
  return { at, quantity: 0, reverses, ...why };
}

function missing(code: string, message: string, target: string): Match {
  return { kind: "missing", rejection: refusal(code, message, target) };
}

function reject(code: string, message: string, target: string): Placement {
  return { outcome: "rejected", rejection: refusal(code, message, target) };
}

export function refusal(code: string, message: string, target: string): Rejection {
  return { code, message, target };
}
