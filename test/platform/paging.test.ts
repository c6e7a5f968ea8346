import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { finishPage, linkPage, type PageScope, startPage } from "../../src/platform/paging.ts";

const KEY = new Uint8Array(32).fill(7);
const NOW = new Date("2026-11-20T12:00:00Z");
const position = z.object({ id: z.int() });

const scopeOf = (href: string, changes: Partial<PageScope> = {}): PageScope => ({
  name: "listThings",
  url: new URL(href),
  key: KEY,
  now: NOW,
  ...changes,
});

const readQuery = ({ url }: PageScope) => {
  const topText = url.searchParams.get("top");
  return {
    maxpagesize: Number(url.searchParams.get("maxpagesize") ?? 2),
    ...(topText === null ? {} : { top: Number(topText) }),
    cursor: url.searchParams.get("cursor") ?? undefined,
  };
};

const readPage = (scope: PageScope, total: number) => {
  const page = startPage(scope, readQuery(scope), position);
  const from = (page.after?.id ?? 0) + 1;
  const rows = Array.from({ length: Math.max(0, total - from + 1) }, (_, index) => ({ id: from + index }));
  return finishPage(scope, page, rows.slice(0, page.limit + 1), ({ id }) => ({ id }));
};

const LIST = "https://api.example/api/customers/contoso/things?api-version=2026-11-01&filter=a%20eq%201";

test("following nextLink gives every row once, in order, up to `top`, and the last page has no link", () => {
  const arbitrary = fc.tuple(
    fc.nat(20),
    fc.integer({ min: 1, max: 7 }),
    fc.option(fc.integer({ min: 1, max: 25 })),
  );
  fc.assert(
    fc.property(arbitrary, ([total, pageSize, top]) => {
      const wanted = Math.min(total, top ?? total);
      let next: string | undefined = `${LIST}&maxpagesize=${pageSize}${top === null ? "" : `&top=${top}`}`;
      const seen: number[] = [];
      let pages = 0;
      while (next !== undefined) {
        const { value, nextLink } = readPage(scopeOf(next), total);
        expect(value.length).toBeLessThanOrEqual(pageSize);
        seen.push(...value.map(({ id }) => id));
        next = nextLink;
        pages += 1;
      }
      expect(seen).toEqual(Array.from({ length: wanted }, (_, index) => index + 1));
      expect(pages).toBe(Math.max(1, Math.ceil(wanted / pageSize)));
    }),
  );
});

describe("a cursor", () => {
  const link = new URL(readPage(scopeOf(LIST), 9).nextLink ?? "");

  test("comes in an absolute link with every parameter of the request", () => {
    expect(link.origin).toBe("https://api.example");
    expect(link.searchParams.get("filter")).toBe("a eq 1");
    expect(link.searchParams.get("api-version")).toBe("2026-11-01");
  });

  test("is the same for the same page until the next full hour, and then holds for a day", () => {
    const linkAt = (now: string) => readPage(scopeOf(LIST, { now: new Date(now) }), 9).nextLink ?? "";
    const early = linkAt("2026-11-20T12:00:00.001Z");
    expect(linkAt("2026-11-20T13:00:00.000Z")).toBe(early);
    expect(linkAt("2026-11-20T13:00:00.001Z")).not.toBe(early);
    const later = scopeOf(early, { now: new Date("2026-11-21T12:59:59.999Z") });
    expect(readPage(later, 9).value).toHaveLength(2);
  });

  test("goes with another page size and parameters in another order", () => {
    const search = new URLSearchParams([...link.searchParams].toReversed());
    search.set("maxpagesize", "5");
    expect(readPage(scopeOf(`${link.origin}${link.pathname}?${search.toString()}`), 9).value).toHaveLength(5);
  });

  test.each<readonly [string, (url: URL) => PageScope]>([
    [
      "another filter",
      (url) => {
        url.searchParams.set("filter", "a eq 2");
        return scopeOf(url.href);
      },
    ],
    [
      "no filter",
      (url) => {
        url.searchParams.delete("filter");
        return scopeOf(url.href);
      },
    ],
    ["another customer", (url) => scopeOf(url.href.replace("contoso", "fabrikam"))],
    ["another list", (url) => scopeOf(url.href, { name: "listOthers" })],
    ["another key", (url) => scopeOf(url.href, { key: new Uint8Array(32) })],
    ["another day", (url) => scopeOf(url.href, { now: new Date("2026-11-21T12:00:00Z") })],
  ])("does not go with %s, and says to start again", (_what, change) => {
    expect(() => readPage(change(new URL(link)), 9)).toThrow(/The cursor .*: start again without it/);
  });
});

describe("a page that ends with what is not shown", () => {
  const scope = scopeOf("https://api.example/things?api-version=2026-11-20&maxpagesize=2");
  const places = z.object({ key: z.string(), id: z.string() });
  const page = startPage(scope, readQuery(scope), places);
  const linkTo = (key: string) =>
    new URL(linkPage(scope, page, [], { place: { key, id: "1" }, isShown: false }).nextLink ?? "");
  const textOf = (link: URL): string =>
    (link.searchParams.get("cursor") ?? "")
      .split(".")
      .map((part) => Buffer.from(part, "base64url").toString("latin1"))
      .join("\n");

  test("goes on there, and tells nobody where that is, nor how long its text is", () => {
    const link = linkTo("Secret title");
    expect(startPage(scope, readQuery(scopeOf(link.href)), places).after).toEqual({
      key: "Secret title",
      id: "1",
    });
    expect(textOf(link)).not.toContain("Secret");
    const concealed = /"concealed":"([^"]+)"/.exec(textOf(link))?.[1] ?? "";
    expect(Buffer.from(concealed, "base64url").toString("latin1")).not.toContain("Secret");
    expect(textOf(link)).toHaveLength(textOf(linkTo("S")).length);
    expect(linkTo("Secret title").href).toBe(link.href);
  });

  test("tells where a row is that is shown, as ever", () => {
    const { nextLink } = linkPage(scope, page, [1], { place: { key: "Title", id: "1" }, isShown: true });
    expect(textOf(new URL(nextLink ?? ""))).toContain("Title");
  });

  test.each(["", "AAAA", "A".repeat(800)])(
    "does not go on from a place that was made up: %s",
    (concealed) => {
      const shown = linkPage(scope, page, [1], { place: { concealed }, isShown: true });
      expect(() => startPage(scope, readQuery(scopeOf(shown.nextLink ?? "")), places)).toThrow(/start again/);
    },
  );
});
