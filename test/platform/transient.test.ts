import { describe, expect, it } from "vitest";
import { NotFoundError, UnavailableError } from "../../src/platform/errors.ts";
import { asUnavailable } from "../../src/platform/transient.ts";

describe("what the cloud's clients throw", () => {
  it.each([
    ["Cosmos DB that is busy", { code: 429 }],
    ["Cosmos DB that is away", { code: 503 }],
    ["a ledger that stays contended", { code: 449 }],
    ["a connection that is refused", { code: "ECONNREFUSED" }],
    ["Blob Storage that is busy", { statusCode: 503 }],
    ["Service Bus that is busy", { retryable: true, code: "ServerBusy" }],
  ])("says to come back later: %s", (_what, facts) => {
    const error = Object.assign(new Error("inside"), facts);
    const answer = asUnavailable(error);
    expect(answer).toBeInstanceOf(UnavailableError);
    expect(answer).toMatchObject({ retryAfterSeconds: 1, cause: error });
  });

  it("is left as it is when coming back would not help", () => {
    for (const error of [
      new Error("bug"),
      Object.assign(new Error("bad"), { code: 400 }),
      "text",
      new NotFoundError(),
    ]) {
      expect(asUnavailable(error)).toBe(error);
    }
  });
});
