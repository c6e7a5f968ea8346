/**
 * What messages about a support request say. Pure. Invariant: none holds a text of the request but its title, and only
 * those to people who see it hold its id, which their link needs.
 */
import * as z from "zod";

const name = z.string().min(1).max(256);

const requestFacts = {
  number: z.string().min(1).max(64),
  title: name,
  severity: z.enum(["critical", "moderate", "minimal"]),
  status: z.enum(["open", "attentionNeeded", "closed"]),
};
const requestId = z.string().min(1).max(255);

export const requestContents = [
  /** It was shared with a member of its workspace. */
  z.object({
    template: z.literal("supportRequestShared"),
    ...requestFacts,
    requestId,
    sharedBy: name,
  }),
  /** It was sent to somebody who has no access, and gets none. */
  z.object({
    template: z.literal("supportRequestSent"),
    ...requestFacts,
    sentBy: name,
    /** Whom to ask, since nobody reads the answers to this. */
    senderEmail: name,
  }),
  /** Its advocate named the recipient as a contact, who sees no more for it. */
  z.object({ template: z.literal("supportRequestContact"), ...requestFacts, addedBy: name }),
  z.object({
    template: z.literal("supportRequestPrimaryContact"),
    ...requestFacts,
    requestId,
    openedBy: name,
  }),
  /** To its creator and primary contact: somebody else closed it, or it waits for them. */
  z.object({
    template: z.literal("supportRequestStatus"),
    ...requestFacts,
    requestId,
    status: requestFacts.status.exclude(["open"]),
    /** Null: the support desk. */
    changedBy: name.nullable(),
  }),
  /** To its advocate and the account managers: the provider has not answered in time (SR-14). */
  z.object({
    template: z.literal("supportRequestTargetMissed"),
    ...requestFacts,
    requestId,
    customerName: name,
    target: z.enum(["firstResponse", "nextUpdate"]),
    missedAt: z.iso.datetime(),
    /** The customer's. */
    timeZone: z.string(),
  }),
] as const;

type RequestContent = z.infer<(typeof requestContents)[number]>;

export type RequestContentOf<Template extends RequestContent["template"]> = Extract<
  RequestContent,
  { readonly template: Template }
>;
