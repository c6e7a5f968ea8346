/** Names of the blocks that an upload comes in: their numbers in six digits, in base64, as Blob Storage wants them. Pure. */

const DIGITS = 6;

export const blockIdOf = (index: number): string =>
  Buffer.from(String(index).padStart(DIGITS, "0")).toString("base64");

/** @returns undefined for a name that a client chose otherwise. */
export function blockIndexOf(blockId: string): number | undefined {
  const text = Buffer.from(blockId, "base64").toString("latin1");
  const index = Number(text);
  return /^\d{6}$/.test(text) && blockIdOf(index) === blockId ? index : undefined;
}
