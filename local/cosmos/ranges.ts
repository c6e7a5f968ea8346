/**
 * Physical partitions: how many there are is a setting, and which one a key belongs to is by a hash of this stand-in's
 * own, not the service's. A client that computes ranges itself (bulk does) is therefore taken at its operations' keys.
 */
export type KeyRange = {
  readonly id: string;
  readonly minInclusive: string;
  readonly maxExclusive: string;
};

export const MAX_RANGES = 32;

export function keyRanges(count: number): readonly KeyRange[] {
  return Array.from({ length: count }, (_, i) => ({
    id: String(i),
    minInclusive: boundary(i, count),
    maxExclusive: boundary(i + 1, count),
  }));
}

function boundary(index: number, count: number): string {
  if (index === 0) return "";
  if (index === count) return "FF";
  const highByte = Math.floor((index * 0xff) / count);
  return highByte.toString(16).toUpperCase().padStart(2, "0") + "0".repeat(30);
}

/** FNV-1a. */
export function rangeOfKey(keyText: string, count: number): number {
  let hash = 2166136261;
  for (let i = 0; i < keyText.length; i += 1) {
    hash = Math.imul(hash ^ keyText.charCodeAt(i), 16777619);
  }
  return (hash >>> 0) % count;
}
