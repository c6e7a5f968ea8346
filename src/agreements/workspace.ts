/**
 * A workspace: a part of a customer's organisation and the parts of its agreements that apply to it.
 * Invariants: the default workspace is linked to the base agreements without anybody doing it (WS-01); an add-on package
 * is in a workspace only when somebody put it there (WS-03); an active workspace keeps at least one agreement (WS-09).
 */
import * as z from "zod";
import type { Plan } from "./agreement-event.ts";
import { DEFAULT_WORKSPACE_ID, packageIdSchema, workspaceIdSchema } from "./ids.ts";

/** Workspaces of one customer; with their links they must fit its document. */
export const WORKSPACES_MAX = 100;
/** Packages of one agreement that one workspace may have linked. */
export const LINKED_PACKAGES_MAX = 100;
export const WORKSPACE_NAME_LENGTH_MAX = 256;

/** What of one agreement applies to a workspace. */
export const workspaceLinkSchema = z.object({
  /** The agreement itself: its enterprise-wide packages apply. */
  isLinked: z.boolean(),
  /** Add-on packages of the agreement that apply. */
  packageIds: z.array(packageIdSchema),
});
export type WorkspaceLink = z.infer<typeof workspaceLinkSchema>;

export const workspaceSchema = z.object({
  workspaceId: workspaceIdSchema,
  name: z.string(),
  /** An inactive workspace is closed to its members; what was delivered to it stays. */
  status: z.enum(["active", "inactive"]),
  /** Undefined: as the plan of its agreements says (WS-06). */
  allowsPersonalAccounts: z.boolean().optional(),
  /** By agreement, where somebody decided; elsewhere `linkOf` says what holds. */
  links: z.record(z.string(), workspaceLinkSchema),
});
export type Workspace = z.infer<typeof workspaceSchema>;

export const defaultWorkspace: Workspace = {
  workspaceId: DEFAULT_WORKSPACE_ID,
  name: "Default workspace",
  status: "active",
  links: {},
};

type AgreementKind = { readonly kind: "base" | "addOn" };

/** What of the agreement applies to the workspace: what somebody decided, or what follows from the rules. */
export function linkOf(
  workspace: Pick<Workspace, "workspaceId" | "links">,
  agreementId: string,
  agreement: AgreementKind,
): WorkspaceLink {
  const decided = workspace.links[agreementId];
  if (decided !== undefined) return decided;
  const isLinked = workspace.workspaceId === DEFAULT_WORKSPACE_ID && agreement.kind === "base";
  return { isLinked, packageIds: [] };
}

/** Whether anything of the agreement applies. */
export const isLinkedAtAll = ({ isLinked, packageIds }: WorkspaceLink): boolean =>
  isLinked || packageIds.length > 0;

/** The agreements, of those given, of which something applies to the workspace. */
export function linkedAgreements<Agreement extends AgreementKind>(
  workspace: Pick<Workspace, "workspaceId" | "links">,
  agreements: Readonly<Record<string, Agreement>>,
): (readonly [agreementId: string, agreement: Agreement])[] {
  return Object.entries(agreements).filter(([id, agreement]) =>
    isLinkedAtAll(linkOf(workspace, id, agreement)),
  );
}

/** WS-06: accounts of persons are welcome where every linked agreement is a Premier one, or somebody allowed them. */
export function acceptsPersonalAccounts(
  workspace: Workspace,
  agreements: Readonly<Record<string, AgreementKind & { readonly plan: Plan }>>,
): boolean {
  if (workspace.allowsPersonalAccounts !== undefined) return workspace.allowsPersonalAccounts;
  const linked = linkedAgreements(workspace, agreements);
  return linked.length > 0 && linked.every(([, { plan }]) => plan === "premier");
}
