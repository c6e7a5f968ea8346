/**
 * The clients' receiving links. Invariants:
 * - a message is taken out of its queue only for a link that has credit for it and whose session has room for it;
 * - links of a queue take turns;
 * - a delivery leaves rhea's buffer as soon as it is on the wire, so that however many messages a client holds
 *   unsettled, the buffer holds only what waits to be sent; who still owes a settlement is kept in `owed`.
 */
import type { Sender, Session } from "rhea";
import { writeOutcome } from "./dispositions.ts";
import { type AmqpError, malformed, serverBusy } from "./errors.ts";
import type { FaultGate } from "./fault-gate.ts";
import { encodeDelivery } from "./message.ts";
import { parseOutcome } from "./outcome.ts";
import type { Queue } from "./queue.ts";

const SETTLED_BY_SENDER = 1;
const AMQP_MESSAGE_FORMAT = 0;
const LOCK_TOKEN_BYTES = 16;

/** Messages handed out on a session and not settled yet, by the id of their delivery. */
export type Owed = Map<number, { readonly queue: Queue; readonly token: string }>;

/** Takes over what rhea would do with the settlements of a session, and keeps its buffer short. */
export function watchSettlements(session: Session, gate: FaultGate): Owed {
  const owed: Owed = new Map();
  const { outgoing, on_disposition: onSenderDisposition } = session;
  const sendPending = outgoing.process;
  outgoing.process = () => {
    sendPending.call(outgoing);
    outgoing.deliveries.pop_if((delivery) => delivery.id < outgoing.next_pending_delivery);
  };
  session.on_disposition = (frame) => {
    const { role: fromReceiver, first, last, settled, state } = frame.performative;
    if (!fromReceiver) return onSenderDisposition.call(session, frame);
    for (let id = first; id <= (last ?? first); id++) {
      settleDelivery(session, owed, gate, { id, state, wantsAnswer: settled !== true });
    }
    return undefined;
  };
  return owed;
}

type Disposition = { readonly id: number; readonly state: unknown; readonly wantsAnswer: boolean };

function settleDelivery(session: Session, owed: Owed, gate: FaultGate, disposition: Disposition): void {
  const { id, state, wantsAnswer } = disposition;
  const delivery = owed.get(id);
  if (delivery === undefined) return;
  const answer = (error: AmqpError | undefined): void => {
    owed.delete(id);
    if (wantsAnswer) writeOutcome(session, { id, from: "broker" }, error);
  };
  gate.pass("settle", {
    perform: () => {
      const error = settle(delivery.queue, delivery.token, state);
      return () => answer(error);
    },
    busy: () => answer(serverBusy),
    drop: () => session.connection.socket.destroy(new Error("dropped by a fault")),
  });
}

function settle(queue: Queue, token: string, state: unknown): AmqpError | undefined {
  try {
    return queue.settle(token, parseOutcome(state));
  } catch (cause) {
    return malformed(cause);
  }
}

/** One receiving link of a client. A class, because its credit is counted over its life. */
export class ReceivingLink {
  readonly #sender: Sender;
  readonly #queue: Queue;
  readonly #owed: Owed;
  /** Credit ever given by the client and let through. */
  #granted = 0;
  /** Credit ever used: by deliveries, sent or waiting to be, and by draining. */
  #used = 0;

  constructor(sender: Sender, queue: Queue, owed: Owed) {
    this.#sender = sender;
    this.#queue = queue;
    this.#owed = owed;
    const { attach } = sender.local;
    if (this.#deletes) attach.snd_settle_mode = SETTLED_BY_SENDER;
    attach.rcv_settle_mode = sender.rcv_settle_mode;
    sender._get_drain = () => this.#drain();
  }

  get isOpen(): boolean {
    return this.#sender.is_open();
  }

  get isReady(): boolean {
    return this.isOpen && this.#granted > this.#used && this.#sender.sendable() && this.#hasWindow;
  }

  /** A message locked for a client whose window is full would lose its lock on the way. */
  get #hasWindow(): boolean {
    const { outgoing } = this.#sender.session;
    return outgoing.transfer_window() > outgoing.next_delivery_id - outgoing.next_pending_delivery;
  }

  /** Credit ever given: sending moves a unit from one summand to the other. */
  get offered(): number {
    return this.#sender.credit + this.#sender.delivery_count;
  }

  get #deletes(): boolean {
    return this.#sender.snd_settle_mode === SETTLED_BY_SENDER;
  }

  get hasNewCredit(): boolean {
    return this.offered > this.#granted;
  }

  grant(offered: number): void {
    this.#granted = Math.max(this.#granted, offered);
  }

  deliver(): void {
    const taken = this.#queue.receive(this.#deletes ? "delete" : "lock");
    if (taken === undefined) return;
    const wire = encodeDelivery(taken.message, taken.lockedUntilMs);
    const delivery = this.#sender.send(wire, deliveryTag(taken.token), AMQP_MESSAGE_FORMAT);
    this.#used++;
    if (taken.token !== undefined) this.#owed.set(delivery.id, { queue: this.#queue, token: taken.token });
  }

  /** Uses up the credit that is left; not while a delivery that has its credit still waits to be sent. */
  #drain(): boolean {
    if (!this.#sender._draining || this.#used > this.#sender.delivery_count) return false;
    this.#sender.delivery_count += this.#sender.credit;
    this.#sender.credit = 0;
    this.#used = this.#sender.delivery_count;
    this.grant(this.#used);
    return true;
  }
}

/** A lock token as a delivery tag: the byte order of a GUID in .NET. */
function deliveryTag(token: string | undefined): Buffer {
  if (token === undefined) return Buffer.alloc(LOCK_TOKEN_BYTES);
  const bytes = Buffer.from(token.replaceAll("-", ""), "hex");
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}

/** Hands the messages of one queue to its links in turn. */
export class Dispatcher {
  readonly #queue: Queue;
  #links: readonly ReceivingLink[] = [];

  constructor(queue: Queue) {
    this.#queue = queue;
    queue.onAvailable = () => this.dispatch();
  }

  add(link: ReceivingLink): void {
    this.#links = [...this.#links, link];
  }

  dispatch(): void {
    this.#links = this.#links.filter((link) => link.isOpen);
    while (this.#queue.hasActive) {
      const next = this.#links.find((link) => link.isReady);
      if (next === undefined) return;
      this.#links = [...this.#links.filter((link) => link !== next), next];
      next.deliver();
    }
  }
}
