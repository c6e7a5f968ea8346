/**
 * Who may have a report: whoever may see all of its data (EX-03), which a learning manager may of what was learnt in a
 * workspace (AC-07). Pure.
 */
import { type CustomerGrant, scopeOf } from "../access/grant.ts";
import type { ReportScope } from "./report-scope.ts";

/** To read it and to ask for it. */
export function seesScope(grant: CustomerGrant | undefined, scope: ReportScope): boolean {
  if (grant === undefined) return false;
  if (scope.reportKind === "cpod") return scopeOf(grant, "proofsOfDelivery.read").kind === "all";
  const seen = scopeOf(grant, "reports.read");
  if (seen.kind === "all") return true;
  return scope.workspaceIds?.every((id) => seen.workspaceIds.has(id)) ?? false;
}
