/**
 * A member of a workspace: one document for each person and workspace, from the invitation on (WS-05).
 * Invariants: it is never deleted, who was removed can be invited again; whoever the agreement names is a member at once
 * (WS-02), everybody else only after accepting an invitation.
 */
import { createHash } from "node:crypto";
import * as z from "zod";
import { languageSchema } from "../agreements/agreement-event.ts";
import {
  agreementIdSchema,
  type CustomerId,
  customerIdSchema,
  type WorkspaceId,
  workspaceIdSchema,
} from "../agreements/ids.ts";
import { grantedPermissionSchema, workspaceRoleSchema } from "./permissions.ts";

/** Groups of one member. */
export const MEMBER_GROUPS_MAX = 50;
/** How long an invitation can be accepted. */
export const INVITATION_DAYS = 30;
/** How often an invitation is sent, the first time included: nobody is to be flooded through this service. */
export const INVITATION_SENDS_MAX = 10;

export const memberIdSchema = z.string().regex(/^[\w-]{22}$/);

/** Roles that are given; `member` is everybody. */
export const givenRoleSchema = workspaceRoleSchema.exclude(["member"]);
export type GivenRole = z.infer<typeof givenRoleSchema>;

const invitationSchema = z.object({
  status: z.enum(["pending", "accepted", "revoked"]),
  invitedBy: z.string().optional(),
  createdAt: z.string(),
  expiresAt: z.string(),
  sends: z.int(),
  sentAt: z.string(),
});

export const memberSchema = z.object({
  id: z.string(),
  customerId: customerIdSchema,
  kind: z.literal("member"),
  memberId: memberIdSchema,
  /** The same person in every workspace of the customer. */
  personId: z.string(),
  workspaceId: workspaceIdSchema,
  email: z.string(),
  name: z.string().optional(),
  language: languageSchema,
  status: z.enum(["invited", "active", "removed"]),
  roles: z.array(givenRoleSchema),
  permissions: z.array(grantedPermissionSchema),
  groupIds: z.array(z.string()).max(MEMBER_GROUPS_MAX),
  defaultGroupId: z.string().optional(),
  /** Agreements that named the person: what was decided about a member since stays decided. */
  namedBy: z.array(agreementIdSchema),
  invitation: invitationSchema.optional(),
  joinedAt: z.string().optional(),
  supportContactSince: z.string().optional(),
  revision: z.int().min(1),
});
export type Member = z.infer<typeof memberSchema>;

export const memberDocumentId = (memberId: string): string => `member~${memberId}`;

/** The one id of a person in a workspace, and of the invitation to it: nobody is invited twice at a time. */
export const memberIdOf = (customerId: CustomerId, workspaceId: WorkspaceId, email: string): string =>
  digest("member", customerId, workspaceId, email.toLowerCase());

export const personIdOf = (customerId: CustomerId, email: string): string =>
  digest("person", customerId, email.toLowerCase());

/** 128 bits; the separator occurs in no part. */
function digest(...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest().subarray(0, 16).toString("base64url");
}
