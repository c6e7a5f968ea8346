import type { Value } from "./json.ts";
import { childrenOf, type Expression, type Selection } from "./sql-ast.ts";
import { compareValues } from "./values.ts";

export type AggregateName = "COUNT" | "SUM" | "AVG" | "MIN" | "MAX";
type AggregateCall = Extract<Expression, { kind: "call" }>;

const NAMES: ReadonlyMap<string, AggregateName> = new Map(
  (["COUNT", "SUM", "AVG", "MIN", "MAX"] as const).map((name) => [name, name]),
);

export const aggregateName = (name: string): AggregateName | undefined => NAMES.get(name);

export function aggregateCalls(node: Expression): readonly AggregateCall[] {
  if (node.kind === "call" && NAMES.has(node.name)) return [node];
  return childrenOf(node).flatMap(aggregateCalls);
}

export function expressionsOf(selection: Selection): readonly Expression[] {
  if (selection.kind === "star") return [];
  return selection.kind === "value" ? [selection.expression] : selection.items.map((item) => item.expression);
}

export function selectsAggregate(selection: Selection): boolean {
  return expressionsOf(selection).some((expression) => aggregateCalls(expression).length > 0);
}

/** Undefined values do not take part; a sum or an average with anything but numbers is undefined. */
export function aggregate(name: AggregateName, all: readonly Value[]): Value {
  const values = all.filter((value) => value !== undefined);
  switch (name) {
    case "COUNT":
      return values.length;
    case "SUM":
      return sum(values);
    case "AVG": {
      const total = sum(values);
      return total === undefined || values.length === 0 ? undefined : total / values.length;
    }
    case "MIN":
      return values.reduce<Value>(
        (least, value) => (least === undefined || compareValues(value, least) < 0 ? value : least),
        undefined,
      );
    case "MAX":
      return values.reduce<Value>(
        (most, value) => (most === undefined || compareValues(value, most) > 0 ? value : most),
        undefined,
      );
  }
}

function sum(values: readonly Value[]): number | undefined {
  let total = 0;
  for (const value of values) {
    if (typeof value !== "number") return undefined;
    total += value;
  }
  return total;
}
