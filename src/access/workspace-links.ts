/**
 * Linking agreements and add-on packages to workspaces, and taking them away: what CSAM and AC do (WS-03). Pure.
 * Invariants: an active workspace keeps at least one agreement (WS-09); each change reaches the agreement's ledger (CA-16).
 */
import type { Customer } from "../agreements/customer.ts";
import type { AgreementId, PackageId } from "../agreements/ids.ts";
import { LINKED_PACKAGES_MAX, linkOf, type Workspace } from "../agreements/workspace.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError } from "../platform/errors.ts";
import type { Doing } from "./audit-entry.ts";
import type { Change } from "./directory-store.ts";
import { followUp } from "./follow-up.ts";
import {
  changeTo,
  requireAddOnPackage,
  requireAgreement,
  requireAgreementLeft,
  targetOf,
} from "./workspace-change.ts";

/** @param isLinked false takes the agreement's own packages away; its add-on packages are linked one by one. */
export function linkAgreement(
  known: Versioned<Customer>,
  workspace: Workspace,
  agreementId: AgreementId,
  isLinked: boolean,
  doing: Doing,
): Change {
  const agreement = requireAgreement(known.value, agreementId);
  const before = linkOf(workspace, agreementId, agreement);
  const link = isLinked ? { ...before, isLinked } : { isLinked, packageIds: [] };
  const next = { ...workspace, links: { ...workspace.links, [agreementId]: link } };
  requireAgreementLeft(known.value, next);
  const target = `${targetOf(known.value, workspace.workspaceId)}/agreements/${agreementId}`;
  const action = isLinked ? "agreementLinked" : "agreementUnlinked";
  return withLinks(changeTo(known, workspace, next, action, target, doing), agreementId, doing);
}

export function linkPackage(
  known: Versioned<Customer>,
  workspace: Workspace,
  ids: { readonly agreementId: AgreementId; readonly packageId: PackageId },
  isLinked: boolean,
  doing: Doing,
): Change {
  const { agreementId, packageId } = ids;
  // What is linked can be taken away, also when the agreement no longer has it.
  const agreement = isLinked
    ? requireAddOnPackage(known.value, agreementId, packageId)
    : requireAgreement(known.value, agreementId);
  const before = linkOf(workspace, agreementId, agreement);
  const others = before.packageIds.filter((id) => id !== packageId);
  if (isLinked && others.length >= LINKED_PACKAGES_MAX) {
    throw new ConflictError(
      "TooManyPackages",
      `A workspace has at most ${LINKED_PACKAGES_MAX} add-on packages of one agreement: unlink one first.`,
    );
  }
  const link = { ...before, packageIds: isLinked ? [...others, packageId] : others };
  const next = { ...workspace, links: { ...workspace.links, [agreementId]: link } };
  requireAgreementLeft(known.value, next);
  const target = `${targetOf(known.value, workspace.workspaceId)}/agreements/${agreementId}/packages/${packageId}`;
  const action = isLinked ? "packageLinked" : "packageUnlinked";
  return withLinks(changeTo(known, workspace, next, action, target, doing), agreementId, doing);
}

const withLinks = (change: Change, agreementId: AgreementId, { at }: Doing): Change => ({
  ...change,
  followUps: [...(change.followUps ?? []), followUp(change.customerId, { type: "links", agreementId }, at)],
});
