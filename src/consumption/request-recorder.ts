/**
 * What the consumer of events needs of the area that keeps support requests, which stands above it and brings this along.
 */
import type { Customer } from "../agreements/customer.ts";
import type { CustomerId } from "../agreements/ids.ts";
import type { RequestEvent } from "./event.ts";
import type { Outcome } from "./outcome.ts";

export type RequestRecorder = {
  /**
   * Promise: when it returns, the event is recorded once with all that follows from it, or refused for what it is. When it
   * throws, the same again is harmless.
   * @param customer as it is known here; the event's workspace, where it names one, is the customer's.
   */
  readonly record: (event: RequestEvent, customer: Customer) => Promise<Outcome>;
};

/** A recorded event of a request, as far as receipts need it. `id`: see `entryIdOf`. */
export type KnownRequestFact = {
  readonly id: string;
  readonly kind: "requestEvent";
  readonly hash: string;
  readonly recordedAt: string;
};

export type RequestFacts = {
  /** Which of these events of the customer were recorded, at most `RECEIPTS_MAX` of them: one query, or a point read of one. */
  readonly find: (
    customerId: CustomerId,
    entryIds: readonly string[],
  ) => Promise<readonly KnownRequestFact[]>;
};

export const noRequestRecorder: RequestRecorder = {
  record: async ({ type }) => {
    throw new Error(`nobody records ${type} here`);
  },
};
