import * as z from "zod";

/** Longest identifier that the event contract allows, in characters. */
export const ID_LENGTH_MAX = 128;

// Cosmos DB refuses / \ ? # in document ids; control characters break logs and headers.
const idText = z
  .string()
  .min(1)
  .max(ID_LENGTH_MAX)
  .regex(/^[^/\\?#\p{Cc}]*$/u, "an id has no / \\ ? # and no control characters")
  // Half of a surrogate pair has no UTF-8: written and read again it is another id, and six times as long in JSON.
  .refine((id) => id.isWellFormed(), "an id is well-formed Unicode")
  // Ids are keys of objects: one such as `constructor` would find what no event ever put there.
  .refine((id) => !(id in Object.prototype), "an id is not the name of a member that every object has");

export const customerIdSchema = idText.brand<"CustomerId">();
export const agreementIdSchema = idText.brand<"AgreementId">();
export const packageIdSchema = idText.brand<"PackageId">();
export const entitlementIdSchema = idText.brand<"EntitlementId">();
export const workspaceIdSchema = idText.brand<"WorkspaceId">();

export type CustomerId = z.infer<typeof customerIdSchema>;
export type AgreementId = z.infer<typeof agreementIdSchema>;
export type EntitlementId = z.infer<typeof entitlementIdSchema>;
export type PackageId = z.infer<typeof packageIdSchema>;
export type WorkspaceId = z.infer<typeof workspaceIdSchema>;

/** The workspace that every customer has from its first agreement on (WS-01). */
export const DEFAULT_WORKSPACE_ID: WorkspaceId = workspaceIdSchema.parse("ws-default");

/** An id of an event: the producer's, unique within its source. */
export const eventIdSchema = idText;

/** Of a support request, unique within the customer; one that the support desk gave, or one that was made here. */
export const requestNumberSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    "must be 1 to 64 letters, digits, dots, underscores and hyphens, the first of them a letter or digit",
  )
  .brand<"RequestNumber">();
export type RequestNumber = z.infer<typeof requestNumberSchema>;
