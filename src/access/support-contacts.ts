/**
 * The support contacts of a customer, in one document: so that their number is never more than what the entitlements
 * allow, whoever switches them on at the same time (WS-08).
 */
import * as z from "zod";
import { customerIdSchema, workspaceIdSchema } from "../agreements/ids.ts";
import { memberIdSchema } from "./member.ts";

export const SUPPORT_CONTACTS_DOCUMENT_ID = "supportContacts";

export const supportContactsSchema = z.object({
  id: z.literal(SUPPORT_CONTACTS_DOCUMENT_ID),
  customerId: customerIdSchema,
  kind: z.literal("supportContacts"),
  contacts: z.array(
    z.object({ memberId: memberIdSchema, workspaceId: workspaceIdSchema, since: z.string() }),
  ),
});
export type SupportContacts = z.infer<typeof supportContactsSchema>;
