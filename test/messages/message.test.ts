import { describe, expect, it } from "vitest";
import {
  ATTEMPTS_MAX,
  type AttemptOutcome,
  afterAttempt,
  isDue,
  LEASE_MS,
  type Message,
  messageSchema,
  taken,
} from "../../src/messages/message.ts";
import { later, START, someMessage } from "./some-messages.ts";

const unavailable: AttemptOutcome = { outcome: "unavailable" };

describe("a message", () => {
  it("is due at once when it is new, and is what the store accepts", () => {
    const message = someMessage();
    expect(isDue(message, START)).toBe(true);
    expect(messageSchema.parse(message)).toEqual(message);
  });

  it.each(["", "a/b", "a\\b", "a?b", "a#b", "a\nb", "x".repeat(256)])(
    "has no id that a document cannot have: %j",
    (id) => {
      expect(() => someMessage({ id })).toThrow();
    },
  );

  it("that somebody took is due again after the lease, and not a moment before", () => {
    const message = taken(someMessage(), START);
    expect(isDue(message, later(START, LEASE_MS - 1))).toBe(false);
    expect(isDue(message, later(START, LEASE_MS))).toBe(true);
  });

  it("that was sent is never due again", () => {
    const sent = afterAttempt(someMessage(), { outcome: "sent" }, later(START, 5));
    expect(sent).toMatchObject({ status: "sent", sentAt: later(START, 5), attempts: 0 });
    expect(isDue(sent, "2199-01-01T00:00:00.000Z")).toBe(false);
    expect(messageSchema.parse(sent)).toEqual(sent);
    expect(sent).not.toHaveProperty("nextAttemptAt");
  });

  it("fails at once when its address is refused, with the reason", () => {
    const failed = afterAttempt(someMessage(), { outcome: "refused", reason: "550 5.1.1" }, START);
    expect(failed).toMatchObject({
      status: "failed",
      failedAt: START,
      attempts: 1,
      error: { code: "AddressRefused", message: "550 5.1.1" },
    });
    expect(isDue(failed, "2199-01-01T00:00:00.000Z")).toBe(false);
    expect(messageSchema.parse(failed)).toEqual(failed);
  });

  it("is tried ten times over about a day, with longer and longer pauses, and then fails", () => {
    let message: Message = someMessage();
    let now = START;
    const pauses: number[] = [];
    while (message.status === "queued") {
      message = afterAttempt(message, unavailable, now);
      expect(messageSchema.parse(message)).toEqual(message);
      if (message.status !== "queued") break;
      expect(message.error?.code).toBe("Unavailable");
      pauses.push(Date.parse(message.nextAttemptAt) - Date.parse(now));
      now = message.nextAttemptAt;
    }
    expect(message).toMatchObject({
      status: "failed",
      attempts: ATTEMPTS_MAX,
      error: { code: "Unavailable" },
    });
    expect(pauses).toHaveLength(ATTEMPTS_MAX - 1);
    expect(pauses[0]).toBe(30_000);
    expect(pauses).toEqual(pauses.toSorted((left, right) => left - right));
    const hours = pauses.reduce((sum, pause) => sum + pause) / 3_600_000;
    expect(hours).toBeGreaterThan(20);
    expect(hours).toBeLessThan(24);
  });

  it("that is sent after failures no longer says why those failed", () => {
    const once = afterAttempt(someMessage(), unavailable, START);
    if (once.status !== "queued") throw new Error("one failure is not final");
    expect(afterAttempt(once, { outcome: "sent" }, later(START, 30_000))).not.toHaveProperty("error");
  });
});
