/**
 * Holds the place of a request that is not known yet, because e-mail of it came before it. Pure.
 * Invariant: it has the id that the request will have, so that the request and what was sent before it cannot miss each other;
 * its kind is no request's, so nobody sees it.
 */
import * as z from "zod";
import { customerIdSchema, requestNumberSchema } from "../agreements/ids.ts";
import { type RequestKey, requestDocumentId } from "./request.ts";
import { noResponses, responseSchema } from "./request-responses.ts";

export const awaitedRequestSchema = z.object({
  id: z.string(),
  customerId: customerIdSchema,
  kind: z.literal("awaitedRequest"),
  requestNumber: requestNumberSchema,
  responses: responseSchema,
  /** Changes so far: the request goes on counting from here. */
  revision: z.int().min(0),
});
export type AwaitedRequest = z.infer<typeof awaitedRequestSchema>;

export const awaitedRequest = ({ customerId, number }: RequestKey): AwaitedRequest => ({
  id: requestDocumentId(number),
  customerId,
  kind: "awaitedRequest",
  requestNumber: number,
  responses: noResponses,
  revision: 0,
});
