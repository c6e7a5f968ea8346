import * as z from "zod";
import { decideAndApply } from "../../src/access/apply-change.ts";
import { doingOf } from "../../src/access/audit-entry.ts";
import { defineEndpoint, type Grant } from "../../src/access/grant.ts";
import { accept } from "../../src/access/invitation.ts";
import { memberIdOf, memberIdSchema } from "../../src/access/member.ts";
import { type At, changeOf } from "../../src/access/member-step.ts";
import { workspaceOf } from "../../src/access/workspace-change.ts";
import { type CustomerId, workspaceIdSchema } from "../../src/agreements/ids.ts";
import { NotFoundError } from "../../src/platform/errors.ts";
import type { App } from "../../src/platform/wiring.ts";
import { readCustomer } from "./directory.ts";
import { memberSchema, memberView } from "./members.ts";

export function ownInvitationEndpoints(app: App) {
  const { directory } = app.directory;

  const acceptInvitation = defineEndpoint(
    {
      name: "acceptInvitation",
      method: "POST",
      route: "me/invitations/{invitationId}/accept",
      tag: "Invitations",
      summary: "Accept an invitation of one's own",
      description:
        "It is found by the address that the caller signed in with, so nobody can accept another's.",
      access: { kind: "signedIn" },
      params: z.object({ invitationId: memberIdSchema }),
      repeatable: true,
      responses: { 200: { description: "The caller is a member now.", schema: memberSchema } },
    },
    async (request) => {
      const { grant, principal, params } = request;
      const { invitationId } = params;
      const customerId = customerOfInvitation(grant, principal.email ?? "", invitationId);
      if (customerId === undefined) throw new NotFoundError(`no invitation ${invitationId}`);
      const doing = doingOf(request, customerId);
      const { value, etag } = await decideAndApply(app.directory, async () => {
        const [{ value: customer }, known] = await Promise.all([
          readCustomer(app, customerId),
          directory.member(customerId, invitationId),
        ]);
        if (known === undefined) throw new NotFoundError(`no invitation ${invitationId}`);
        // The same request again, or the person's own copy is a little old: there is nothing left to accept.
        if (known.value.status === "active") return { change: undefined, before: known, after: known.value };
        const workspace = workspaceOf(customer, known.value.workspaceId);
        const at: At = { customer, workspace, doing, actorName: principal.name };
        const step = accept(at, known, principal.isPersonalAccount);
        return { change: changeOf(at, [step]), before: known, after: step.write.document };
      });
      return { status: 200, etag, body: memberView(value) };
    },
  );

  return [acceptInvitation];
}

/** Of one that waits for the caller, or that the caller accepted before: accepting again finds the same. */
function customerOfInvitation(
  { person, customers }: Grant,
  email: string,
  id: string,
): CustomerId | undefined {
  const waiting = Object.values(person?.memberships ?? {}).find(({ invitations }) =>
    invitations.some(({ invitationId }) => invitationId === id),
  );
  const accepted = [...customers.values()].find(({ customerId, workspaces }) =>
    [...workspaces.keys()].some(
      (workspaceId) => memberIdOf(customerId, workspaceIdSchema.parse(workspaceId), email) === id,
    ),
  );
  return (waiting ?? accepted)?.customerId;
}
