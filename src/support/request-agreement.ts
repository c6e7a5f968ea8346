/** Under which agreement a request is opened. Pure. */
import type { Customer } from "../agreements/customer.ts";
import { type AgreementId, agreementIdSchema, type WorkspaceId } from "../agreements/ids.ts";
import { linkedAgreements } from "../agreements/workspace.ts";
import { ConflictError, InvalidRequestError } from "../platform/errors.ts";
import { dayIn } from "../platform/instant.ts";

type Asked = { readonly agreementId?: AgreementId | undefined; readonly workspaceId: WorkspaceId };

/**
 * The one that is named, or the workspace's base agreement where there is one. The last day of an agreement is one of its
 * days, in the customer's time zone (LE-07).
 * @throws InvalidRequestError for one that is not linked to the workspace; ConflictError for one that is over.
 */
export function agreementForRequest(
  customer: Pick<Customer, "workspaces" | "agreements" | "timeZone">,
  { agreementId, workspaceId }: Asked,
  now: string,
): AgreementId | null {
  const today = dayIn(now, customer.timeZone);
  const workspace = customer.workspaces.find((each) => each.workspaceId === workspaceId);
  const linked = workspace === undefined ? [] : linkedAgreements(workspace, customer.agreements);
  const isOver = (endDate: string): boolean => endDate < today;
  if (agreementId === undefined) {
    const bases = linked.filter(([, { kind, endDate }]) => kind === "base" && !isOver(endDate));
    const [only, ...others] = bases.map(([id]) => agreementIdSchema.parse(id));
    return others.length > 0 ? null : (only ?? null);
  }
  const named = linked.find(([id]) => id === agreementId)?.[1];
  if (named === undefined) {
    throw new InvalidRequestError("UnknownAgreement", "agreementId: it is not linked to the workspace.", {
      target: "agreementId",
    });
  }
  if (isOver(named.endDate)) {
    throw new ConflictError("AgreementEnded", `The agreement ended on ${named.endDate}.`, {
      target: "agreementId",
    });
  }
  return agreementId;
}
