/**
 * What still has to follow from a change of a customer's documents: written with the change, deleted when it is done. So
 * a crash right after the change loses nothing: a timer goes on with what it finds.
 */
import { createHash } from "node:crypto";
import * as z from "zod";
import { agreementIdSchema, customerIdSchema, workspaceIdSchema } from "../agreements/ids.ts";

const taskSchema = z.discriminatedUnion("type", [
  /** Each person's own document is made again from the customer's. */
  z.object({ type: z.literal("people"), emails: z.array(z.string()) }),
  /** The same for every member of the workspace. */
  z.object({ type: z.literal("members"), workspaceId: workspaceIdSchema }),
  /** The same for everybody who administers a workspace or the customer: what holds of all workspaces changed. */
  z.object({ type: z.literal("administrators") }),
  /** The same for everybody at the customer. */
  z.object({ type: z.literal("everybody") }),
  /** The agreement's ledger learns which workspaces it is linked to, and its cases move (CA-16). */
  z.object({ type: z.literal("links"), agreementId: agreementIdSchema }),
]);
export type FollowUpTask = z.infer<typeof taskSchema>;

export const followUpSchema = z.object({
  id: z.string(),
  customerId: customerIdSchema,
  kind: z.literal("followUp"),
  task: taskSchema,
  createdAt: z.string(),
});
export type FollowUp = z.infer<typeof followUpSchema>;

function subjectOf(task: FollowUpTask): string {
  switch (task.type) {
    case "people":
      return task.emails.join("\n");
    case "members":
      return task.workspaceId;
    case "administrators":
    case "everybody":
      return "";
    case "links":
      return task.agreementId;
  }
}

/** The same task again replaces the one that waits. */
export function followUp(
  customerId: FollowUp["customerId"],
  task: FollowUpTask,
  createdAt: string,
): FollowUp {
  const hash = createHash("sha256").update(subjectOf(task)).digest("base64url").slice(0, 22);
  return { id: `followUp~${task.type}~${hash}`, customerId, kind: "followUp", task, createdAt };
}
