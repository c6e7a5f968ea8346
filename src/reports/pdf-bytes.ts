/** Bytes gathered in one place that is used again and again: nothing of it is left for the engine to clear away. */

const FIRST_BYTES = 65_536;

export type ByteGatherer = {
  /** @param text of U+0000 to U+00FF. */
  readonly add: (text: string) => void;
  readonly addBytes: (more: Uint8Array) => void;
  readonly length: () => number;
  /** What was gathered, until the next is added. */
  readonly take: () => Uint8Array;
};

export function byteGatherer(): ByteGatherer {
  let bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  let length = 0;
  const ensure = (more: number): void => {
    if (length + more <= bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (length + more));
    bytes.copy(larger, 0, 0, length);
    bytes = larger;
  };
  return {
    add: (text) => {
      ensure(text.length);
      length += bytes.write(text, length, "latin1");
    },
    addBytes: (more) => {
      ensure(more.length);
      bytes.set(more, length);
      length += more.length;
    },
    length: () => length,
    take: () => {
      const taken = bytes.subarray(0, length);
      length = 0;
      return taken;
    },
  };
}
