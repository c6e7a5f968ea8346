import * as z from "zod";
import { doingOf } from "../../src/access/audit-entry.ts";
import { covers, defineEndpoint } from "../../src/access/grant.ts";
import { groupIdSchema } from "../../src/access/group.ts";
import { languageSchema } from "../../src/agreements/agreement-event.ts";
import {
  agreementIdSchema,
  customerIdSchema,
  type WorkspaceId,
  workspaceIdSchema,
} from "../../src/agreements/ids.ts";
import { ForbiddenError, InvalidRequestError, NotFoundError } from "../../src/platform/errors.ts";
import type { App } from "../../src/platform/wiring.ts";
import { changeRequest } from "../../src/support/change-request.ts";
import { newRequestNumber, openRequest } from "../../src/support/open-request.ts";
import { plainLine, plainText } from "../../src/support/plain-text.ts";
import { isProblemType } from "../../src/support/problem-types.ts";
import {
  DESCRIPTION_LENGTH_MAX,
  SHARES_MAX,
  severitySchema,
  TITLE_LENGTH_MAX,
} from "../../src/support/request.ts";
import { agreementForRequest } from "../../src/support/request-agreement.ts";
import { openingMessages } from "../../src/support/request-messages.ts";
import { requireKnownShares } from "../../src/support/sharing.ts";
import type { Viewer } from "../../src/support/viewer.ts";
import { readCustomer } from "./directory.ts";
import { seenAs, senderOf, viewerAt } from "./support-request.ts";
import { detailsSchema, detailsView } from "./support-request-details.ts";

const PRODUCT_LENGTH_MAX = 128;

const email = z.email().max(254).toLowerCase();

const openSchema = z.strictObject({
  customerId: customerIdSchema,
  workspaceId: workspaceIdSchema,
  agreementId: agreementIdSchema.optional().meta({
    description:
      "One that is linked to the workspace. Default: the base agreement, where there is one of them.",
  }),
  title: plainLine(TITLE_LENGTH_MAX),
  description: plainText(DESCRIPTION_LENGTH_MAX),
  problemType: z
    .string()
    .refine(isProblemType, "is none of the catalogue: see supportRequestProblemTypes")
    .meta({ description: "Of the catalogue, `supportRequestProblemTypes`." }),
  product: plainLine(PRODUCT_LENGTH_MAX).optional(),
  severity: severitySchema,
  primaryContact: z
    .strictObject({ name: plainLine(PRODUCT_LENGTH_MAX).nullable().default(null), email })
    .optional()
    .meta({ description: "Default: the caller." }),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "is a country's code of two capitals, after ISO 3166")
    .optional(),
  language: languageSchema.optional().meta({ description: "Default: the caller's at the customer." }),
  isIncentiveRelated: z.boolean().default(false),
  sharedWith: z
    .array(email)
    .max(SHARES_MAX)
    .default([])
    .meta({ description: "Members of the workspace that may see and manage it." }),
  groupId: groupIdSchema.nullable().optional().meta({
    description: "A group of the workspace. Default: the caller's default group; null: none.",
  }),
});
type Opening = z.output<typeof openSchema>;

export function supportRequestOpeningEndpoints(app: App) {
  const openSupportRequest = defineEndpoint(
    {
      name: "openSupportRequest",
      method: "POST",
      route: "supportRequests",
      tag: "Support requests",
      summary: "Open a support request",
      description: "Only support contacts of the workspace can.",
      access: { kind: "signedIn" },
      body: {
        kind: "json",
        schema: openSchema,
        example: {
          customerId: "cust-narew",
          workspaceId: "ws-default",
          title: "Backups fail since Monday",
          description: "The nightly backup ends with error 0x80070020 on two of five servers.",
          problemType: "configuration",
          severity: "moderate",
        },
      },
      repeatable: true,
      responses: { 201: { description: "It is open.", schema: detailsSchema } },
    },
    async (request) => {
      const { body, principal, grant, url } = request;
      const viewer = viewerAt(request, body.customerId);
      requireSupportContact(viewer, body.workspaceId);
      const doing = doingOf(request, body.customerId);
      const number = newRequestNumber(doing);
      const key = { customerId: body.customerId, number };
      const member = grant.customers.get(body.customerId)?.workspaces.get(body.workspaceId);
      const { value: customer } = await readCustomer(app, body.customerId);
      const agreementId = agreementForRequest(customer, body, request.now.toISOString());
      const groupId = body.groupId === undefined ? (member?.defaultGroupId ?? null) : body.groupId;
      const shares = {
        groupId: body.isIncentiveRelated ? null : groupId,
        sharedWith: [...new Set(body.sharedWith)],
      };
      requireOwnersOnly(body);
      const primaryContact = body.primaryContact ?? { name: principal.name ?? null, email: viewer.email };
      const asked = [primaryContact.email].filter((each) => each !== viewer.email);
      const members = await requireKnownShares(app.directory.directory, body, shares, asked);
      const { value, etag } = await changeRequest(app.support, key, (known) => {
        if (known !== undefined) return undefined;
        const opened = openRequest(doing, number, viewer.email, {
          ...body,
          ...shares,
          product: body.product ?? null,
          country: body.country ?? null,
          language:
            body.language ?? grant.person?.memberships[body.customerId]?.language ?? customer.language,
          primaryContact,
          agreementId,
        });
        return { ...opened, messages: openingMessages(doing, senderOf(request), opened.after, members) };
      });
      // What a repeat finds may have been moved since to where the caller does not see it.
      seenAs(key, viewer, { value, etag });
      return { status: 201, etag, body: detailsView(value, viewer, url) };
    },
  );

  return [openSupportRequest];
}

/** SR-03. @throws NotFoundError for a workspace that the caller is no member of; ForbiddenError for who is no contact. */
function requireSupportContact(viewer: Viewer, workspaceId: WorkspaceId): void {
  if (covers(viewer.opensIn, workspaceId)) return;
  if (!viewer.memberOf.has(workspaceId)) throw new NotFoundError(`no member of workspace ${workspaceId}`);
  throw new ForbiddenError(
    "SupportContactsOnly",
    "Only support contacts of the workspace open support requests. Its services admin or the account manager makes one.",
  );
}

/** SR-06: what nobody else may see cannot be shared either. */
function requireOwnersOnly({ isIncentiveRelated, sharedWith, groupId }: Opening): void {
  if (!isIncentiveRelated || (sharedWith.length === 0 && (groupId ?? null) === null)) return;
  throw new InvalidRequestError(
    "IncentiveNotShared",
    "An incentive-related request is seen by its creator only: leave out sharedWith and groupId.",
    { target: "sharedWith" },
  );
}
