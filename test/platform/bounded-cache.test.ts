import { expect, test } from "vitest";
import { boundedCache } from "../../src/platform/bounded-cache.ts";

test("a bounded cache keeps as many entries as it may, and forgets what was not used for longest", () => {
  const cache = boundedCache<string, number>(3);
  for (const [index, key] of ["a", "b", "c"].entries()) cache.set(key, index);
  expect(cache.get("a")).toBe(0);
  cache.set("d", 3);
  expect([...cache.keys()].toSorted()).toEqual(["a", "c", "d"]);
  for (let index = 0; index < 1_000; index++) cache.set(`${index}`, index);
  expect([...cache.keys()].toSorted()).toEqual(["997", "998", "999"]);
});
