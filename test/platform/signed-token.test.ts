import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { open, seal } from "../../src/platform/signed-token.ts";

const KEY = new Uint8Array(32).fill(7);
const NOW = new Date("2026-11-20T12:00:00Z");
const schema = z.object({ id: z.string() });

test("what was sealed opens with the same key and purpose, and says the same", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (id) => {
      const opened = open(seal({ id }, "receipt", KEY), "receipt", KEY, NOW, schema);
      expect(opened).toEqual({ kind: "valid", payload: { id } });
    }),
  );
});

test("a change of any one character is found out", () => {
  const token = seal({ id: "e1" }, "receipt", KEY);
  for (let at = 0; at < token.length; at += 1) {
    const changed = `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
    expect(open(changed, "receipt", KEY, NOW, schema).kind).toBe("invalid");
  }
});

describe("a sealed text is not believed", () => {
  const token = seal({ id: "e1" }, "receipt", KEY);
  test.each([
    ["for another purpose", token, "cursor", KEY],
    ["with another key", token, "receipt", new Uint8Array(32).fill(8)],
    ["without its signature", token.slice(0, token.lastIndexOf(".") + 1), "receipt", KEY],
    ["with something behind it", `${token}.x`, "receipt", KEY],
    ["with padding", `${token}=`, "receipt", KEY],
    ["of another version", `v2${token.slice(2)}`, "receipt", KEY],
    ["when it is empty", "", "receipt", KEY],
    ["when it is huge", `${token}${"a".repeat(3_000)}`, "receipt", KEY],
  ])("%s", (_what, text, purpose, key) => {
    expect(open(text, purpose, key, NOW, schema)).toEqual({ kind: "invalid" });
  });

  test("when it holds something else than is wanted", () => {
    expect(open(seal({ id: 1 }, "receipt", KEY), "receipt", KEY, NOW, schema)).toEqual({ kind: "invalid" });
  });
});

test("it holds until just before it expires", () => {
  const token = seal({ id: "e1" }, "link", KEY, { expiresAt: NOW });
  expect(open(token, "link", KEY, new Date(NOW.getTime() - 1), schema).kind).toBe("valid");
  expect(open(token, "link", KEY, NOW, schema)).toEqual({ kind: "expired" });
});

test("a weak key and a text too long to be opened again are refused at once", () => {
  expect(() => seal({}, "link", new Uint8Array(31))).toThrow(RangeError);
  expect(() => seal("x".repeat(2_000), "link", KEY)).toThrow(RangeError);
});
