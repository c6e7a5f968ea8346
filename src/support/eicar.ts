/**
 * The test file of the anti-malware industry (EICAR), by which everybody can see that what is harmful is refused, with or
 * without a scanner behind it. In two parts here: whole, it would be refused itself wherever this file goes.
 */
const EICAR = Buffer.from(
  ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-", "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].join(""),
);

/** Takes the bytes of one file, piece by piece; true from the piece on that completes the text, wherever it lies. */
export function eicarMatcher(): (piece: Uint8Array) => boolean {
  let rest: Buffer = Buffer.alloc(0);
  let isFound = false;
  return (piece) => {
    if (isFound) return true;
    const border = Buffer.concat([rest, piece.subarray(0, EICAR.byteLength - 1)]);
    const whole = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    isFound = border.includes(EICAR) || whole.includes(EICAR);
    const last = piece.byteLength < EICAR.byteLength ? border : whole;
    // A copy: whoever gave the piece may use its memory again.
    rest = Buffer.from(last.subarray(Math.max(0, last.byteLength - EICAR.byteLength + 1)));
    return isFound;
  };
}

export async function containsEicar(content: AsyncIterable<Uint8Array>): Promise<boolean> {
  const isEicar = eicarMatcher();
  for await (const piece of content) {
    if (isEicar(piece)) return true;
  }
  return false;
}
