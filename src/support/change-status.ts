/** A change of a request's status by somebody who may (SR-07, SR-09). Pure. */
import type { Doing } from "../access/audit-entry.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError, InvalidRequestError } from "../platform/errors.ts";
import type { Decided } from "./change-request.ts";
import { requestAudit } from "./open-request.ts";
import type { SupportRequest } from "./request.ts";
import { nextFactAt, type RequestStatus, statusOf, withStatusFact } from "./request-status.ts";

export type StatusChange = { readonly status: RequestStatus; readonly reason?: string | undefined };

/**
 * @returns undefined where it has that status already.
 * @throws InvalidRequestError for reopening without a reason; ConflictError where a closed request is to wait for the customer.
 */
export function changeStatus(
  doing: Doing,
  { value: known }: Versioned<SupportRequest>,
  { status, reason }: StatusChange,
): Decided {
  if (known.status === status) return undefined;
  const isReopening = known.status === "closed";
  if (isReopening && status !== "open")
    throw new ConflictError("RequestClosed", "The request is closed: reopen it first, with a reason.");
  if (isReopening && reason === undefined) {
    throw new InvalidRequestError(
      "ReasonRequired",
      "reason: a closed request is reopened with a reason, so that the support desk knows what is still wrong.",
      { target: "reason" },
    );
  }
  const at = nextFactAt(known.statusFacts, doing.at);
  const statusFacts = withStatusFact(known.statusFacts, {
    at,
    status,
    factId: `changed~${at}`,
    ...(doing.actor.email === undefined ? {} : { by: doing.actor.email }),
    ...(reason === undefined ? {} : { reason }),
  });
  const after: SupportRequest = {
    ...known,
    ...statusOf(statusFacts),
    statusFacts,
    changedAt: doing.at,
    revision: known.revision + 1,
  };
  const facts = reason === undefined ? {} : { after: { status, reason } };
  return { after, audit: [requestAudit(doing, "supportRequestChanged", known, after, facts)] };
}
