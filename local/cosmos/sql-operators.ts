import type { Value } from "./json.ts";
import type { BinaryOperator } from "./sql-ast.ts";
import { equalValues, orderWithinType } from "./values.ts";

/** The values of the query's names, by their slot: the document first, then one for each JOIN. */
export type Scope = readonly Value[];
/** The rows that an aggregate adds up: empty outside of a SELECT that aggregates. */
export type Group = readonly Scope[];
export type Evaluate = (scope: Scope, group: Group) => Value;

export function compileUnary(operator: "NOT" | "-" | "+", operand: Evaluate): Evaluate {
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
export function and(left: Evaluate, right: Evaluate): Evaluate {
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

export function compileBinary(operator: BinaryOperator, left: Evaluate, right: Evaluate): Evaluate {
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

/** Linear in practice and never exponential: on a mismatch it goes back to the last `%` only. */
export function matchesLike(text: string, like: string): boolean {
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
