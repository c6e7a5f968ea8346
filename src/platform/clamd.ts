/**
 * ClamAV's daemon, asked over its own protocol (INSTREAM, see `man clamd`): one connection for each file. Invariants: it is
 * over in time, whatever the daemon does; a connection that ends without an answer is no verdict.
 *
 * The daemon answers `OK` for what is larger than its own limits and says nothing of it, unless its configuration has
 * `AlertExceedsMax yes` and `StreamMaxLength`, `MaxFileSize` and `MaxScanSize` of at least the largest file.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { MalwareScanner, NotScannedReason, ScanResult } from "./malware-scanner.ts";

export type ClamdAddress =
  | { readonly host: string; readonly port: number }
  /** Of a Unix socket. */
  | { readonly path: string };

export type ClamdLimits = {
  readonly connectTimeoutMs: number;
  /** Without a byte going either way; the daemon says nothing while it scans. */
  readonly silenceTimeoutMs: number;
  /** For all of it. */
  readonly timeoutMs: number;
  readonly bytesMax: number;
};

const LIMITS: ClamdLimits = {
  connectTimeoutMs: 5_000,
  silenceTimeoutMs: 120_000,
  timeoutMs: 200_000,
  bytesMax: 100 * 1_048_576,
};
const CHUNK_BYTES_MAX = 65_536;
const ANSWER_BYTES_MAX = 4_096;

export function clamdScanner(address: ClamdAddress, limits: Partial<ClamdLimits> = {}): MalwareScanner {
  return { scan: (content) => scan(address, content, { ...LIMITS, ...limits }) };
}

class ScanFault extends Error {
  readonly reason: NotScannedReason;

  constructor(reason: NotScannedReason, options?: ErrorOptions) {
    super(`the scanner gave no verdict: ${reason}`, options);
    this.name = "ScanFault";
    this.reason = reason;
  }
}

async function scan(
  address: ClamdAddress,
  content: AsyncIterable<Uint8Array>,
  limits: ClamdLimits,
): Promise<ScanResult> {
  const socket = connect(address);
  const over = new AbortController();
  const answer = answerOf(socket, limits, over.signal);
  try {
    await happens(socket, "connect", over.signal);
    if (socket.destroyed) return resultOf(await answer);
    socket.setTimeout(limits.silenceTimeoutMs);
    // The daemon may answer before all is sent, having found something or had enough.
    const sent = send(socket, content, limits.bytesMax, over.signal).then(() => answer);
    return resultOf(await Promise.race([answer, sent]));
  } catch (error) {
    if (error instanceof ScanFault) return { verdict: "notScanned", reason: error.reason };
    throw error;
  } finally {
    over.abort();
    socket.destroy();
  }
}

/** Settles once: with the answer, or with why there is none. */
function answerOf(socket: Socket, limits: ClamdLimits, signal: AbortSignal): Promise<string> {
  const answer = new Promise<string>((resolve, reject) => {
    const late = (): void => reject(new ScanFault("timeout"));
    const timer = setTimeout(late, limits.timeoutMs);
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    socket.setTimeout(limits.connectTimeoutMs, late);
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      const end = text.indexOf("\0");
      if (end >= 0) resolve(text.slice(0, end));
      else if (text.length > ANSWER_BYTES_MAX) reject(new ScanFault("failed"));
    });
    let isConnected = false;
    socket.once("connect", () => {
      isConnected = true;
    });
    const fault = (cause?: Error): void =>
      reject(new ScanFault(isConnected ? "failed" : "unreachable", { cause }));
    socket.on("error", fault);
    socket.on("close", () => fault());
  });
  // Whoever waits for the connection to do something learns that it will not.
  answer.catch(() => socket.destroy());
  return answer;
}

async function send(
  socket: Socket,
  content: AsyncIterable<Uint8Array>,
  bytesMax: number,
  signal: AbortSignal,
): Promise<void> {
  let bytes = 0;
  await write(socket, Buffer.from("zINSTREAM\0"), signal);
  for await (const piece of content) {
    // Nobody waits any more; leaving the loop ends the content.
    if (signal.aborted) return;
    bytes += piece.byteLength;
    if (bytes > bytesMax) throw new ScanFault("tooLarge");
    for (let at = 0; at < piece.byteLength; at += CHUNK_BYTES_MAX) {
      await write(socket, chunkOf(piece.subarray(at, at + CHUNK_BYTES_MAX)), signal);
    }
  }
  await write(socket, chunkOf(new Uint8Array()), signal);
}

/** Its length, and a copy of it: whoever gave it may use its memory again. The one of length 0 is the last. */
function chunkOf(bytes: Uint8Array): Buffer {
  const chunk = Buffer.alloc(4 + bytes.byteLength);
  chunk.writeUInt32BE(bytes.byteLength);
  chunk.set(bytes, 4);
  return chunk;
}

async function write(socket: Socket, bytes: Buffer, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!socket.destroyed && !socket.write(bytes)) await happens(socket, "drain", signal);
}

/** Or the connection ends instead, which the answer tells of. */
async function happens(socket: Socket, event: "connect" | "drain", signal: AbortSignal): Promise<void> {
  const either = new AbortController();
  const options = { signal: AbortSignal.any([signal, either.signal]) };
  await Promise.race([once(socket, event, options), once(socket, "close", options)]).catch(() => undefined);
  either.abort();
}

/** `Heuristics.Limits.Exceeded…` is what the daemon calls what it did not look at to the end. */
const LIMITS_EXCEEDED = /^Heuristics\.Limits\.Exceeded/;

function resultOf(answer: string): ScanResult {
  if (answer === "stream: OK") return { verdict: "clean" };
  const name = /^stream: (.+) FOUND$/.exec(answer)?.[1];
  if (name !== undefined && !LIMITS_EXCEEDED.test(name)) return { verdict: "infected", name };
  if (name !== undefined || answer.startsWith("INSTREAM size limit exceeded")) {
    throw new ScanFault("tooLarge");
  }
  throw new ScanFault("failed", { cause: new Error(answer) });
}
