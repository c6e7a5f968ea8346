import { badQuery, unsupported } from "./errors.ts";
import { isArray, member, type Value } from "./json.ts";
import { aggregate, aggregateName } from "./sql-aggregates.ts";
import type { Expression } from "./sql-ast.ts";
import { FUNCTIONS } from "./sql-functions.ts";
import {
  and,
  compileBinary,
  compileUnary,
  type Evaluate,
  type Group,
  matchesLike,
  type Scope,
} from "./sql-operators.ts";
import { equalValues } from "./values.ts";

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
