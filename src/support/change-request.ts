/**
 * The one way in which a request changes: it is read, decided about and written in one transaction with what belongs to the
 * change; and again while somebody else is faster. Invariant: nothing is told that did not come about.
 */
import type { Message } from "../messages/message.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { NotFoundError, UnavailableError } from "../platform/errors.ts";
import type { RequestKey, SupportRequest } from "./request.ts";
import { requestDocumentId } from "./request.ts";
import type { RequestChange, RequestStore } from "./request-store.ts";

const ATTEMPTS_MAX = 10;
const RETRY_AFTER_SECONDS = 1;

export type ChangeAccess = {
  readonly requests: Pick<RequestStore, "read" | "commit">;
  /** Gives the request the instant at which its response targets are looked at next: see `target-check.ts`. */
  readonly withTargets: (after: SupportRequest) => Promise<SupportRequest>;
  /** Asks for the messages to be sent now; the timer sends what this forgets. */
  readonly notify: (messages: readonly Message[]) => Promise<void>;
  readonly onDelay: (error: unknown) => void;
};

/** What is to be done: the request as it will be, and what is written with it. Undefined: it is as it should be. */
export type Decided =
  | (Omit<RequestChange, "customerId" | "writes"> & {
      readonly after: SupportRequest;
      /** Tag of what holds the place of a request that is not there yet: see `awaited-request.ts`. */
      readonly placeEtag?: string | undefined;
      /** Besides the request. */
      readonly writes?: RequestChange["writes"];
    })
  | undefined;

/**
 * @param decide is given the request as it is, undefined where there is none.
 * @returns the request as it is now; for a repeated request as the first one left it.
 * @throws whatever `decide` throws; UnavailableError when others are always faster.
 */
export async function changeRequest(
  access: ChangeAccess,
  key: RequestKey,
  decide: (known: Versioned<SupportRequest> | undefined) => Promise<Decided> | Decided,
): Promise<Versioned<SupportRequest>> {
  let isRepeated = false;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const known = await access.requests.read(key);
    // The first time it may have been read before the same request, made at once, changed it: only a second look is sure.
    if (isRepeated && known !== undefined) return known;
    const decided = await decide(known);
    if (decided === undefined) {
      if (known === undefined) throw new NotFoundError(`no request ${key.number}`);
      return known;
    }
    const { after: asDecided, writes = [], placeEtag, ...rest } = decided;
    const after = await access.withTargets(asDecided);
    const change = {
      ...rest,
      customerId: key.customerId,
      writes: [{ document: after, etag: known?.etag ?? placeEtag }, ...writes],
    };
    const result = await access.requests.commit(change);
    if (result.outcome === "committed") {
      await tell(access, change.messages ?? []);
      return { value: after, etag: result.etags.get(requestDocumentId(key.number)) ?? "" };
    }
    isRepeated = result.outcome === "repeated";
  }
  throw new UnavailableError(RETRY_AFTER_SECONDS, "others are always faster");
}

async function tell({ notify, onDelay }: ChangeAccess, messages: readonly Message[]): Promise<void> {
  if (messages.length === 0) return;
  try {
    await notify(messages);
  } catch (error) {
    onDelay(error);
  }
}
