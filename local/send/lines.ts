/**
 * Reads a stream of lines without ever holding more of it than one line.
 * Invariant: every line is given out exactly once, numbered from 1, either whole or as what is wrong with it.
 */
export type Line =
  | { readonly kind: "text"; readonly number: number; readonly text: string }
  | { readonly kind: "bad"; readonly number: number; readonly code: LineFault };

export type LineFault = "LineTooLong" | "LineNotUtf8";

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = "\uFEFF";

export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<Line> {
  let number = 0;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const hold = (part: Uint8Array): void => {
    heldBytes += part.length;
    if (heldBytes <= maxLineBytes) held.push(part);
    else held = [];
  };
  const take = (): Line => {
    number += 1;
    const line = heldBytes > maxLineBytes ? badLine(number, "LineTooLong") : decode(number, held);
    held = [];
    heldBytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      hold(chunk.subarray(from, to));
      yield take();
      from = to + 1;
    }
    hold(chunk.subarray(from));
  }
  if (heldBytes > 0) yield take();
}

function badLine(number: number, code: LineFault): Line {
  return { kind: "bad", number, code };
}

function decode(number: number, parts: readonly Uint8Array[]): Line {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts));
    return { kind: "text", number, text: text.replace(BYTE_ORDER_MARK, "").trim() };
  } catch {
    return badLine(number, "LineNotUtf8");
  }
}
