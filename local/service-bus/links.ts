/** Joins the events of rhea to queues: which link means what, and what becomes of what arrives on it. */
import type { Container, EventContext, Receiver, Sender, Session } from "rhea";
import * as z from "zod";
import { writeOutcome } from "./dispositions.ts";
import { type AmqpError, notImplemented, serverBusy } from "./errors.ts";
import type { FaultGate } from "./fault-gate.ts";
import { answerManagement, answerTokenRequest, refuseManagement } from "./management.ts";
import { type Entity, findNode, type Node } from "./nodes.ts";
import type { Queue } from "./queue.ts";
import { type Owed, ReceivingLink, watchSettlements } from "./receivers.ts";
import { acceptTransfer, MAX_MESSAGE_BYTES } from "./senders.ts";

/** Any format but 0, for which rhea decodes the message and forgets how its values were encoded. */
const UNDECODED_FORMAT = 1;
const SESSION_FILTER = "com.microsoft:session-filter";

type Entities = ReadonlyMap<string, Entity>;

const transfer = z.object({
  message: z.instanceof(Buffer),
  format: z.number(),
});
const terminusFilter = z.record(z.string(), z.unknown()).nullish();

export function serveLinks(container: Container, entities: Entities, gate: FaultGate): void {
  const owedBySession = new WeakMap<Session, Owed>();
  const nodes = new WeakMap<Receiver, Node>();
  const links = new WeakMap<Sender, { readonly link: ReceivingLink; readonly entity: Entity }>();

  container.on("session_open", ({ session }: EventContext) => {
    if (session === undefined) return;
    passBytesOn(session);
    owedBySession.set(session, watchSettlements(session, gate));
    afterWindowGrows(session, () => {
      session.each_sender(
        (sender: Sender) => links.get(sender)?.entity.dispatcher.dispatch(),
        () => true,
      );
    });
  });
  container.on("receiver_open", ({ receiver }: EventContext) => {
    if (receiver === undefined) return;
    const node = openForSending(receiver, entities);
    if (node !== undefined) nodes.set(receiver, node);
  });
  container.on("message", (context: EventContext) => {
    const node = context.receiver && nodes.get(context.receiver);
    if (node !== undefined) receiveTransfer(context, node, gate);
  });
  container.on("sender_open", ({ sender }: EventContext) => {
    const owed = sender && owedBySession.get(sender.session);
    const entity = sender && openForReceiving(sender, entities);
    if (!sender || !owed || !entity) return;
    const link = new ReceivingLink(sender, entity.queue, owed);
    entity.dispatcher.add(link);
    links.set(sender, { link, entity });
  });
  container.on("sender_flow", ({ sender }: EventContext) => {
    const opened = sender && links.get(sender);
    if (sender && opened) giveCredit(sender, opened.link, opened.entity, gate);
  });
  container.on("sendable", ({ sender }: EventContext) => {
    if (sender !== undefined) links.get(sender)?.entity.dispatcher.dispatch();
  });
  container.on("sender_draining", ({ sender }: EventContext) => {
    if (sender !== undefined) sender.issue_flow = true;
  });
}

function passBytesOn(session: Session): void {
  const onTransfer = session.on_transfer;
  session.on_transfer = (frame) => {
    frame.performative.message_format ||= UNDECODED_FORMAT;
    onTransfer.call(session, frame);
  };
}

/** rhea has no event for a client that can take more on a session. */
function afterWindowGrows(session: Session, act: () => void): void {
  const onFlow = session.on_flow;
  session.on_flow = (frame) => {
    onFlow.call(session, frame);
    if (frame.performative.handle === undefined || frame.performative.handle === null) act();
  };
}

/** @returns undefined when the link was refused. */
function openForSending(receiver: Receiver, entities: Entities): Node | undefined {
  const address = receiver.target?.address;
  const node = findNode(entities, address);
  if ("condition" in node) {
    receiver.close(node);
    return undefined;
  }
  receiver.set_target({ address });
  receiver.local.attach.max_message_size = MAX_MESSAGE_BYTES;
  return node;
}

/** @returns undefined when the link was refused, or is one for answers only. */
function openForReceiving(sender: Sender, entities: Entities): Entity | undefined {
  const address = sender.source?.address;
  const node = wantsSession(sender) ? notImplemented("sessions") : findNode(entities, address);
  if ("condition" in node) {
    sender.close(node);
    return undefined;
  }
  sender.set_source({ address });
  return node.kind === "queue" ? node.entity : undefined;
}

function wantsSession(sender: Sender): boolean {
  return SESSION_FILTER in (terminusFilter.parse(sender.source?.filter) ?? {});
}

function giveCredit(sender: Sender, link: ReceivingLink, entity: Entity, gate: FaultGate): void {
  const { offered } = link;
  if (!link.hasNewCredit) return;
  gate.pass("receive", {
    perform: () => {
      link.grant(offered);
      entity.dispatcher.dispatch();
      return () => undefined;
    },
    busy: () => sender.close(serverBusy),
    drop: () => drop(sender.session),
  });
}

function receiveTransfer(context: EventContext, node: Node, gate: FaultGate): void {
  const { receiver, delivery } = context;
  if (receiver === undefined || delivery === undefined) return;
  const { session } = receiver;
  const { message, format } = transfer.parse(context);
  const answer = (error?: AmqpError): void => {
    // Lets rhea forget the delivery: it is answered here, not by rhea.
    Object.assign(delivery, { settled: true });
    writeOutcome(session, { id: delivery.id, from: "client" }, error);
    session.connection._register();
  };
  switch (node.kind) {
    case "queue":
      gate.pass("send", {
        perform: () => {
          const error = acceptTransfer(node.entity.queue, message, format);
          return () => answer(error);
        },
        busy: () => answer(serverBusy),
        drop: () => drop(session),
      });
      break;
    case "management":
      answer();
      manage(receiver, node.entity.queue, message, gate);
      break;
    case "claims":
      answer();
      replyLink(receiver)?.send(answerTokenRequest(message));
      break;
  }
}

function manage(receiver: Receiver, queue: Queue, message: Buffer, gate: FaultGate): void {
  const replyTo = replyLink(receiver);
  gate.pass("management", {
    perform: () => {
      const reply = answerManagement(queue, message);
      return () => replyTo?.send(reply);
    },
    busy: () => replyTo?.send(refuseManagement(message, 503, serverBusy)),
    drop: () => drop(receiver.session),
  });
}

/** A client asks on one link and reads the answer on another one of the same session and address. */
function replyLink(receiver: Receiver): Sender | undefined {
  const address = receiver.target.address;
  return receiver.session.find_sender((sender: Sender) => sender.source?.address === address);
}

function drop(session: Session): void {
  session.connection.socket.destroy(new Error("dropped by a fault"));
}
