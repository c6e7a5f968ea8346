import { type Batch, type BatchLimits, type EventLine, readEvent, toBatches } from "./batches.ts";
import type { EventsClient, Posted } from "./client.ts";
import { readLines } from "./lines.ts";
import { type Pending, rejectEvent, settle } from "./receipts.ts";
import { CannotSendError } from "./sender.ts";
import { reject, type Tally } from "./tally.ts";

export const MAX_BATCH_EVENTS = 99;
const MAX_BATCH_BYTES = 900_000;
const REQUESTS_IN_FLIGHT = 2;
/** Receipts are held in memory until they are settled, so there is a limit to them. */
const MAX_PENDING = 10_000;

export type Progress = { readonly bytesRead: number; readonly allPosted: boolean };

export type SendOptions = {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly client: EventsClient;
  /** Counts what became of the events; complete when `sendEvents` returns, and right when it throws. */
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly batchEvents?: number | undefined;
  /** How long to wait for receipts of which none is settled. */
  readonly patienceMs?: number | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
};

/**
 * Sends every event of a file of one event a line and waits until it is known what became of each.
 * Invariants: at most two requests and 10,000 unsettled receipts at any time, whatever the size of the file; an
 * agreement is settled before anything that follows it is sent.
 * @throws CannotSendError, and the signal's reason when that is aborted.
 */
export async function sendEvents(options: SendOptions): Promise<void> {
  const limits: BatchLimits = { events: options.batchEvents ?? MAX_BATCH_EVENTS, bytes: MAX_BATCH_BYTES };
  const pending: Pending = new Map();
  let bytesRead = 0;
  const progress = (allPosted: boolean): void => options.onProgress?.({ bytesRead, allPosted });

  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of options.chunks) {
      bytesRead += chunk.length;
      yield chunk;
    }
  }
  // Two posters pull from this one generator, which stands still while it settles something.
  async function* batchesToPost(): AsyncGenerator<Batch> {
    for await (const batch of toBatches(goodEvents(counted(), options.tally), limits)) {
      if (batch.kind === "agreements") {
        const first: Pending = new Map();
        await post(batch.events, first, options);
        await settle(first, 0, { ...options, onMove: () => progress(false) });
      } else {
        if (pending.size > MAX_PENDING) {
          await settle(pending, MAX_PENDING / 2, { ...options, onMove: () => progress(false) });
        }
        yield batch;
      }
    }
  }
  const batches = batchesToPost();
  const poster = async (): Promise<void> => {
    for await (const batch of batches) {
      await post(batch.events, pending, options);
      progress(false);
    }
  };
  const posters = await Promise.allSettled(Array.from({ length: REQUESTS_IN_FLIGHT }, poster));
  for (const result of posters) if (result.status === "rejected") throw result.reason;
  progress(true);
  await settle(pending, 0, { ...options, onMove: () => progress(true) });
}

async function* goodEvents(chunks: AsyncIterable<Uint8Array>, tally: Tally): AsyncGenerator<EventLine> {
  for await (const line of readLines(chunks, MAX_BATCH_BYTES)) {
    const event = readEvent(line);
    if (event === undefined) continue;
    if ("code" in event) reject(tally, event.code, { line: event.line, id: "", message: "" });
    else yield event;
  }
}

/** One event can spoil the reading of its whole request, so those of a refused one are sent singly. */
async function post(events: readonly EventLine[], pending: Pending, options: SendOptions): Promise<void> {
  const { client, tally, signal } = options;
  signal.throwIfAborted();
  const posted = await client.post(events);
  if (posted.kind === "answered") {
    const answers = new Map(posted.value.map((answer) => [answer.index, answer]));
    for (const [index, event] of events.entries()) note(event, answers.get(index), tally, pending);
  } else if (events.length > 1) {
    for (const event of events) await post([event], pending, options);
  } else {
    const answer = { index: 0, status: "rejected", error: posted.error } as const;
    for (const event of events) note(event, answer, tally, pending);
  }
}

function note(event: EventLine, answer: Posted | undefined, tally: Tally, pending: Pending): void {
  if (answer === undefined) {
    throw new CannotSendError(`The service said nothing about line ${event.line}, id ${event.id}`);
  }
  tally.posted += 1;
  if (answer.status === "rejected") {
    rejectEvent(tally, event, answer.error);
  } else if (answer.receipt === undefined) {
    tally.recorded += 1;
  } else {
    tally.pending += 1;
    pending.set(answer.receipt, [...(pending.get(answer.receipt) ?? []), event]);
  }
}
