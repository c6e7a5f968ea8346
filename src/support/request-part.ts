/**
 * What belongs to a request and has a document of its own: notes, attachments, e-mail, appointments, and the events of the
 * support desk. Invariant: it is in the partition of its request, names it by number, and is written in the same
 * transaction as what it changes of the request.
 */
import * as z from "zod";
import { type CustomerId, customerIdSchema } from "../agreements/ids.ts";
import { type RequestNumber, requestNumberSchema } from "./request.ts";

export const partShape = {
  id: z.string(),
  customerId: customerIdSchema,
  requestNumber: requestNumberSchema,
  /** Its place on the timeline. */
  at: z.string(),
};

/** Every part has these; which others follow from its kind. */
export type RequestPart = {
  readonly id: string;
  readonly kind: string;
  readonly customerId: CustomerId;
  readonly requestNumber: RequestNumber;
};
