/**
 * The `_rid`s of the service: base64 of 4 bytes for a database, 8 for a container, 16 for an item, each beginning with
 * its parent's bytes. The SDK keeps session tokens only for owners whose id has that length.
 */
const encode = (bytes: Buffer): string => bytes.toString("base64").replaceAll("/", "-");
const decode = (rid: string): Buffer => Buffer.from(rid.replaceAll("-", "/"), "base64");

export function databaseRid(number: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return encode(bytes);
}

export function containerRid(database: string, number: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number + 0x80000000);
  return encode(Buffer.concat([decode(database), bytes]));
}

export function itemRid(container: string, sequence: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(sequence));
  return encode(Buffer.concat([decode(container), bytes]));
}
