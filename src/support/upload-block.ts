/** The blocks that an upload comes in. Their names are their numbers in six digits, in base64, as Blob Storage wants. Pure. */

export const BLOCK_BYTES = 4 * 1_048_576;

export type UploadBlock = { readonly blockId: string; readonly size: number };

const DIGITS = 6;

export const blockIdOf = (index: number): string =>
  Buffer.from(String(index).padStart(DIGITS, "0")).toString("base64");

/** @returns undefined for a name that a client chose otherwise. */
export function blockIndexOf(blockId: string): number | undefined {
  const text = Buffer.from(blockId, "base64").toString("latin1");
  const index = Number(text);
  return /^\d{6}$/.test(text) && blockIdOf(index) === blockId ? index : undefined;
}
