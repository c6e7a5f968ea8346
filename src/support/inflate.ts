/**
 * Expanding under guard. Invariant: at most one piece of 64 KiB more than `guard` lets through is ever made of the
 * compressed bytes, whatever they say of themselves.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createInflateRaw } from "node:zlib";

const PIECE_BYTES = 65_536;

type Inflated = {
  /** How many of the compressed bytes belonged to it. */
  readonly compressedBytes: number;
};

/**
 * @param onPiece is given each piece in turn; what it throws ends the work and is thrown on.
 * @throws NotInflatableError when the bytes are not what they should be, or end too soon.
 */
export async function inflate(
  format: "deflate" | "gzip",
  compressed: AsyncIterable<Uint8Array>,
  onPiece: (piece: Uint8Array) => void,
): Promise<Inflated> {
  const options = { chunkSize: PIECE_BYTES };
  const inflater = format === "gzip" ? createGunzip(options) : createInflateRaw(options);
  try {
    await pipeline(
      Readable.from(compressed, { objectMode: true }),
      inflater,
      async (pieces: AsyncIterable<Uint8Array>) => {
        for await (const piece of pieces) onPiece(piece);
      },
    );
  } catch (error) {
    if (isZlibError(error)) throw new NotInflatableError({ cause: error });
    throw error;
  }
  return { compressedBytes: inflater.bytesWritten };
}

const isZlibError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");

export class NotInflatableError extends Error {
  constructor(options: ErrorOptions) {
    super("the compressed bytes are not valid", options);
    this.name = "NotInflatableError";
  }
}
