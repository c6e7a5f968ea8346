import type { Comparison, FieldType, Filter, FilterFields, Literal } from "./filter.ts";

/**
 * One meaning in two places: `toSql` for Cosmos DB and `matches` in memory. A field that is missing, null or of another
 * type than declared counts as null, and null equals only null and has no order, so a filter is always true or false
 * and `not` is the exact opposite. SQL alone would have a third value here, and lose rows under NOT.
 */

type SqlParameter = { readonly name: string; readonly value: Literal };
export type SqlCondition = { readonly text: string; readonly parameters: readonly SqlParameter[] };

const TYPE_TEST: Readonly<Record<FieldType, string>> = {
  string: "IS_STRING",
  instant: "IS_STRING",
  integer: "IS_NUMBER",
  boolean: "IS_BOOL",
};

const SQL_OPERATOR: Readonly<Record<Comparison, string>> = {
  eq: "=",
  ne: "!=",
  gt: ">",
  ge: ">=",
  lt: "<",
  le: "<=",
};

type SqlFields = {
  readonly fields: FilterFields;
  /** Where each field is in the document, e.g. `c.title`. Written by us and never by a caller. */
  readonly paths: Readonly<Record<string, string>>;
};

/** The values of a caller are parameters, `@filter0` onwards, and never part of the text. */
export const toSql = (filter: Filter, from: SqlFields): SqlCondition => {
  const parameters: SqlParameter[] = [];
  const bind = (value: Literal): string => {
    const name = `@filter${parameters.length}`;
    parameters.push({ name, value });
    return name;
  };
  const text = sqlText(filter, from, bind);
  return { text, parameters };
};

const sqlText = (filter: Filter, from: SqlFields, bind: (value: Literal) => string): string => {
  switch (filter.kind) {
    case "and":
    case "or":
      return `(${filter.terms.map((term) => sqlText(term, from, bind)).join(` ${filter.kind.toUpperCase()} `)})`;
    case "not":
      return `(NOT ${sqlText(filter.term, from, bind)})`;
    case "contains":
    case "startswith": {
      const { path, isTyped } = sqlField(filter.field, from);
      return `(${isTyped} AND ${filter.kind.toUpperCase()}(${path}, ${bind(filter.text)}))`;
    }
    case "in": {
      const { path, isTyped } = sqlField(filter.field, from);
      const names = filter.values.filter((value) => value !== null).map(bind);
      const listed = names.length === 0 ? [] : [`(${isTyped} AND ${path} IN (${names.join(", ")}))`];
      const missing = filter.values.includes(null) ? [`(NOT ${isTyped})`] : [];
      return `(${[...listed, ...missing].join(" OR ")})`;
    }
    case "compare": {
      const { path, isTyped } = sqlField(filter.field, from);
      if (filter.value === null) return filter.operator === "eq" ? `(NOT ${isTyped})` : `(${isTyped})`;
      if (filter.operator === "ne") return `(NOT (${isTyped} AND ${path} = ${bind(filter.value)}))`;
      return `(${isTyped} AND ${path} ${SQL_OPERATOR[filter.operator]} ${bind(filter.value)})`;
    }
  }
};

const sqlField = (field: string, { fields, paths }: SqlFields) => {
  const path = paths[field];
  const type = fields[field];
  if (path === undefined || type === undefined)
    throw new RangeError(`The field ${field} has no path or type.`);
  return { path, isTyped: `${TYPE_TEST[type]}(${path})` };
};

export type FilterRow = Readonly<Record<string, unknown>>;

export const matches = (filter: Filter, row: FilterRow, fields: FilterFields): boolean => {
  switch (filter.kind) {
    case "and":
      return filter.terms.every((term) => matches(term, row, fields));
    case "or":
      return filter.terms.some((term) => matches(term, row, fields));
    case "not":
      return !matches(filter.term, row, fields);
    case "in":
      return filter.values.includes(fieldValue(row, filter.field, fields));
    case "contains":
    case "startswith": {
      const value = fieldValue(row, filter.field, fields);
      if (typeof value !== "string") return false;
      return filter.kind === "contains" ? value.includes(filter.text) : value.startsWith(filter.text);
    }
    case "compare":
      return compare(fieldValue(row, filter.field, fields), filter.operator, filter.value);
  }
};

const fieldValue = (row: FilterRow, field: string, fields: FilterFields): Literal => {
  const value = row[field];
  const type = fields[field];
  if (type === undefined) throw new RangeError(`The field ${field} is not declared.`);
  switch (type) {
    case "string":
    case "instant":
      return typeof value === "string" ? value : null;
    case "integer":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
  }
};

const compare = (value: Literal, operator: Comparison, wanted: Literal): boolean => {
  if (operator === "eq") return value === wanted;
  if (operator === "ne") return value !== wanted;
  if (value === null || wanted === null) return false;
  switch (operator) {
    case "gt":
      return value > wanted;
    case "ge":
      return value >= wanted;
    case "lt":
      return value < wanted;
    case "le":
      return value <= wanted;
  }
};
