/** Speaks the part of clamd's protocol that is used, over a real socket, and misbehaves on demand. */
import { createServer, type ListenOptions, type Socket } from "node:net";

export type ClamdBehaviour = {
  /** Once all was received. */
  readonly answer?: (content: Buffer) => string | Buffer;
  /** As `StreamMaxLength`. */
  readonly bytesMax?: number;
  /** Cuts the connection after so many bytes of content; 0: at once. */
  readonly cutsAfterBytes?: number;
  /** Reads no more after so many bytes of content. */
  readonly stopsAfterBytes?: number;
  /** The answer comes in pieces of one byte. */
  readonly isSlow?: boolean;
  /** Called after everything that came in, and when the connection is gone. */
  readonly onTraffic?: () => void;
};

export type FakeClamd = AsyncDisposable & {
  readonly setting: string;
  /** Of each connection. */
  readonly received: readonly Buffer[];
  /** Connections that are open now. */
  readonly open: () => number;
  behave: (behaviour: ClamdBehaviour) => void;
};

const COMMAND = Buffer.from("zINSTREAM\0");

/** @param path of a Unix socket; otherwise TCP, on a port of its own. */
export async function startFakeClamd(path?: string): Promise<FakeClamd> {
  const received: Buffer[] = [];
  const sockets = new Set<Socket>();
  let behaviour: ClamdBehaviour = {};
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    converse(socket, behaviour, (content) => received.push(content));
    const { onTraffic } = behaviour;
    if (onTraffic !== undefined) socket.on("data", onTraffic).on("close", onTraffic);
  });
  const place: ListenOptions = path === undefined ? { port: 0, host: "127.0.0.1" } : { path };
  await new Promise<void>((resolve) => server.listen(place, resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    setting: path === undefined ? `clamd:tcp://127.0.0.1:${port}` : `clamd:unix:${path}`,
    received,
    open: () => {
      // Who reads no more does not learn either that the other side has gone.
      for (const socket of sockets) socket.resume();
      return sockets.size;
    },
    behave: (next) => {
      behaviour = next;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function converse(socket: Socket, behaviour: ClamdBehaviour, onContent: (content: Buffer) => void): void {
  const { answer = () => "stream: OK", bytesMax = Number.POSITIVE_INFINITY } = behaviour;
  const content: Buffer[] = [];
  let bytes = 0;
  let pending: Buffer = Buffer.alloc(0);
  let isBegun = false;
  let isStopped = false;
  if (behaviour.cutsAfterBytes === 0) socket.destroy();
  const finish = (text: string | Buffer): void => {
    onContent(Buffer.concat(content));
    const whole = Buffer.concat([Buffer.from(text), Buffer.from([0])]);
    if (behaviour.isSlow === true) for (const byte of whole) socket.write(Buffer.from([byte]));
    else socket.write(whole);
    socket.end();
  };
  socket.on("data", (piece: Buffer) => {
    if (isStopped) return;
    pending = Buffer.concat([pending, piece]);
    if (!isBegun) {
      if (pending.byteLength < COMMAND.byteLength) return;
      if (!pending.subarray(0, COMMAND.byteLength).equals(COMMAND)) return finish("UNKNOWN COMMAND");
      isBegun = true;
      pending = pending.subarray(COMMAND.byteLength);
    }
    while (pending.byteLength >= 4 && pending.byteLength >= 4 + pending.readUInt32BE()) {
      const length = pending.readUInt32BE();
      if (length === 0) return finish(answer(Buffer.concat(content)));
      content.push(pending.subarray(4, 4 + length));
      pending = pending.subarray(4 + length);
      bytes += length;
      if (bytes > bytesMax) return finish("INSTREAM size limit exceeded. ERROR");
      if (bytes > (behaviour.cutsAfterBytes ?? Number.POSITIVE_INFINITY)) return void socket.destroy();
      if (bytes > (behaviour.stopsAfterBytes ?? Number.POSITIVE_INFINITY)) {
        isStopped = true;
        return void socket.pause();
      }
    }
  });
}
