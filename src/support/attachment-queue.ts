/** What stands in the queue between a completed upload, or a timer that found something to do, and the one who does it. */
import * as z from "zod";
import { customerIdSchema } from "../agreements/ids.ts";
import { attachmentIdSchema } from "./attachment.ts";
import { requestNumberSchema } from "./request.ts";

export const ATTACHMENT_SCANS_QUEUE = "attachment-scans";

export const attachmentJobSchema = z.object({
  customerId: customerIdSchema,
  number: requestNumberSchema,
  attachmentId: attachmentIdSchema,
});
export type AttachmentJob = z.infer<typeof attachmentJobSchema>;
