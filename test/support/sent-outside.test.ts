import { describe, expect, it } from "vitest";
import { OUTSIDE_SENDS_MAX, SHARES_MAX, type SupportRequest } from "../../src/support/request.ts";
import {
  OUTSIDE_SENDS_PER_HOUR_MAX,
  OUTSIDE_SENDS_TO_ONE_MAX,
  sendOutside,
} from "../../src/support/sent-outside.ts";
import { outsideShareId, shareWithMember, unshare } from "../../src/support/sharing.ts";
import { CREATOR, doingAt, OPENED_AT, someRequest, versionOf } from "./some-requests.ts";

const sender = { email: CREATOR, name: "Zoe" };
const MINUTE_MS = 60_000;
const minutesOn = (minutes: number): string =>
  new Date(Date.parse(OPENED_AT) + minutes * MINUTE_MS).toISOString();

/** @throws ConflictError */
function sent(request: SupportRequest, minutes: number, email: string, key = `${minutes} ${email}`) {
  const doing = doingAt(minutesOn(minutes), key);
  const decided = sendOutside(doing, sender, versionOf(request), { email, language: "en" });
  return { request: decided?.after ?? request, messages: decided?.messages ?? [] };
}

/** One after the other, so many minutes apart, each to an address of its own. */
function sentOften(request: SupportRequest, times: number, minutesApart: number): SupportRequest {
  let current = request;
  for (let index = 0; index < times; index++)
    current = sent(current, index * minutesApart, `someone${index}@elsewhere.example`).request;
  return current;
}

/** With every address taken off the list. */
function unlisted(request: SupportRequest): SupportRequest {
  const doing = doingAt(minutesOn(30), "unlisting");
  return request.outsideSends.reduce(
    (current, { email }) => unshare(doing, versionOf(current), outsideShareId(current, email)).after,
    request,
  );
}

describe("sending a request outside", () => {
  it("stops after 20 in any hour, and goes on when the first of them is an hour old", () => {
    const full = sentOften(someRequest(), OUTSIDE_SENDS_PER_HOUR_MAX, 1);
    expect(() => sent(full, 59.99, "more@elsewhere.example")).toThrow(
      expect.objectContaining({ innererror: { code: "HourlyLimit", againAt: minutesOn(60) } }),
    );
    const emptied = unlisted(full);
    expect(() => sent(emptied, 59.99, "more@elsewhere.example")).toThrow(/at most 20 times an hour/);
    expect(sent(full, 60, "more@elsewhere.example").messages).toHaveLength(1);
    const slowly = sentOften(someRequest(), OUTSIDE_SENDS_PER_HOUR_MAX + 1, 3);
    expect(slowly.outsideSends).toHaveLength(OUTSIDE_SENDS_PER_HOUR_MAX + 1);
  });

  it("stops for good after 100, also where the addresses were taken off the list", () => {
    const full = unlisted(sentOften(someRequest(), OUTSIDE_SENDS_MAX, 10));
    expect(full.outsideSends.every(({ isListed }) => !isListed)).toBe(true);
    expect(() => sent(full, 100_000, "more@elsewhere.example")).toThrow(/at most 100 times in all/);
  });

  it("stops after 10 to the same address", () => {
    let request = someRequest();
    for (let index = 0; index < OUTSIDE_SENDS_TO_ONE_MAX; index++)
      request = sent(request, index * 10, "one@elsewhere.example").request;
    expect(() => sent(request, 1_000, "one@elsewhere.example")).toThrow(/same address/);
    expect(sent(request, 1_000, "other@elsewhere.example").messages).toHaveLength(1);
  });

  it("happens once for the same request, also when the limit is reached by then", () => {
    const first = sent(someRequest(), 0, "someone0@elsewhere.example");
    const full = sentOften(first.request, OUTSIDE_SENDS_PER_HOUR_MAX - 1, 1);
    const repeated = sent(full, 30, "someone0@elsewhere.example", "0 someone0@elsewhere.example");
    expect(repeated).toEqual({ request: full, messages: [] });
  });

  it("tells neither its id nor its description, whatever is in them", () => {
    const secret = "correct horse battery staple";
    const request = someRequest({ description: secret });
    const { messages } = sent(request, 0, "someone@elsewhere.example");
    expect(messages).toHaveLength(1);
    expect(JSON.stringify(messages[0]?.content)).not.toMatch(/cust-t~|correct horse/);
    expect(messages[0]?.id).not.toContain(request.number);
  });
});

describe("sharing a request", () => {
  it("is with at most 50 members one by one, and whoever is told outside before is listed once after", () => {
    const email = "mia@cust-t.example";
    const { request } = sent(someRequest(), 0, email);
    const shared = shareWithMember(doingAt(minutesOn(1), "share"), sender, versionOf(request), {
      email,
      language: "en",
    });
    expect(shared?.after).toMatchObject({ sharedWith: [email], outsideSends: [{ isListed: false }] });
    const sharedWith = Array.from({ length: SHARES_MAX }, (_, index) => `m${index}@cust-t.example`);
    expect(() =>
      shareWithMember(doingAt(minutesOn(1), "share"), sender, versionOf({ ...request, sharedWith }), {
        email,
        language: "en",
      }),
    ).toThrow(/at most 50 people/);
  });
});
