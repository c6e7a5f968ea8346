/**
 * An AMQP 1.0 broker that speaks the dialect of Azure Service Bus, for a developer's machine. Invariant: whatever it
 * does not serve it refuses with `amqp:not-implemented` instead of pretending.
 */
import type { AddressInfo, Server, Socket } from "node:net";
import rhea, { type Container } from "rhea";
import type { FaultSource } from "../faults.ts";
import { createFaultGate } from "./fault-gate.ts";
import { serveLinks } from "./links.ts";
import { forgetfulStore, type MessageStore } from "./message-store.ts";
import { DEAD_LETTER_SUFFIX, type Entity } from "./nodes.ts";
import { openMessageStore } from "./persistence.ts";
import { Queue } from "./queue.ts";
import { deadLetterSettings, parseQueueProperties, type QueueProperties } from "./queue-properties.ts";
import { Dispatcher } from "./receivers.ts";

export type { QueueProperties } from "./queue-properties.ts";

type QueueCounts = {
  readonly active: number;
  readonly locked: number;
  readonly scheduled: number;
  readonly deferred: number;
  /** Everything in the dead-letter queue, locked or not. */
  readonly deadLettered: number;
};

export type ServiceBus = {
  readonly port: number;
  readonly connectionString: string;
  /** @throws RangeError when there is no such queue. */
  readonly counts: (queue: string) => QueueCounts;
  /** Ends every connection at once, as a failing network would. */
  readonly dropConnections: () => void;
  readonly close: () => Promise<void>;
};

export type ServiceBusOptions = {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host?: string;
  readonly queues: Readonly<Record<string, QueueProperties>>;
  /** Without it, messages end with the broker. */
  readonly dataFile?: string;
  readonly faults?: FaultSource;
};

const LOOPBACK = "127.0.0.1";
/** Transfers a client may have on their way to one link. */
const CREDIT_WINDOW = 500;

/** @throws ZodError for a property of a queue that is not served, or the error of listening. */
export async function startServiceBus(options: ServiceBusOptions): Promise<ServiceBus> {
  const { host = LOOPBACK, port, dataFile } = options;
  const store = dataFile === undefined ? forgetfulStore : openMessageStore(dataFile);
  const entities = createEntities(options.queues, store);
  const gate = createFaultGate(options.faults);
  const container = createContainer();
  serveLinks(container, entities, gate);
  const server = container.listen({ port, host });
  const sockets = trackSockets(server);
  const dropConnections = (): void => {
    // With an error, because rhea takes notice of a connection's end only by that or by the client's goodbye.
    for (const socket of sockets) socket.destroy(new Error("dropped by the broker"));
  };
  const release = (): void => {
    gate.close();
    for (const { queue } of entities.values()) queue.close();
    store.close();
  };
  const boundPort = await listening(server).catch((cause: unknown) => {
    release();
    throw cause;
  });
  return {
    port: boundPort,
    connectionString: `Endpoint=sb://${host}:${boundPort};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`,
    counts: (name) => countsOf(entities, name),
    dropConnections,
    close: async () => {
      if (!server.listening) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      dropConnections();
      await promise;
      release();
    },
  };
}

function createEntities(
  queues: ServiceBusOptions["queues"],
  store: MessageStore,
): ReadonlyMap<string, Entity> {
  const entities = new Map<string, Entity>();
  for (const [name, properties] of Object.entries(queues)) {
    const settings = parseQueueProperties(properties);
    const path = name.toLowerCase();
    const deadLetters = new Queue(`${path}${DEAD_LETTER_SUFFIX}`, deadLetterSettings(settings), store);
    const queue = new Queue(path, settings, store, deadLetters);
    for (const each of [queue, deadLetters]) {
      entities.set(each.name, { queue: each, dispatcher: new Dispatcher(each) });
    }
  }
  return entities;
}

function createContainer(): Container {
  const container = rhea.create_container({
    id: "service-bus-stand-in",
    // Frames are small: waiting for the acknowledgement of the one before costs 40 ms a request.
    tcp_no_delay: true,
    receiver_options: { autoaccept: false, credit_window: CREDIT_WINDOW },
  });
  // A client that goes away, with or without a reason, is no event for the broker; its locks run out by themselves.
  for (const event of [
    "disconnected",
    "connection_error",
    "session_error",
    "sender_error",
    "receiver_error",
  ]) {
    container.on(event, () => undefined);
  }
  for (const event of ["error", "protocol_error"]) {
    container.on(event, (cause: unknown) =>
      console.error("service bus stand-in: a connection failed:", cause),
    );
  }
  return container;
}

function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

async function listening(server: Server): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", reject);
  server.once("listening", () => resolve(portOf(server.address())));
  return await promise;
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === "string") throw new TypeError("expected an address with a port");
  return address.port;
}

function countsOf(entities: ReadonlyMap<string, Entity>, name: string): QueueCounts {
  const queue = entities.get(name.toLowerCase())?.queue;
  if (queue === undefined) throw new RangeError(`there is no queue '${name}'`);
  const dead = queue.deadLetters?.counts();
  return { ...queue.counts(), deadLettered: dead ? dead.active + dead.locked + dead.deferred : 0 };
}
