import { isArray, isObject, type Value } from "./json.ts";

/**
 * How the query language orders and compares values. Order across types is total (undefined, null, boolean, number,
 * string, array, object) and used by ORDER BY only; the operators `<` and `>` compare within one type.
 */
export function typeRank(value: Value): number {
  if (value === undefined) return 0;
  if (value === null) return 1;
  if (typeof value === "boolean") return 2;
  if (typeof value === "number") return 3;
  if (typeof value === "string") return 4;
  return isArray(value) ? 5 : 6;
}

export const isScalar = (value: Value): boolean => {
  const rank = typeRank(value);
  return rank >= 1 && rank <= 4;
};

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

export function compareValues(left: Value, right: Value): number {
  if (typeof left === "string" && typeof right === "string") return compareText(left, right);
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  const ranks = typeRank(left) - typeRank(right);
  if (ranks !== 0 || left === undefined || left === null) return ranks;
  return compareText(JSON.stringify(left), JSON.stringify(right));
}

/** `partial`: the object on the right may leave members of the left one out. */
export function equalValues(left: Value, right: Value, partial = false): boolean {
  if (isArray(left) && isArray(right)) {
    return left.length === right.length && left.every((item, i) => equalValues(item, right[i], partial));
  }
  if (isObject(left) && isObject(right)) {
    const names = Object.keys(right);
    if (!partial && names.length !== Object.keys(left).length) return false;
    return names.every((name) => Object.hasOwn(left, name) && equalValues(left[name], right[name], partial));
  }
  return left === right;
}

/** `undefined` when the two are of different types, or of one that has no order. */
export function orderWithinType(left: Value, right: Value): number | undefined {
  const rank = typeRank(left);
  if (rank !== typeRank(right) || rank < 1 || rank > 4) return undefined;
  return compareValues(left, right);
}
