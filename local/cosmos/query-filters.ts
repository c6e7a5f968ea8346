import type { Json, Value } from "./json.ts";
import type { Bounds, Condition } from "./slice.ts";
import { type Expression, pathFrom } from "./sql-ast.ts";
import { compareValues, isScalar } from "./values.ts";

/**
 * What a filter demands of every match, found by reading it and not by running it. It only narrows where to look: each
 * candidate is still put to the whole filter, so whatever is not recognised here costs time and never an answer.
 */
export type Demands = {
  /** The ids that can match at all, when the filter names them. */
  readonly ids: readonly string[] | undefined;
  readonly equalities: readonly Condition[];
  /** One of these, each with the equalities. */
  readonly oneOf: readonly Condition[] | undefined;
};

type Parameters = ReadonlyMap<string, Value>;
type Choice = { readonly path: readonly string[]; readonly values: readonly Json[] };
type Bound = { readonly path: readonly string[]; readonly operator: string; readonly value: Json };

/** More alternatives than this are not worth a slice each. */
const MAX_ALTERNATIVES = 16;

export function demandsOf(where: Expression | undefined, root: string, parameters: Parameters): Demands {
  const choices = conjuncts(where).flatMap((node) => choiceOf(node, root, parameters) ?? []);
  const isId = ({ path }: Choice) => path.length === 1 && path[0] === "id";
  const ids = choices.find(isId)?.values.filter((value) => typeof value === "string");
  const others = choices.filter((choice) => !isId(choice));
  const equalities = others.flatMap(({ path, values }) => {
    const [value] = values;
    return values.length === 1 && value !== undefined ? [{ path, value }] : [];
  });
  const several = others.find(({ values }) => values.length > 1 && values.length <= MAX_ALTERNATIVES);
  const oneOf = several?.values.map((value) => ({ path: several.path, value }));
  return { ids: ids === undefined ? undefined : [...new Set(ids)], equalities: unique(equalities), oneOf };
}

/** Between which values the path of every match lies; both ends are inclusive, so they may be too wide. */
export function boundsOf(
  node: Expression | undefined,
  root: string,
  path: readonly string[],
  parameters: Parameters,
): Bounds {
  if (node === undefined) return {};
  if (node.kind === "binary" && node.operator === "AND") {
    return both(boundsOf(node.left, root, path, parameters), boundsOf(node.right, root, path, parameters));
  }
  if (node.kind === "binary" && node.operator === "OR") {
    return either(boundsOf(node.left, root, path, parameters), boundsOf(node.right, root, path, parameters));
  }
  if (node.kind === "between") {
    return isPath(node.value, root, path)
      ? bounds(constantOf(node.low, parameters), constantOf(node.high, parameters))
      : {};
  }
  const bound = boundOf(node, root, parameters);
  if (bound === undefined || JSON.stringify(bound.path) !== JSON.stringify(path)) return {};
  if (bound.operator === "=") return { lower: bound.value, upper: bound.value };
  return bound.operator.startsWith(">") ? { lower: bound.value } : { upper: bound.value };
}

function conjuncts(node: Expression | undefined): readonly Expression[] {
  if (node === undefined) return [];
  if (node.kind !== "binary" || node.operator !== "AND") return [node];
  return [...conjuncts(node.left), ...conjuncts(node.right)];
}

function choiceOf(node: Expression, root: string, parameters: Parameters): Choice | undefined {
  if (node.kind === "in") {
    const path = pathFrom(root, node.needle);
    const values = node.list.map((item) => constantOf(item, parameters));
    if (path === undefined || path.length === 0) return undefined;
    const scalars = values.filter((value) => value !== undefined);
    return scalars.length === values.length ? { path, values: [...new Set(scalars)] } : undefined;
  }
  const bound = boundOf(node, root, parameters);
  return bound?.operator === "=" ? { path: bound.path, values: [bound.value] } : undefined;
}

const FLIPPED: Readonly<Record<string, string>> = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

function boundOf(node: Expression, root: string, parameters: Parameters): Bound | undefined {
  if (node.kind !== "binary") return undefined;
  const flipped = FLIPPED[node.operator];
  if (flipped === undefined) return undefined;
  const left = pathFrom(root, node.left);
  const operator = left === undefined ? flipped : node.operator;
  const path = left ?? pathFrom(root, node.right);
  const value = constantOf(left === undefined ? node.left : node.right, parameters);
  return path === undefined || path.length === 0 || value === undefined
    ? undefined
    : { path, operator, value };
}

/** A scalar that does not depend on the document. */
function constantOf(node: Expression, parameters: Parameters): Json | undefined {
  if (node.kind === "unary" && node.operator === "-") {
    const value = constantOf(node.operand, parameters);
    return typeof value === "number" ? -value : undefined;
  }
  const value =
    node.kind === "literal" ? node.value : node.kind === "parameter" ? parameters.get(node.name) : undefined;
  return isScalar(value) ? value : undefined;
}

function isPath(node: Expression, root: string, path: readonly string[]): boolean {
  return JSON.stringify(pathFrom(root, node)) === JSON.stringify(path);
}

function bounds(lower: Json | undefined, upper: Json | undefined): Bounds {
  return { ...(lower === undefined ? {} : { lower }), ...(upper === undefined ? {} : { upper }) };
}

function both(left: Bounds, right: Bounds): Bounds {
  return bounds(
    furthest(left.lower, right.lower, 1) ?? left.lower ?? right.lower,
    furthest(left.upper, right.upper, -1) ?? left.upper ?? right.upper,
  );
}

function either(left: Bounds, right: Bounds): Bounds {
  return bounds(furthest(left.lower, right.lower, -1), furthest(left.upper, right.upper, 1));
}

/** The greater of two for sign 1, the lesser for -1; undefined unless there are two. */
function furthest(left: Json | undefined, right: Json | undefined, sign: 1 | -1): Json | undefined {
  if (left === undefined || right === undefined) return undefined;
  return sign * compareValues(left, right) >= 0 ? left : right;
}

function unique(conditions: readonly Condition[]): readonly Condition[] {
  const byText = new Map(conditions.map((condition) => [JSON.stringify(condition), condition]));
  return [...byText.keys()].sort().flatMap((text) => byText.get(text) ?? []);
}
