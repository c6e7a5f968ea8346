import { Webhook as Verifier } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import type { Doing } from "../../src/access/audit-entry.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import {
  newWebhook,
  secretText,
  signaturesOf,
  validSecrets,
  type Webhook,
} from "../../src/notices/webhook.ts";
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  rotateSecret,
} from "../../src/notices/webhook-change.ts";

const KEY = new Uint8Array(32).fill(7);
const customerId = customerIdSchema.parse("cust-t");
const doing = (key: string, at = new Date().toISOString()): Doing => ({
  customerId,
  actor: { subject: "person-1" },
  at,
  key,
});
const facts = { url: "https://customer.example/notices", events: ["notice.created" as const] };
const webhook = newWebhook(doing("one"), facts);
const known = (value: Webhook) => ({ value, etag: '"1"' });
const later = (at: string, hours: number) => new Date(Date.parse(at) + hours * 3_600_000).toISOString();

function headersOf(from: Webhook, body: string, at: string) {
  const timestampSeconds = Math.floor(Date.parse(at) / 1_000);
  return {
    "webhook-id": "msg-1",
    "webhook-timestamp": String(timestampSeconds),
    "webhook-signature": signaturesOf(from, { id: "msg-1", timestampSeconds, body }, at, KEY),
  };
}

describe("the signature of a webhook, checked by an independent library of the specification", () => {
  const body = JSON.stringify({ type: "notice.created", data: { name: "Ñandú „ł”" } });
  const now = new Date().toISOString();

  it("holds for what was sent, and for nothing else", () => {
    const verifier = new Verifier(secretText(webhook, 1, KEY));
    const headers = headersOf(webhook, body, now);
    expect(verifier.verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => verifier.verify(`${body} `, headers)).toThrow();
    expect(() => verifier.verify(body, { ...headers, "webhook-id": "msg-2" })).toThrow();
    const second = String(Number(headers["webhook-timestamp"]) + 1);
    expect(() => verifier.verify(body, { ...headers, "webhook-timestamp": second })).toThrow();
  });

  it("holds with the secret before for 24 hours after a rotation, and then no more", () => {
    const old = new Verifier(secretText(webhook, 1, KEY));
    const [, rotated] = rotateSecret(doing("rotate", now), known(webhook));
    const current = new Verifier(secretText(rotated, rotated.secret, KEY));
    const headers = headersOf(rotated, body, now);
    expect(old.verify(body, headers)).toEqual(current.verify(body, headers));
    expect(validSecrets(rotated, later(now, 23.999))).toEqual([2, 1]);
    expect(validSecrets(rotated, later(now, 24))).toEqual([2]);
    const afterwards = { ...rotated, previousSecret: { secret: 1, validUntil: now } };
    expect(() => old.verify(body, headersOf(afterwards, body, now))).toThrow();
    expect(current.verify(body, headersOf(afterwards, body, now))).toEqual(JSON.parse(body));
  });

  it("ends the oldest of three secrets at once", () => {
    const [, second] = rotateSecret(doing("rotate", now), known(webhook));
    const [, third] = rotateSecret(doing("again", now), known(second));
    expect(validSecrets(third, now)).toEqual([3, 2]);
  });
});

describe("a secret of a webhook", () => {
  it("has 32 bytes and is another for each webhook, customer, rotation and signing key", () => {
    const other = newWebhook(doing("two"), facts);
    const texts = [
      secretText(webhook, 1, KEY),
      secretText(webhook, 2, KEY),
      secretText(other, 1, KEY),
      secretText({ ...webhook, customerId: customerIdSchema.parse("cust-u") }, 1, KEY),
      secretText(webhook, 1, new Uint8Array(32).fill(8)),
    ];
    expect(new Set(texts).size).toBe(texts.length);
    for (const text of texts) {
      expect(text).toMatch(/^whsec_/);
      expect(Buffer.from(text.slice("whsec_".length), "base64")).toHaveLength(32);
    }
  });

  it("is in no document and in no entry of the audit trail", () => {
    const changes = [
      createWebhook(doing("one"), [], facts),
      rotateSecret(doing("rotate"), known(webhook)),
      changeWebhook(doing("change"), known(webhook), { status: "disabled" }),
      deleteWebhook(doing("delete"), known(webhook)),
    ];
    for (const [change] of changes) {
      expect(change.created).toMatchObject([{ kind: "auditEntry", target: expect.stringContaining("wh-") }]);
      const text = JSON.stringify(change);
      for (const secret of [1, 2])
        expect(text).not.toContain(secretText(webhook, secret, KEY).slice("whsec_".length));
    }
  });
});

describe("a webhook", () => {
  it("is refused where there are five already", () => {
    const others = Array.from({ length: 5 }, (_, index) => newWebhook(doing(`other-${index}`), facts));
    expect(() => createWebhook(doing("one"), others, facts)).toThrow("at most 5");
    expect(createWebhook(doing("one"), others.slice(1), facts)[1].status).toBe("active");
  });

  it("keeps what a patch does not name, and loses a description that is null", () => {
    const named = newWebhook(doing("one"), { ...facts, description: "Ours" });
    const [, moved] = changeWebhook(doing("a"), known(named), { url: "https://other.example/" });
    expect(moved).toMatchObject({ url: "https://other.example/", description: "Ours", revision: 2 });
    const [, unnamed] = changeWebhook(doing("b"), known(moved), { description: null });
    expect(unnamed.description).toBeUndefined();
    expect(unnamed.url).toBe("https://other.example/");
  });

  it("has its failures behind it when it is enabled again", () => {
    const failing = { ...webhook, failingSince: "2026-01-01T00:00:00.000Z" };
    const [, disabled] = changeWebhook(doing("a"), known(failing), { status: "disabled" });
    expect(disabled).toMatchObject({ status: "disabled", disabled: { reason: "byRequest" } });
    const [, enabled] = changeWebhook(doing("b"), known(disabled), { status: "active" });
    expect([enabled.status, enabled.disabled, enabled.failingSince]).toEqual([
      "active",
      undefined,
      undefined,
    ]);
  });
});
