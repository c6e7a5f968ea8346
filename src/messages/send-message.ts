/**
 * Sending a message. Promise: every message that was written is sent at least once, or failed and says why. Interrupted
 * at any point it is sent by whoever comes after the lease, perhaps for the second time, and then with the same Message-ID.
 */
import { createHash } from "node:crypto";
import type { CustomerId } from "../agreements/ids.ts";
import type { Mail, MailAttachment, MailSender } from "../platform/mail.ts";
import type { Links } from "./letters.ts";
import {
  type AttemptOutcome,
  afterAttempt,
  type Content,
  isDue,
  type Message,
  type MessageId,
  type QueuedMessage,
  taken,
} from "./message.ts";
import type { MessageStore } from "./message-store.ts";
import type { EventText } from "./render-message.ts";

/** How often the end of an attempt is recorded anew: what is sent and not recorded is sent again. */
const RECORDINGS_MAX = 3;

export type DeliveryDependencies = {
  readonly messages: MessageStore;
  readonly mail: MailSender;
  readonly now: () => string;
  readonly links: Links;
  /** What goes with a message, made anew whenever it is sent. @param event what its letter says for a calendar. */
  readonly attachments: (
    content: Content,
    event: EventText | undefined,
  ) => Promise<readonly MailAttachment[]>;
};

export type Delivery =
  | { readonly outcome: "sent" }
  | { readonly outcome: "failed"; readonly cause?: unknown }
  /** It is to be tried again when it is due; the timer sees to that. */
  | { readonly outcome: "later"; readonly cause?: unknown }
  /** Nothing to do: sent or failed before, somebody else's, or not due yet. */
  | { readonly outcome: "notDue" }
  | { readonly outcome: "missing" };

/**
 * Can be run any number of times, at once too.
 * @returns with `cause` for the log: it names no address.
 * @throws what the store throws.
 */
export async function deliverMessage(
  dependencies: DeliveryDependencies,
  customerId: CustomerId,
  id: MessageId,
): Promise<Delivery> {
  const { messages, now } = dependencies;
  const found = await messages.read(customerId, id);
  if (found === undefined) return { outcome: "missing" };
  if (!isDue(found.value, now())) return { outcome: "notDue" };
  const message = taken(found.value, now());
  if (!(await messages.save(message, found.etag))) return { outcome: "notDue" };
  const { outcome, cause } = await attempt(dependencies, message);
  return record(dependencies, message, outcome, cause);
}

type Attempt = { readonly outcome: AttemptOutcome; readonly cause?: unknown };

async function attempt(dependencies: DeliveryDependencies, message: QueuedMessage): Promise<Attempt> {
  try {
    return { outcome: await dependencies.mail.send(await mailOf(message, dependencies)) };
  } catch (cause) {
    return { outcome: { outcome: "unavailable" }, cause };
  }
}

async function mailOf(
  message: QueuedMessage,
  { links, attachments }: Pick<DeliveryDependencies, "links" | "attachments">,
): Promise<Mail> {
  // Loaded with the first message, as what carries it: most instances of the app never send one.
  const { renderMessage } = await import("./render-message.ts");
  const { customerId, id, to, attempts, content } = message;
  const { event, ...rendered } = renderMessage(message, links);
  const key = mailKey(customerId, id);
  return { key, attempt: attempts, to, ...rendered, attachments: await attachments(content, event) };
}

/**
 * The outcome belongs to the message, whoever has it by now: what was sent is sent. Only a failure is for whoever has it to
 * count. Also after an error, whose save may have been done: what is there is read first.
 */
async function record(
  { messages, now }: DeliveryDependencies,
  message: QueuedMessage,
  outcome: AttemptOutcome,
  cause: unknown,
): Promise<Delivery> {
  let reason: unknown;
  for (let recording = 0; recording < RECORDINGS_MAX; recording += 1) {
    try {
      const found = await messages.read(message.customerId, message.id);
      if (found === undefined) return { outcome: "missing" };
      const { value, etag } = found;
      if (value.status !== "queued") return deliveryOf(value, cause);
      const isLost = value.nextAttemptAt !== message.nextAttemptAt;
      if (isLost && outcome.outcome !== "sent") return deliveryOf(value, cause);
      const next = afterAttempt(value, outcome, now());
      if (await messages.save(next, etag)) return deliveryOf(next, cause);
    } catch (error) {
      reason = error;
    }
  }
  throw new Error(`what sending came to could not be recorded (${outcome.outcome})`, { cause: reason });
}

function deliveryOf(message: Message, cause: unknown): Delivery {
  switch (message.status) {
    case "sent":
      return { outcome: "sent" };
    case "failed":
      return { outcome: "failed", cause };
    case "queued":
      return { outcome: "later", cause };
  }
}

const UUID_FORM = /^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/;

/** A UUID of version 8 that follows from the message: the same in every attempt, and without what its ids may hold. */
export function mailKey(customerId: CustomerId, id: MessageId): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([customerId, id]))
    .digest("hex");
  return digest.replace(UUID_FORM, "$1-$2-8$3-8$4-$5");
}
