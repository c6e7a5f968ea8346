/** Text gathered as bytes in one place that is used again and again: nothing of it is left for the engine to clear away. */

const FIRST_BYTES = 65_536;

export type ByteGatherer = {
  /** @param text of U+0000 to U+00FF. */
  readonly add: (text: string) => void;
  readonly length: () => number;
  /** What was gathered, until the next is added. */
  readonly take: () => Uint8Array;
};

export function byteGatherer(): ByteGatherer {
  let bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  let length = 0;
  return {
    add: (text) => {
      if (length + text.length > bytes.length) {
        const larger = Buffer.allocUnsafeSlow(2 * (length + text.length));
        bytes.copy(larger, 0, 0, length);
        bytes = larger;
      }
      length += bytes.write(text, length, "latin1");
    },
    length: () => length,
    take: () => {
      const taken = bytes.subarray(0, length);
      length = 0;
      return taken;
    },
  };
}
