import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { groupIdSchema } from "../../src/access/group.ts";
import { requireMatch } from "../../src/platform/conditional.ts";
import { listSchema } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import { changeRequest } from "../../src/support/change-request.ts";
import { OUTSIDE_SENDS_MAX, SHARES_MAX, type SupportRequest } from "../../src/support/request.ts";
import { OUTSIDE_SENDS_PER_HOUR_MAX, sendOutside, wasSentOutside } from "../../src/support/sent-outside.ts";
import {
  GROUP_SHARE_ID,
  outsideShareId,
  personAt,
  requireKnownGroup,
  requireShareable,
  shareWithGroup,
  shareWithMember,
  unshare,
  userShareId,
} from "../../src/support/sharing.ts";
import {
  doingFor,
  requestParams,
  requestRoute,
  requireAbility,
  seenAs,
  seenRequest,
  senderOf,
} from "./support-request.ts";

const route = `${requestRoute}/shares`;
const params = requestParams.extend({
  shareId: z.union([z.literal(GROUP_SHARE_ID), z.string().regex(/^[\w-]{22}$/)]),
});
const email = z.email().max(254).toLowerCase();

const groupShareSchema = z.object({
  kind: z.literal("group"),
  shareId: z.literal(GROUP_SHARE_ID),
  groupId: z.string(),
});
const personShareSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("user"), shareId: z.string(), email: z.string() }),
  z.object({
    kind: z.literal("outside"),
    shareId: z.string(),
    email: z.string(),
    sends: z.int().meta({ description: "How often it was sent there." }),
    sentAt: z.iso.datetime().meta({ description: "When it was sent there last." }),
    sentBy: z.string(),
  }),
]);
const shareSchema = z
  .discriminatedUnion("kind", [groupShareSchema, personShareSchema])
  .meta({ id: "SupportRequestShare" });

const userView = (request: SupportRequest, address: string) => ({
  kind: "user" as const,
  shareId: userShareId(request, address),
  email: address,
});

const groupView = (groupId: string) =>
  ({ kind: "group" as const, shareId: GROUP_SHARE_ID, groupId }) as const;

/** @param sends all to one address, oldest first. */
function outsideView(request: SupportRequest, address: string) {
  const sends = request.outsideSends.filter((each) => each.email === address);
  return {
    kind: "outside" as const,
    shareId: outsideShareId(request, address),
    email: address,
    sends: sends.length,
    sentAt: sends.at(-1)?.at ?? request.changedAt,
    sentBy: sends.at(-1)?.by ?? "",
  };
}

function sharesView(request: SupportRequest) {
  const { sharedWith, groupId, outsideSends } = request;
  const outside = new Set(outsideSends.filter(({ isListed }) => isListed).map((each) => each.email));
  return [
    ...(groupId === null ? [] : [groupView(groupId)]),
    ...sharedWith.map((each) => userView(request, each)),
    ...[...outside].map((each) => outsideView(request, each)),
  ];
}

export function supportRequestShareEndpoints(app: App) {
  const { directory } = app.directory;

  const listShares = defineEndpoint(
    {
      name: "listSupportRequestShares",
      method: "GET",
      route,
      tag: "Support requests",
      summary: "List with whom a support request is shared, and to whom outside it was sent",
      description:
        "A group and members of the workspace may see and manage it, as long as they are members. An address `outside` was told of it by e-mail and sees nothing more.",
      access: { kind: "signedIn" },
      params: requestParams,
      responses: {
        200: { description: "All of them. The ETag is the request's.", schema: listSchema(shareSchema) },
      },
    },
    async (request) => {
      const { known } = await seenRequest(app, request);
      return { status: 200, etag: known.etag, body: { value: sharesView(known.value) } };
    },
  );

  const shareRequest = defineEndpoint(
    {
      name: "shareSupportRequest",
      method: "POST",
      route,
      tag: "Support requests",
      summary: "Share a support request with a member of its workspace, or send it to somebody outside",
      description: `A member may see and manage it from now on and is told so by e-mail. Anybody else, somebody who is invited and has not accepted included, is told its number, title, severity and status by e-mail and gets no access. At most ${SHARES_MAX} members; outside at most ${OUTSIDE_SENDS_PER_HOUR_MAX} e-mails an hour and ${OUTSIDE_SENDS_MAX} in all.`,
      access: { kind: "signedIn" },
      params: requestParams,
      body: {
        kind: "json",
        schema: z.strictObject({ email }),
        example: { email: "anna.kowalska@narew.example" },
      },
      repeatable: true,
      responses: { 201: { description: "It is shared, or sent.", schema: personShareSchema } },
    },
    async (request) => {
      const { key, viewer } = await seenRequest(app, request);
      const { email } = request.body;
      const doing = doingFor(request, key);
      const { value, etag } = await changeRequest(app.support, key, async (known) => {
        const seen = seenAs(key, viewer, known);
        requireAbility(seen, "share");
        requireShareable(seen.known.value);
        const person = await personAt(directory, seen.known.value, email);
        return person.isMember && !wasSentOutside(doing, seen.known.value, email)
          ? shareWithMember(doing, senderOf(request), seen.known, person)
          : sendOutside(doing, senderOf(request), seen.known, person);
      });
      // What was done is answered, which for a repeat need not be what membership would lead to by now.
      const view = wasSentOutside(doing, value, email) ? outsideView : userView;
      return { status: 201, etag, body: view(value, email) };
    },
  );

  const shareRequestWithGroup = defineEndpoint(
    {
      name: "shareSupportRequestWithGroup",
      method: "PUT",
      route: `${route}/group`,
      tag: "Support requests",
      summary: "Share a support request with a group of its workspace, in place of the group so far",
      description:
        "Its members may see and manage it from now on; those of the group so far no longer for that. `If-Match` names the version of the request.",
      access: { kind: "signedIn" },
      params: requestParams,
      body: {
        kind: "json",
        schema: z.strictObject({ groupId: groupIdSchema }),
        example: { groupId: "VZ0v3rQnT2mXo1hYb5kPqA" },
      },
      responses: { 200: { description: "It is shared with this group.", schema: groupShareSchema } },
    },
    async (request) => {
      const { key, viewer } = await seenRequest(app, request);
      const { groupId } = request.body;
      const { etag } = await changeRequest(app.support, key, async (known) => {
        const seen = seenAs(key, viewer, known);
        requireAbility(seen, "share");
        requireMatch(request.conditions, seen.known.etag);
        requireShareable(seen.known.value);
        await requireKnownGroup(directory, seen.known.value, groupId);
        return shareWithGroup(doingFor(request, key), seen.known, groupId);
      });
      return { status: 200, etag, body: groupView(groupId) };
    },
  );

  const unshareRequest = defineEndpoint(
    {
      name: "unshareSupportRequest",
      method: "DELETE",
      route: `${route}/{shareId}`,
      tag: "Support requests",
      summary: "Stop sharing a support request with a member or a group, or take an address off the list",
      description: "`If-Match` names the version of the request.",
      access: { kind: "signedIn" },
      params,
      responses: { 204: { description: "It is off the list, and so is the access." } },
    },
    async (request) => {
      const { key, viewer } = await seenRequest(app, request);
      await changeRequest(app.support, key, (known) => {
        const seen = seenAs(key, viewer, known);
        requireAbility(seen, "share");
        requireMatch(request.conditions, seen.known.etag);
        return unshare(doingFor(request, key), seen.known, request.params.shareId);
      });
      return { status: 204 };
    },
  );

  return [listShares, shareRequest, shareRequestWithGroup, unshareRequest];
}
