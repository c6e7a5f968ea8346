import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidRequestError } from "../../src/platform/errors.ts";
import { type Filter, type FilterFields, parseFilter } from "../../src/platform/filter.ts";
import { matches, type SqlCondition, toSql } from "../../src/platform/filter-evaluation.ts";
import { byOrder, orderBySql, parseOrderBy } from "../../src/platform/orderby.ts";

const fields: FilterFields = { title: "string", minutes: "integer", closed: "boolean", openedAt: "instant" };
const paths = { title: "c.title", minutes: "c.minutes", closed: "c.closed", openedAt: "c.openedAt" };
type Row = Readonly<Record<string, unknown>>;

/** An evaluator of just the SQL that `toSql` writes, with the three values of SQL: undefined is neither true nor false. */
type Truth = boolean | undefined;

const evaluateSql = ({ text, parameters }: SqlCondition, row: Row): boolean => {
  const tokens = text.match(/@\w+|c\.\w+|\w+|!=|<=|>=|[=<>(),]/g) ?? [];
  let at = 0;
  const next = (): string => {
    at += 1;
    return tokens[at - 1] ?? "";
  };
  const value = (token: string): unknown =>
    token.startsWith("@") ? parameters.find(({ name }) => name === token)?.value : row[token.slice(2)];

  const call = (name: string): Truth => {
    next();
    const first = value(next());
    const second = next() === "," ? value(next()) : undefined;
    if (second !== undefined) next();
    if (name === "IS_STRING") return typeof first === "string";
    if (name === "IS_NUMBER") return typeof first === "number";
    if (name === "IS_BOOL") return typeof first === "boolean";
    if (typeof first !== "string" || typeof second !== "string") return undefined;
    return name === "CONTAINS" ? first.includes(second) : first.startsWith(second);
  };

  const comparison = (left: unknown): Truth => {
    const operator = next();
    if (operator === "IN") {
      const values: unknown[] = [];
      while (next() !== ")") values.push(value(next()));
      return values.includes(left);
    }
    const right = value(next());
    if (left === undefined || right === undefined || typeof left !== typeof right) return undefined;
    if (operator === "=") return left === right;
    const [a, b] = [left as string | number, right as string | number];
    return operator === ">" ? a > b : operator === ">=" ? a >= b : operator === "<" ? a < b : a <= b;
  };

  const factor = (): Truth => {
    const token = next();
    if (token === "NOT") {
      const inner = factor();
      return inner === undefined ? undefined : !inner;
    }
    if (token !== "(") return token.startsWith("c.") ? comparison(value(token)) : call(token);
    let result = factor();
    for (let token2 = next(); token2 !== ")"; token2 = next()) {
      const right = factor();
      const decisive = token2 === "OR";
      if (result === decisive || right === decisive) result = decisive;
      else if (result === undefined || right === undefined) result = undefined;
    }
    return result;
  };
  return factor() === true;
};

/** The meaning once more, over the text as a client writes it, with every node in parentheses. */
type Drawn = { readonly text: string; readonly holds: (row: Row) => boolean };

const typed = (row: Row, field: string): unknown => {
  const wanted = { title: "string", minutes: "number", closed: "boolean", openedAt: "string" }[field];
  const value = row[field];
  return typeof value === wanted ? value : null;
};

const instants = ["2026-01-01T00:00:00.000Z", "2026-06-01T12:30:00.000Z", "2026-12-31T23:59:59.999Z"];
const texts = ["", "a", "ab", "it's", "b' or 'x", "@filter0"];
const literal: Readonly<Record<string, fc.Arbitrary<string | number | boolean>>> = {
  title: fc.constantFrom(...texts),
  minutes: fc.integer({ min: -2, max: 2 }),
  closed: fc.boolean(),
  openedAt: fc.constantFrom(...instants),
};
const written = (field: string, value: string | number | boolean | null): string =>
  field === "title" && value !== null ? `'${String(value).replaceAll("'", "''")}'` : String(value);

const compareDrawn = (field: string): fc.Arbitrary<Drawn> => {
  const operators = field === "closed" ? ["eq", "ne"] : ["eq", "ne", "gt", "ge", "lt", "le"];
  return fc
    .tuple(fc.constantFrom(...operators), fc.option(literal[field] ?? fc.constant("")))
    .filter(([operator, value]) => value !== null || operator === "eq" || operator === "ne")
    .map(([operator, wanted]) => ({
      text: `${field} ${operator} ${written(field, wanted)}`,
      holds: (row: Row) => {
        const value = typed(row, field) as string | number | null;
        if (operator === "eq") return value === wanted;
        if (operator === "ne") return value !== wanted;
        if (value === null || wanted === null) return false;
        const isEqual = value === wanted;
        if (isEqual) return operator === "ge" || operator === "le";
        return value > (wanted as string | number) === operator.startsWith("g");
      },
    }));
};

const inDrawn = (field: string): fc.Arbitrary<Drawn> =>
  fc.array(fc.option(literal[field] ?? fc.constant("")), { minLength: 1, maxLength: 3 }).map((values) => ({
    text: `${field} in (${values.map((value) => written(field, value)).join(", ")})`,
    holds: (row: Row) => values.some((value) => value === typed(row, field)),
  }));

const textDrawn: fc.Arbitrary<Drawn> = fc
  .tuple(fc.constantFrom("contains", "startswith"), fc.constantFrom(...texts))
  .map(([name, part]) => ({
    text: `${name}(title, ${written("title", part)})`,
    holds: (row: Row) => {
      const at = typeof row["title"] === "string" ? row["title"].indexOf(part) : -1;
      return name === "contains" ? at >= 0 : at === 0;
    },
  }));

const fieldNames = Object.keys(fields);
const { filter: anyFilter } = fc.letrec<{ filter: Drawn }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.oneof(...fieldNames.map(compareDrawn), ...fieldNames.map(inDrawn), textDrawn),
    fc.tuple(tie("filter"), tie("filter")).map(([a, b]) => ({
      text: `(${a.text}) and (${b.text})`,
      holds: (row: Row) => a.holds(row) && b.holds(row),
    })),
    fc.tuple(tie("filter"), tie("filter")).map(([a, b]) => ({
      text: `(${a.text}) or (${b.text})`,
      holds: (row: Row) => a.holds(row) || b.holds(row),
    })),
    tie("filter").map((a) => ({ text: `not (${a.text})`, holds: (row: Row) => !a.holds(row) })),
  ),
}));

/** Fields are missing, null or of another type now and then: documents are older than today's rules. */
const anyRow: fc.Arbitrary<Row> = fc
  .tuple(
    ...fieldNames.map((name) =>
      fc.oneof(
        { arbitrary: literal[name] ?? fc.constant(""), weight: 4 },
        fc.constantFrom(undefined, null, 1, "1", true),
      ),
    ),
  )
  .map((values) => Object.fromEntries(fieldNames.map((name, index) => [name, values[index]])));

test("in memory and in SQL a filter means the same, which is what it says", () => {
  fc.assert(
    fc.property(anyFilter, fc.array(anyRow, { minLength: 1, maxLength: 5 }), ({ text, holds }, rows) => {
      const filter = parseFilter(text, fields);
      const condition = toSql(filter, { fields, paths });
      for (const row of rows) {
        expect(matches(filter, row, fields)).toBe(holds(row));
        expect(evaluateSql(condition, row)).toBe(holds(row));
      }
    }),
    { numRuns: 1_000 },
  );
});

test("no text parses to anything but a filter or an error with a position, and none takes long", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 1_100, unit: "binary" }), (text) => {
      try {
        parseFilter(text, fields);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidRequestError);
      }
    }),
    { numRuns: 2_000 },
  );
});

describe("a filter", () => {
  const parse = (text: string): Filter => parseFilter(text, fields);

  test("binds `not` before `and`, and `and` before `or`", () => {
    expect(parse("not closed eq true and minutes gt 1 or title eq 'x'")).toEqual({
      kind: "or",
      terms: [
        {
          kind: "and",
          terms: [
            { kind: "not", term: { kind: "compare", field: "closed", operator: "eq", value: true } },
            { kind: "compare", field: "minutes", operator: "gt", value: 1 },
          ],
        },
        { kind: "compare", field: "title", operator: "eq", value: "x" },
      ],
    });
  });

  test("reads a time of any offset as the same instant in UTC", () => {
    expect(parse("openedAt ge 2026-11-20T13:00:00+01:00")).toMatchObject({
      value: "2026-11-20T12:00:00.000Z",
    });
  });

  test("never puts a caller's value into the SQL text", () => {
    const condition = toSql(parse("title eq ''' OR 1=1 --' and minutes in (1, 2)"), { fields, paths });
    expect(condition.text).toBe(
      "((IS_STRING(c.title) AND c.title = @filter0) AND ((IS_NUMBER(c.minutes) AND c.minutes IN (@filter1, @filter2))))",
    );
    expect(condition.parameters.map(({ value }) => value)).toEqual(["' OR 1=1 --", 1, 2]);
  });

  test.each([
    ["", "position 1: expected a field (title, minutes, closed, openedAt), found the end"],
    ["titel eq 'a'", "position 1: expected a field (title, minutes, closed, openedAt), found 'titel'"],
    ["toString eq 'a'", "position 1: expected a field"],
    ["title eq", "position 9: expected a text in single quotes or null, found the end"],
    ["title eq 5", "position 10: expected a text in single quotes or null, found '5'"],
    ["title eq 'a", "position 10: this text has no closing quote"],
    ["title = 'a'", "position 7: '=' has no meaning here"],
    ["title has 'a'", "position 7: expected eq, ne, gt, ge, lt, le or in, found 'has'"],
    ["title EQ 'a'", "position 7: expected eq, ne, gt, ge, lt, le or in, found 'EQ'"],
    ["minutes eq 1.5", "position 12: expected a whole number or a date-time"],
    ["minutes eq 9007199254740993", "position 12: expected a whole number or null"],
    ["minutes gt null", "position 9: null has no order"],
    ["closed gt true", "position 8: closed is true or false"],
    ["openedAt eq 2026-02-30T00:00:00Z", "position 13: '2026-02-30T00:00:00Z' is no date-time"],
    ["openedAt lt 9999-12-31T23:59:59-12:00", "position 13: '9999-12-31T23:59:59-12:00' is no date-time of"],
    ["openedAt lt 0001-01-01T00:00:00Z", "position 13: '0001-01-01T00:00:00Z' is no date-time of"],
    ["openedAt eq 2026-02-01", "position 13: expected a whole number or a date-time"],
    ["(title eq 'a'", "position 14: expected ')', found the end"],
    ["title eq 'a' title", "position 14: expected 'and', 'or' or the end, found 'title'"],
    ["contains(minutes, 'a')", "position 10: contains needs a field of text, and minutes is integer"],
    ["endswith(title, 'a')", "position 1: expected contains or startswith, found 'endswith'"],
    ["minutes in ()", "position 13: expected a whole number or null, found ')'"],
  ])("that is wrong is told where and why: %s", (text, message) => {
    expect(() => parse(text)).toThrow(`filter, ${message}`);
  });

  test("has limits on its length, depth and terms", () => {
    expect(() => parse(`title eq '${"a".repeat(1_000)}'`)).toThrow("at most 1000 characters");
    expect(() => parse(`${"(".repeat(11)}closed eq true${")".repeat(11)}`)).toThrow("nested deeper than 10");
    expect(() => parse(`${"not ".repeat(11)}closed eq true`)).toThrow("nested deeper than 10");
    expect(() => parse(Array(51).fill("minutes eq 1").join(" or "))).toThrow("more than 50 terms");
    expect(() => parse(`minutes in (${Array(51).fill("1").join(",")})`)).toThrow("at most 50 terms");
    expect(parse(Array(50).fill("minutes eq 1").join(" or "))).toMatchObject({ kind: "or" });
  });
});

describe("an order", () => {
  const sortable = ["title", "minutes"] as const;

  test("is ascending unless it says otherwise, with null before every value", () => {
    const orders = parseOrderBy("minutes desc, title", sortable);
    const rows = [
      { title: "b", minutes: 1 },
      { title: "a", minutes: 1 },
      { title: "c" },
      { title: null, minutes: 2 },
    ];
    expect(rows.toSorted(byOrder(orders)).map(({ title }) => title)).toEqual([null, "a", "b", "c"]);
    expect(orderBySql(orders, paths)).toBe("c.minutes DESC, c.title ASC");
  });

  test.each(["", "x", "title down", "title asc desc", "title,title", "title,,minutes", "$title"])(
    "that is wrong is refused: '%s'",
    (text) => {
      expect(() => parseOrderBy(text, sortable)).toThrow(InvalidRequestError);
    },
  );
});
