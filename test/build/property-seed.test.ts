import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { propertySeed } from "../property-seed.ts";

describe("the seed of property tests", () => {
  it("is the same for every run that names none", () => {
    expect(propertySeed(undefined)).toBeTypeOf("number");
    expect(propertySeed("")).toBe(propertySeed(undefined));
  });

  it("is the one that a run names, as a failure prints it", () => {
    expect(propertySeed("42")).toBe(42);
    expect(propertySeed("-2147483648")).toBe(-2_147_483_648);
  });

  it("is drawn by each property where a run asks for that", () => {
    expect(propertySeed("random")).toBeUndefined();
  });

  test.each(["Random", "1.5", "0x10", " 1", "2147483648", "9".repeat(400)])(
    "is not taken from %j, so that no run tries something else than it says",
    (setting) => {
      expect(() => propertySeed(setting)).toThrow('PROPERTY_SEED must be "random" or an integer of 32 bits');
    },
  );

  it("is set in every test file", () => {
    expect(fc.readConfigureGlobal()?.seed).toBe(propertySeed(process.env["PROPERTY_SEED"]));
  });
});
