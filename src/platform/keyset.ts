import type { Query } from "./cosmos.ts";
import { sql } from "./cosmos.ts";

export type KeysetPosition = {
  readonly key: string | number | null;
  readonly id: string;
  /** Whether what stands at this very place follows too; where left out it does not. */
  readonly isIncluded?: boolean;
};

/**
 * The condition for what follows a position in the order of a path and then the id, both in one direction. Null comes
 * before every value, and is neither more nor less than one where it is compared.
 */
export function beyond(path: string, isDescending: boolean, position: KeysetPosition): Query {
  const { key, id, isIncluded = false } = position;
  const operator = isDescending ? "<" : ">";
  const idOperator = isIncluded ? `${operator}=` : operator;
  if (key === null) {
    const others = isDescending ? "" : ` OR NOT IS_NULL(${path})`;
    return sql(`((IS_NULL(${path}) AND c.id ${idOperator} @id)${others})`, { id });
  }
  const empty = isDescending ? ` OR IS_NULL(${path})` : "";
  return sql(`(${path} ${operator} @key OR (${path} = @key AND c.id ${idOperator} @id)${empty})`, {
    key,
    id,
  });
}
