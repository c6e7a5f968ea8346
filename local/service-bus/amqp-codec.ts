/**
 * Cuts encoded AMQP 1.0 values apart and puts them together without decoding what is inside, so that whatever a client
 * sent keeps its exact type. Every reader throws a RangeError or an AmqpFormatError on bytes that are not AMQP.
 */

class AmqpFormatError extends Error {
  override readonly name = "AmqpFormatError";
}

/** One top-level part of a message: its descriptor code, its value, and both together as they were sent. */
export type Section = { readonly code: number; readonly value: Buffer; readonly bytes: Buffer };

/** One pair of a map: the key decoded, and key and value together as they were sent. */
export type MapEntry = { readonly key: string; readonly value: Buffer; readonly bytes: Buffer };

const DESCRIBED = 0x00;
/** Bytes of a value of fixed width, by the high half of its type code. */
const FIXED_WIDTH_BYTES: Readonly<Record<number, number>> = { 4: 0, 5: 1, 6: 2, 7: 4, 8: 8, 9: 16 };

export function splitSections(message: Buffer): readonly Section[] {
  const sections: Section[] = [];
  for (let start = 0; start < message.length; ) {
    if (message.readUInt8(start) !== DESCRIBED) throw new AmqpFormatError("a section has no descriptor");
    const valueStart = valueEnd(message, start + 1);
    const end = valueEnd(message, valueStart);
    const code = readUnsigned(message.subarray(start + 1, valueStart));
    if (code === undefined) throw new AmqpFormatError("the descriptor of a section is not a number");
    sections.push({ code, value: message.subarray(valueStart, end), bytes: message.subarray(start, end) });
    start = end;
  }
  return sections;
}

export function splitMap(map: Buffer): readonly MapEntry[] {
  const items = splitList(map);
  const entries: MapEntry[] = [];
  for (let index = 0; index + 1 < items.length; index += 2) {
    const [key, value] = items.slice(index, index + 2);
    const name = key === undefined ? undefined : readText(key);
    if (name === undefined || key === undefined || value === undefined) {
      throw new AmqpFormatError("a key of a map is not text");
    }
    entries.push({ key: name, value, bytes: Buffer.concat([key, value]) });
  }
  return entries;
}

/** The items of a list or a map, each encoded. */
export function splitList(compound: Buffer): readonly Buffer[] {
  const code = compound.readUInt8(0);
  if (code === 0x45) return [];
  const wide = code === 0xd0 || code === 0xd1;
  if (!wide && code !== 0xc0 && code !== 0xc1) throw new AmqpFormatError("expected a list or a map");
  const count = wide ? compound.readUInt32BE(5) : compound.readUInt8(2);
  const items: Buffer[] = [];
  let start = wide ? 9 : 3;
  for (let index = 0; index < count; index++) {
    const end = valueEnd(compound, start);
    items.push(compound.subarray(start, end));
    start = end;
  }
  return items;
}

function valueEnd(buffer: Buffer, start: number): number {
  const code = buffer.readUInt8(start);
  if (code === DESCRIBED) return valueEnd(buffer, valueEnd(buffer, start + 1));
  const end = start + 1 + valueWidth(buffer, start + 1, code >>> 4);
  if (end > buffer.length) throw new AmqpFormatError("a value is cut off");
  return end;
}

function valueWidth(buffer: Buffer, start: number, category: number): number {
  const fixed = FIXED_WIDTH_BYTES[category];
  if (fixed !== undefined) return fixed;
  if (category === 0xa || category === 0xc || category === 0xe) return 1 + buffer.readUInt8(start);
  if (category === 0xb || category === 0xd || category === 0xf) return 4 + buffer.readUInt32BE(start);
  throw new AmqpFormatError("unknown type code");
}

/** An unsigned integer of up to 64 bits, or undefined for anything else. */
export function readUnsigned(value: Buffer): number | undefined {
  switch (value.readUInt8(0)) {
    case 0x43:
    case 0x44:
      return 0;
    case 0x52:
    case 0x53:
      return value.readUInt8(1);
    case 0x70:
      return value.readUInt32BE(1);
    case 0x80:
      return Number(value.readBigUInt64BE(1));
    default:
      return undefined;
  }
}

/** Milliseconds since 1970, or undefined for anything but a timestamp. */
export function readTimestamp(value: Buffer): number | undefined {
  return value.readUInt8(0) === 0x83 ? Number(value.readBigInt64BE(1)) : undefined;
}

/** A string or a symbol, or undefined for anything else. */
export function readText(value: Buffer): string | undefined {
  const code = value.readUInt8(0);
  if (code === 0xa1 || code === 0xa3) return value.toString("utf8", 2);
  if (code === 0xb1 || code === 0xb3) return value.toString("utf8", 5);
  return undefined;
}

/** The bytes of a binary value, or undefined for anything else. */
export function readBinary(value: Buffer): Buffer | undefined {
  const code = value.readUInt8(0);
  if (code === 0xa0) return value.subarray(2);
  return code === 0xb0 ? value.subarray(5) : undefined;
}

export const NULL = Buffer.of(0x40);
export const TRUE = Buffer.of(0x41);
export const FALSE = Buffer.of(0x42);

export function encodeUbyte(value: number): Buffer {
  return Buffer.of(0x50, value);
}

export function encodeUint(value: number): Buffer {
  const bytes = Buffer.alloc(5, 0x70);
  bytes.writeUInt32BE(value, 1);
  return bytes;
}

export function encodeInt(value: number): Buffer {
  const bytes = Buffer.alloc(5, 0x71);
  bytes.writeInt32BE(value, 1);
  return bytes;
}

export function encodeLong(value: number): Buffer {
  const bytes = Buffer.alloc(9, 0x81);
  bytes.writeBigInt64BE(BigInt(value), 1);
  return bytes;
}

export function encodeTimestamp(epochMs: number): Buffer {
  const bytes = Buffer.alloc(9, 0x83);
  bytes.writeBigInt64BE(BigInt(epochMs), 1);
  return bytes;
}

export function encodeString(text: string): Buffer {
  return withLength(0xb1, Buffer.from(text, "utf8"));
}

function encodeSymbol(text: string): Buffer {
  return withLength(0xb3, Buffer.from(text, "ascii"));
}

export function encodeList(items: readonly Buffer[]): Buffer {
  return encodeCompound(0xd0, items.length, items);
}

export function encodeMap(entries: readonly { readonly bytes: Buffer }[]): Buffer {
  return encodeCompound(
    0xd1,
    entries.length * 2,
    entries.map((entry) => entry.bytes),
  );
}

export function symbolEntry(key: string, value: Buffer): MapEntry {
  return { key, value, bytes: Buffer.concat([encodeSymbol(key), value]) };
}

export function stringEntry(key: string, value: Buffer): MapEntry {
  return { key, value, bytes: Buffer.concat([encodeString(key), value]) };
}

export function encodeSection(code: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(DESCRIBED, 0x53, code), value]);
}

function encodeCompound(code: number, count: number, items: readonly Buffer[]): Buffer {
  const counted = Buffer.alloc(4);
  counted.writeUInt32BE(count);
  return withLength(code, Buffer.concat([counted, ...items]));
}

function withLength(code: number, content: Buffer): Buffer {
  const head = Buffer.alloc(5, code);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}
