/**
 * A group of members of one workspace; support requests are shared with groups (SR-04).
 * Invariant: `memberCount` changes in the same transaction as the members' own lists, so an empty group is empty.
 */
import * as z from "zod";
import { customerIdSchema, workspaceIdSchema } from "../agreements/ids.ts";

/** Groups of one workspace. */
export const GROUPS_MAX = 200;

export const groupIdSchema = z.string().regex(/^[\w-]{1,64}$/);

export const groupSchema = z.object({
  id: z.string(),
  customerId: customerIdSchema,
  kind: z.literal("group"),
  groupId: groupIdSchema,
  workspaceId: workspaceIdSchema,
  name: z.string(),
  description: z.string().optional(),
  memberCount: z.int().min(0),
  status: z.enum(["active", "deleted"]),
  revision: z.int().min(1),
});
export type Group = z.infer<typeof groupSchema>;

export const groupDocumentId = (groupId: string): string => `group~${groupId}`;
