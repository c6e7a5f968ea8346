import { InvalidRequestError } from "./errors.ts";

/** `name [asc|desc], …` over the fields that an endpoint declares. Null comes before every value, after the guidelines. */

export type Order<F extends string = string> = { readonly field: F; readonly direction: "asc" | "desc" };

const ORDERS_MAX = 5;

/** @throws InvalidRequestError `InvalidOrderBy`. */
export const parseOrderBy = <const F extends string>(
  text: string,
  fields: readonly F[],
): readonly Order<F>[] => {
  const orders = text.split(",").map((part) => parseOrder(part.trim(), fields));
  const names = orders.map(({ field }) => field);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw orderError(`'${twice}' is given more than once`);
  if (orders.length > ORDERS_MAX) throw orderError(`at most ${ORDERS_MAX} fields`);
  return orders;
};

const parseOrder = <F extends string>(part: string, fields: readonly F[]): Order<F> => {
  const [name, direction = "asc", ...rest] = part.split(/[ \t]+/);
  const field = fields.find((known) => known === name);
  if (field === undefined) throw orderError(`'${part}' is none of the fields ${fields.join(", ")}`);
  if ((direction !== "asc" && direction !== "desc") || rest.length > 0) {
    throw orderError(`after '${field}' may stand asc or desc`);
  }
  return { field, direction };
};

const orderError = (message: string): InvalidRequestError =>
  new InvalidRequestError("InvalidOrderBy", `orderby: ${message}.`, { target: "orderby" });

/** For the paths see `toSql`. The caller adds the id as the last order, so that every row has its own place. */
export const orderBySql = (orders: readonly Order[], paths: Readonly<Record<string, string>>): string =>
  orders
    .map(({ field, direction }) => {
      const path = paths[field];
      if (path === undefined) throw new RangeError(`The field ${field} has no path.`);
      return `${path} ${direction.toUpperCase()}`;
    })
    .join(", ");

type Sortable = string | number | boolean | null | undefined;

const compareValues = (a: Sortable, b: Sortable): number => {
  const left = a ?? null;
  const right = b ?? null;
  if (left === right) return 0;
  if (left === null) return -1;
  if (right === null) return 1;
  return left < right ? -1 : 1;
};

/** For `toSorted` on rows in memory. */
export const byOrder =
  <F extends string>(orders: readonly Order<F>[]) =>
  (a: Readonly<Partial<Record<F, Sortable>>>, b: Readonly<Partial<Record<F, Sortable>>>): number => {
    for (const { field, direction } of orders) {
      const compared = compareValues(a[field], b[field]);
      if (compared !== 0) return direction === "asc" ? compared : -compared;
    }
    return 0;
  };
