/** A queue of wishes to be quick. Promise: a job that was sent is delivered at least once. */
import type { ServiceBusSender } from "@azure/service-bus";

/**
 * A job that is never sent, or sent twice, changes nothing: what it names says what is to be done, and a timer finds all
 * that is due.
 */
export type JobQueue<Job> = {
  readonly send: (jobs: readonly Job[]) => Promise<void>;
};

/** Who waits for an answer does not wait for a queue that is away. */
const SEND_LIMIT_MS = 2_000;
/** In one request; far under the 256 KB that a request may have. */
const JOBS_PER_REQUEST = 100;

/** @template Job becomes JSON, of a few ids. */
export function serviceBusJobQueue<Job>(sender: () => ServiceBusSender): JobQueue<Job> {
  return {
    send: async (jobs) => {
      for (let at = 0; at < jobs.length; at += JOBS_PER_REQUEST) {
        const bodies = jobs.slice(at, at + JOBS_PER_REQUEST);
        await sender().sendMessages(
          bodies.map((body) => ({ body, contentType: "application/json" })),
          { abortSignal: AbortSignal.timeout(SEND_LIMIT_MS) },
        );
      }
    },
  };
}
