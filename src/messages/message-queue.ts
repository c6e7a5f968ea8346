/** What stands in the queue between writing a message and sending it. */
import * as z from "zod";
import { customerIdSchema } from "../agreements/ids.ts";
import { messageIdSchema } from "./message.ts";

export const MESSAGES_QUEUE = "messages";

export const messageJobSchema = z.object({ customerId: customerIdSchema, messageId: messageIdSchema });
export type MessageJob = z.infer<typeof messageJobSchema>;
