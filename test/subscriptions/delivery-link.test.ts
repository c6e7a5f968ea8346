import { describe, expect, it } from "vitest";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { seal } from "../../src/platform/signed-token.ts";
import {
  DELIVERY_TOKEN,
  deliveryAddress,
  deliveryFileAddress,
  deliveryToken,
  openDeliveryToken,
} from "../../src/subscriptions/delivery-link.ts";

const KEY = new Uint8Array(32).fill(7);
const DELIVERY = { customerId: customerIdSchema.parse("cust-a"), deliveryId: "Zk3v-0_a" };
const EXPIRES_AT = new Date("2026-11-27T10:00:00.000Z");
const BEFORE = new Date(EXPIRES_AT.getTime() - 1);
const BASE = new URL("https://api.example/some/where?else=1");

const token = deliveryToken(KEY, DELIVERY, EXPIRES_AT);

describe("the token of a delivery", () => {
  it("names the delivery until it expires, and not from then on", () => {
    expect(openDeliveryToken(KEY, token, BEFORE)).toEqual({ kind: "valid", payload: DELIVERY });
    expect(openDeliveryToken(KEY, token, EXPIRES_AT)).toEqual({ kind: "expired" });
  });

  it("does not open when any one character of it is another", () => {
    for (let at = 0; at < token.length; at += 1) {
      const changed = `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
      expect(openDeliveryToken(KEY, changed, BEFORE)).toEqual({ kind: "invalid" });
    }
  });

  it.each([
    ["of another purpose", seal(DELIVERY, "reportDownload", KEY, { expiresAt: EXPIRES_AT })],
    ["of another key", deliveryToken(new Uint8Array(32).fill(8), DELIVERY, EXPIRES_AT)],
    ["of another content", seal({ deliveryId: "x" }, "reportDelivery", KEY, { expiresAt: EXPIRES_AT })],
    ["that is empty", ""],
    ["that is no token", "../../etc/passwd"],
    ["that is very long", "v1.".padEnd(10_000, "A")],
  ])("does not open one %s", (_, text) => {
    expect(openDeliveryToken(KEY, text, BEFORE)).toEqual({ kind: "invalid" });
  });
});

describe("the address of a delivery", () => {
  const address = deliveryAddress(BASE, KEY, DELIVERY, EXPIRES_AT);

  it("is that of its page at the service, and the same whenever it is made", () => {
    expect(`${address.origin}${address.pathname}`).toBe("https://api.example/api/reportDeliveries/Zk3v-0_a");
    expect([...address.searchParams.keys()]).toEqual([DELIVERY_TOKEN]);
    expect(address.searchParams.get(DELIVERY_TOKEN)).toBe(token);
    expect(deliveryAddress(BASE, KEY, DELIVERY, EXPIRES_AT).href).toBe(address.href);
  });

  it("has its token in the query alone, which the telemetry of requests drops", () => {
    const signature = token.slice(token.lastIndexOf(".") + 1);
    expect(address.pathname).not.toContain(signature);
    expect(deliveryFileAddress(address, "pdf", "en").pathname).not.toContain(signature);
    expect(address.hash).toBe("");
  });

  it("stays within what a mail and a browser take, however long the ids are", () => {
    const long = { customerId: customerIdSchema.parse("c".repeat(64)), deliveryId: "d".repeat(255) };
    expect(deliveryAddress(BASE, KEY, long, EXPIRES_AT).href.length).toBeLessThan(1_000);
  });

  it("has files under it, each with its language and the same token", () => {
    const file = deliveryFileAddress(address, "csv-delivery", "pl");
    expect(file.pathname).toBe("/api/reportDeliveries/Zk3v-0_a/files/csv-delivery");
    expect(Object.fromEntries(file.searchParams)).toEqual({ language: "pl", [DELIVERY_TOKEN]: token });
    expect(deliveryFileAddress(address, "../../me?x=", "en").pathname).toBe(
      "/api/reportDeliveries/Zk3v-0_a/files/..%2F..%2Fme%3Fx%3D",
    );
  });
});
