/** What stands in the queue between writing a delivery and sending it. */
import * as z from "zod";
import { customerIdSchema } from "../agreements/ids.ts";
import { deliveryIdSchema } from "./webhook-delivery.ts";

export const WEBHOOKS_QUEUE = "webhooks";

export const webhookJobSchema = z.object({ customerId: customerIdSchema, deliveryId: deliveryIdSchema });
export type WebhookJob = z.infer<typeof webhookJobSchema>;
