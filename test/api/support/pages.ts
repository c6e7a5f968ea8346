import { expect } from "vitest";
import type * as z from "zod";
import type { TokenRequest } from "../../../local/tokens/claims.ts";
import type { Ask, RunningApi } from "./running-api.ts";
import { type ActivityPage, listSchema, type Row, rowSchema } from "./shapes.ts";

/** More pages than any test has: a list that never ends is a failure and not a test that never ends. */
const PAGES_MAX = 500;

/** Every item of a list, by its `nextLink`s. */
export async function readAll<Item extends z.ZodType>(
  api: RunningApi,
  caller: TokenRequest,
  request: Ask,
  item: Item,
): Promise<z.output<Item>[]> {
  const items: z.output<Item>[] = [];
  let next: Ask | undefined = request;
  for (let pages = 0; next !== undefined; pages += 1) {
    if (pages === PAGES_MAX) throw new Error(`${request.path} has more than ${PAGES_MAX} pages`);
    const answer = await api.ask(caller, next);
    expect(answer.status, answer.text).toBe(200);
    const { value, nextLink } = answer.read(listSchema(item));
    items.push(...value);
    next = nextLink === undefined ? undefined : { path: nextLink };
  }
  return items;
}

/** Every row of an entitlement's grid; each comes once. */
export async function readRows(
  api: RunningApi,
  caller: TokenRequest,
  entitlementPath: string,
  query: Readonly<Record<string, string>> = {},
): Promise<Row[]> {
  const rows = await readAll(api, caller, { path: `${entitlementPath}/rows`, query }, rowSchema);
  expect(new Set(rows.map(({ rowId }) => rowId)).size).toBe(rows.length);
  return rows;
}

export function quantityOf(rows: readonly Row[]): number {
  return rows.reduce((total, { quantity }) => total + quantity, 0);
}

/** Every line of a page, by entitlement. */
export function linesOf({ enterpriseWide, addOn }: ActivityPage) {
  const packages = [...enterpriseWide.packages, ...addOn.agreements.flatMap((each) => each.packages)];
  return new Map(
    packages.flatMap((item) => item.entitlements.map((line) => [line.entitlementId, line] as const)),
  );
}
