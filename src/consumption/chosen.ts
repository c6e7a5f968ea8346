/**
 * What of a customer's consumption is shown. Every read of it needs a `Chosen`, and what the caller may see and what the
 * caller asked for become one here and nowhere else.
 * Invariant: there is no workspace in it that the caller may not know of (AC-08, WS-07).
 */
import type { Scope } from "../access/grant.ts";
import type { Customer } from "../agreements/customer.ts";
import { linkedPackages, linksOfAgreement, type Terms, type TermsPackage } from "../agreements/terms.ts";
import { isLinkedAtAll, linkOf, type Workspace } from "../agreements/workspace.ts";
import { NotFoundError } from "../platform/errors.ts";

export type Chosen =
  | { readonly kind: "everything" }
  | {
      readonly kind: "workspaces";
      /** In the customer's order. */
      readonly workspaces: readonly Workspace[];
      readonly ids: ReadonlySet<string>;
      /** Whether the caller may know of nothing else: what the chosen workspaces have no part in does not exist then. */
      readonly hidesTheRest: boolean;
    };

/** The whole customer, whatever its workspaces. */
export const everything: Chosen = { kind: "everything" };

/**
 * @param wanted `all`: whatever the caller may see. Who sees the whole customer also sees closed workspaces.
 * @throws NotFoundError for one that the caller may not know of, whatever the reason, and where nothing is left to see.
 */
export function chooseWorkspaces(
  customer: Pick<Customer, "workspaces">,
  scope: Scope,
  wanted: "all" | readonly string[],
): Chosen {
  if (scope.kind === "all" && wanted === "all") return everything;
  const visible = customer.workspaces.filter(
    ({ workspaceId, status }) =>
      scope.kind === "all" || (status === "active" && scope.workspaceIds.has(workspaceId)),
  );
  const asked = wanted === "all" ? visible.map(({ workspaceId }) => workspaceId) : wanted;
  const ids = new Set<string>(asked);
  const workspaces = visible.filter(({ workspaceId }) => ids.has(workspaceId));
  if (ids.size === 0 || workspaces.length < ids.size)
    throw new NotFoundError(`not every workspace of ${asked.join()} is one that the caller may see`);
  return { kind: "workspaces", workspaces, ids, hidesTheRest: scope.kind === "some" };
}

export const includes = (chosen: Chosen, workspaceId: string): boolean =>
  chosen.kind === "everything" || chosen.ids.has(workspaceId);

/** Whether anything of the agreement applies to a chosen workspace. */
export function isAgreementLinked(
  chosen: Chosen,
  agreementId: string,
  agreement: Pick<Terms, "kind">,
): boolean {
  return (
    chosen.kind === "everything" ||
    chosen.workspaces.some((workspace) => isLinkedAtAll(linkOf(workspace, agreementId, agreement)))
  );
}

/** Ids of the packages that apply to a chosen workspace. */
export function linkedPackageIds(chosen: Chosen, terms: Terms): ReadonlySet<string> {
  const links = chosen.kind === "everything" ? {} : linksOfAgreement(chosen, terms.agreementId);
  const packages: readonly TermsPackage[] =
    chosen.kind === "everything"
      ? terms.packages
      : chosen.workspaces.flatMap(({ workspaceId }) => linkedPackages(terms, links, workspaceId));
  return new Set(packages.map(({ packageId }) => packageId));
}
