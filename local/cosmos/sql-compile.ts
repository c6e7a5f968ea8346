import { badQuery, unsupported } from "./errors.ts";
import { isArray, member, type Value } from "./json.ts";
import { aggregate, aggregateName } from "./sql-aggregates.ts";
import type { BinaryOperator, Expression } from "./sql-ast.ts";
import { FUNCTIONS } from "./sql-functions.ts";
import { equalValues, orderWithinType } from "./values.ts";

/** The values of the query's names, by their slot: the document first, then one for each JOIN. */
export type Scope = readonly Value[];
/** The rows that an aggregate adds up: empty outside of a SELECT that aggregates. */
type Group = readonly Scope[];
export type Evaluate = (scope: Scope, group: Group) => Value;

export type Names = {
  readonly slots: ReadonlyMap<string, number>;
  readonly parameters: ReadonlyMap<string, Value>;
  readonly aggregates: boolean;
};

/** @throws CosmosError 400 for a name that is not bound, 501 for a function outside the subset. */
export function compile(node: Expression, names: Names): Evaluate {
  switch (node.kind) {
    case "literal": {
      const { value } = node;
      return () => value;
    }
    case "parameter":
      return constant(node.name, names);
    case "identifier":
      return slot(node.name, names);
    case "member":
      return compileMember(compile(node.object, names), compile(node.property, names));
    case "unary":
      return compileUnary(node.operator, compile(node.operand, names));
    case "binary":
      return compileBinary(node.operator, compile(node.left, names), compile(node.right, names));
    case "conditional": {
      const [test, then, otherwise] = [
        compile(node.test, names),
        compile(node.then, names),
        compile(node.otherwise, names),
      ];
      return (scope, group) => (test(scope, group) === true ? then : otherwise)(scope, group);
    }
    case "in":
      return compileIn(node, names);
    case "between": {
      const [value, low, high] = [
        compile(node.value, names),
        compile(node.low, names),
        compile(node.high, names),
      ];
      return and(compileBinary(">=", value, low), compileBinary("<=", value, high));
    }
    case "like":
      return compileLike(compile(node.value, names), compile(node.pattern, names));
    case "array": {
      const items = node.items.map((item) => compile(item, names));
      return (scope, group) => items.map((item) => item(scope, group)).filter((item) => item !== undefined);
    }
    case "object": {
      const entries = node.entries.map(([name, item]) => [name, compile(item, names)] as const);
      return (scope, group) => project(entries, scope, group);
    }
    case "call":
      return compileCall(node.name, node.arguments, names);
  }
}

/** An undefined member is left out. */
export function project(
  entries: readonly (readonly [string, Evaluate])[],
  scope: Scope,
  group: Group,
): Value {
  const members: [string, Exclude<Value, undefined>][] = [];
  for (const [name, evaluate] of entries) {
    const value = evaluate(scope, group);
    if (value !== undefined) members.push([name, value]);
  }
  return Object.fromEntries(members);
}

function constant(name: string, names: Names): Evaluate {
  if (!names.parameters.has(name)) {
    throw badQuery("SC2011", `The query uses the parameter '${name}', which was not given.`);
  }
  const value = names.parameters.get(name);
  return () => value;
}

function slot(name: string, names: Names): Evaluate {
  const index = names.slots.get(name);
  if (index === undefined) throw badQuery("SC2001", `Identifier '${name}' could not be resolved.`);
  return (scope) => scope[index];
}

function compileMember(object: Evaluate, property: Evaluate): Evaluate {
  return (scope, group) => {
    const value = object(scope, group);
    const name = property(scope, group);
    if (typeof name === "string") return member(value, name);
    return typeof name === "number" && isArray(value) ? value[name] : undefined;
  };
}

function compileUnary(operator: "NOT" | "-" | "+", operand: Evaluate): Evaluate {
  if (operator === "NOT") {
    return (scope, group) => {
      const value = operand(scope, group);
      return typeof value === "boolean" ? !value : undefined;
    };
  }
  return (scope, group) => {
    const value = operand(scope, group);
    if (typeof value !== "number") return undefined;
    return operator === "-" ? -value : value;
  };
}

/** Three-valued: `false AND undefined` is false, `true AND undefined` is undefined. */
function and(left: Evaluate, right: Evaluate): Evaluate {
  return (scope, group) => {
    const first = left(scope, group);
    if (first === false) return false;
    const second = right(scope, group);
    if (second === false) return false;
    return first === true && second === true ? true : undefined;
  };
}

function or(left: Evaluate, right: Evaluate): Evaluate {
  return (scope, group) => {
    const first = left(scope, group);
    if (first === true) return true;
    const second = right(scope, group);
    if (second === true) return true;
    return first === false && second === false ? false : undefined;
  };
}

function compileBinary(operator: BinaryOperator, left: Evaluate, right: Evaluate): Evaluate {
  switch (operator) {
    case "AND":
      return and(left, right);
    case "OR":
      return or(left, right);
    case "??":
      return coalesce(left, right);
    case "||":
      return (scope, group) => join(left(scope, group), right(scope, group));
    case "=":
    case "!=":
      return equality(left, right, operator === "=");
    case "<":
    case "<=":
    case ">":
    case ">=":
      return comparison(left, right, ACCEPTS[operator]);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return arithmetic(left, right, ARITHMETIC[operator]);
  }
}

/** `??` asks for undefined only: a null on its left stays. */
function coalesce(left: Evaluate, right: Evaluate): Evaluate {
  return (scope, group) => {
    const value = left(scope, group);
    return value === undefined ? right(scope, group) : value;
  };
}

const join = (left: Value, right: Value): Value =>
  typeof left === "string" && typeof right === "string" ? left + right : undefined;

function equality(left: Evaluate, right: Evaluate, wanted: boolean): Evaluate {
  return (scope, group) => {
    const [first, second] = [left(scope, group), right(scope, group)];
    return first === undefined || second === undefined ? undefined : equalValues(first, second) === wanted;
  };
}

const ACCEPTS = {
  "<": (order: number) => order < 0,
  "<=": (order: number) => order <= 0,
  ">": (order: number) => order > 0,
  ">=": (order: number) => order >= 0,
};

function comparison(left: Evaluate, right: Evaluate, accepts: (order: number) => boolean): Evaluate {
  return (scope, group) => {
    const order = orderWithinType(left(scope, group), right(scope, group));
    return order === undefined ? undefined : accepts(order);
  };
}

const ARITHMETIC = {
  "+": (left: number, right: number) => left + right,
  "-": (left: number, right: number) => left - right,
  "*": (left: number, right: number) => left * right,
  "/": (left: number, right: number) => left / right,
  "%": (left: number, right: number) => left % right,
};

function arithmetic(
  left: Evaluate,
  right: Evaluate,
  apply: (left: number, right: number) => number,
): Evaluate {
  return (scope, group) => {
    const [first, second] = [left(scope, group), right(scope, group)];
    if (typeof first !== "number" || typeof second !== "number") return undefined;
    const result = apply(first, second);
    return Number.isFinite(result) ? result : undefined;
  };
}

function compileIn(node: Extract<Expression, { kind: "in" }>, names: Names): Evaluate {
  const needle = compile(node.needle, names);
  const list = node.list.map((item) => compile(item, names));
  return (scope, group) => {
    const value = needle(scope, group);
    if (value === undefined) return undefined;
    return list.some((item) => equalValues(value, item(scope, group)));
  };
}

function compileLike(value: Evaluate, pattern: Evaluate): Evaluate {
  return (scope, group) => {
    const [text, like] = [value(scope, group), pattern(scope, group)];
    if (typeof text !== "string" || typeof like !== "string") return undefined;
    if (/[[\]^]/.test(like)) throw unsupported("LIKE with a set of characters");
    return matchesLike(text, like);
  };
}

/** Linear in practice and never exponential: on a mismatch it goes back to the last `%` only. */
function matchesLike(text: string, like: string): boolean {
  let [at, seen, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    if (like[seen] === "%") {
      star = seen;
      mark = at;
      seen += 1;
    } else if (seen < like.length && (like[seen] === "_" || like[seen] === text[at])) {
      at += 1;
      seen += 1;
    } else if (star >= 0) {
      mark += 1;
      at = mark;
      seen = star + 1;
    } else return false;
  }
  while (like[seen] === "%") seen += 1;
  return seen === like.length;
}

function compileCall(name: string, args: readonly Expression[], names: Names): Evaluate {
  const aggregation = aggregateName(name);
  if (aggregation !== undefined) {
    const [argument] = args;
    if (!names.aggregates || argument === undefined || args.length > 1) {
      throw badQuery("SC2101", `${name} takes one argument and belongs in SELECT.`);
    }
    const evaluate = compile(argument, { ...names, aggregates: false });
    return (_, group) =>
      aggregate(
        aggregation,
        group.map((scope) => evaluate(scope, [])),
      );
  }
  const builtIn = FUNCTIONS.get(name);
  if (builtIn === undefined) throw unsupported(`the function ${name} in queries`);
  if (args.length < builtIn.least || args.length > builtIn.most) {
    throw badQuery("SC2050", `The ${name} function requires ${builtIn.least} argument(s).`);
  }
  const compiled = args.map((arg) => compile(arg, names));
  return (scope, group) => builtIn.apply(compiled.map((arg) => arg(scope, group)));
}
