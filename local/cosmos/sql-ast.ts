import type { Value } from "./json.ts";

/** Where a node stands in the query's text: the query plan is built from pieces of that text. */
export type Span = { readonly start: number; readonly end: number };

export type BinaryOperator =
  | "AND"
  | "OR"
  | "??"
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "||"
  | "+"
  | "-"
  | "*"
  | "/"
  | "%";

export type Expression = Span &
  (
    | { readonly kind: "literal"; readonly value: Value }
    | { readonly kind: "parameter"; readonly name: string }
    | { readonly kind: "identifier"; readonly name: string }
    | { readonly kind: "member"; readonly object: Expression; readonly property: Expression }
    | { readonly kind: "unary"; readonly operator: "NOT" | "-" | "+"; readonly operand: Expression }
    | {
        readonly kind: "binary";
        readonly operator: BinaryOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | {
        readonly kind: "conditional";
        readonly test: Expression;
        readonly then: Expression;
        readonly otherwise: Expression;
      }
    | { readonly kind: "in"; readonly needle: Expression; readonly list: readonly Expression[] }
    | {
        readonly kind: "between";
        readonly value: Expression;
        readonly low: Expression;
        readonly high: Expression;
      }
    | { readonly kind: "like"; readonly value: Expression; readonly pattern: Expression }
    | { readonly kind: "array"; readonly items: readonly Expression[] }
    | { readonly kind: "object"; readonly entries: readonly (readonly [string, Expression])[] }
    | { readonly kind: "call"; readonly name: string; readonly arguments: readonly Expression[] }
  );

export type Selection =
  | { readonly kind: "star" }
  | { readonly kind: "value"; readonly expression: Expression }
  | {
      readonly kind: "list";
      readonly items: readonly { readonly expression: Expression; readonly alias: string | undefined }[];
    };

export type OrderItem = { readonly expression: Expression; readonly descending: boolean };
export type Join = { readonly alias: string; readonly array: Expression };

export type Query = {
  readonly text: string;
  readonly distinct: boolean;
  readonly top: Expression | undefined;
  readonly select: Selection;
  readonly selectSpan: Span;
  /** The name by which the query calls the document. */
  readonly root: string;
  readonly joins: readonly Join[];
  /** From the word FROM up to what follows the last source. */
  readonly fromSpan: Span;
  readonly where: Expression | undefined;
  readonly groupBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly page: { readonly offset: Expression; readonly limit: Expression } | undefined;
};

export function childrenOf(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case "literal":
    case "parameter":
    case "identifier":
      return [];
    case "member":
      return [node.object, node.property];
    case "unary":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "conditional":
      return [node.test, node.then, node.otherwise];
    case "in":
      return [node.needle, ...node.list];
    case "between":
      return [node.value, node.low, node.high];
    case "like":
      return [node.value, node.pattern];
    case "array":
      return node.items;
    case "object":
      return node.entries.map(([, expression]) => expression);
    case "call":
      return node.arguments;
  }
}

/** The property names of `c.a["b"]`, or undefined when the expression is not a plain path from `root`. */
export function pathFrom(root: string, node: Expression): readonly string[] | undefined {
  if (node.kind === "identifier") return node.name === root ? [] : undefined;
  if (node.kind !== "member" || node.property.kind !== "literal") return undefined;
  const before = pathFrom(root, node.object);
  const name = node.property.value;
  return before !== undefined && typeof name === "string" ? [...before, name] : undefined;
}
