import type { AcceptedEvent, Rejection } from "./event.ts";

/** What became of one event. Every one of them is final: the message that brought it can be completed. */
export type Outcome =
  | { readonly status: "recorded" }
  /** `wasAwaited`: its reversals came before it, and their refusals may not have been reported yet. */
  | { readonly status: "repeated"; readonly wasAwaited?: boolean }
  | { readonly status: "rejected"; readonly rejection: Rejection };

/** An accepted event with the text it came as, which is what is kept if it is rejected after all. */
export type Incoming<Event extends AcceptedEvent = AcceptedEvent> = {
  readonly event: Event;
  readonly body: string;
};

export const recorded: Outcome = { status: "recorded" };
export const repeated: Outcome = { status: "repeated" };

export function rejectedOutcome(rejection: Rejection): Outcome {
  return { status: "rejected", rejection };
}

export const conflictingContent: Rejection = {
  code: "conflictingContent",
  message:
    "an event with this source and id was recorded with another content; a correction is a reversal and a new event",
  target: "id",
};

/** How often a commit is tried again because somebody else was faster, before the host is asked to redeliver. */
export const ATTEMPTS_MAX = 16;

/** Thrown when a ledger stays contended: the host redelivers, and nothing is counted twice (LE-03). */
export class ContentionError extends Error {
  readonly code = 449;

  constructor(ledgerId: string) {
    super(`ledger ${ledgerId} is contended: ${ATTEMPTS_MAX} attempts to write to it were refused`);
    this.name = "ContentionError";
  }
}
