import { describe, expect, it } from "vitest";
import type { SupportRequest } from "../../src/support/request.ts";
import { type StatusFact, statusOf, withStatusFact } from "../../src/support/request-status.ts";
import { NEWS_AGE_MAX_MS, statusMessages, statusNews, toldOfStatus } from "../../src/support/status-news.ts";
import { CREATOR, someMember, someRequest } from "./some-requests.ts";

const PRIMARY = "adam@cust-t.example";
const NOW = "2026-03-05T12:00:00.000Z";
const before = someRequest({ primaryContact: { name: null, email: PRIMARY } });
const members = new Map([CREATOR, PRIMARY].map((email) => [email, someMember(email)]));

const later = (instant: string, milliseconds: number): string =>
  new Date(Date.parse(instant) + milliseconds).toISOString();

/** What a fact of the support desk, or of somebody, makes of a request. */
function withFact(request: SupportRequest, fact: Partial<StatusFact>): SupportRequest {
  const statusFacts = withStatusFact(request.statusFacts, {
    at: NOW,
    status: "closed",
    factId: "event 1",
    ...fact,
  });
  return { ...request, ...statusOf(statusFacts), statusFacts };
}
const told = (request: SupportRequest, fact: Partial<StatusFact>, now = NOW): readonly string[] =>
  toldOfStatus({ before: request, after: withFact(request, fact), now });

describe("a new status", () => {
  it("is told to creator and primary contact, but to whoever made it, and to nobody twice", () => {
    expect(told(before, {})).toEqual([CREATOR, PRIMARY]);
    expect(told(before, { status: "attentionNeeded" })).toEqual([CREATOR, PRIMARY]);
    expect(told(before, { by: CREATOR })).toEqual([PRIMARY]);
    expect(told(before, { by: "else@cust-t.example" })).toEqual([CREATOR, PRIMARY]);
    expect(told(someRequest(), {})).toEqual([CREATOR]);
    expect(told(someRequest({ createdBy: null, primaryContact: null }), {})).toEqual([]);
  });

  it("of an incentive-related request is told to its creator alone", () => {
    expect(told({ ...before, isIncentiveRelated: true }, {})).toEqual([CREATOR]);
  });

  it("that is open again, or no other than before, is told to nobody", () => {
    const closed = withFact(before, {});
    expect(told(closed, { status: "open", factId: "event 2", at: later(NOW, 1) })).toEqual([]);
    expect(told(closed, { factId: "event 2", at: later(NOW, 1) })).toEqual([]);
  });

  it("is no news when it comes a day late, after a newer one, again, or with a request that is new itself", () => {
    expect(told(before, {}, later(NOW, NEWS_AGE_MAX_MS - 1))).toHaveLength(2);
    expect(told(before, {}, later(NOW, NEWS_AGE_MAX_MS))).toEqual([]);
    const newer = withFact(before, { status: "open", factId: "event 2", at: later(NOW, 1) });
    expect(told(newer, { factId: "event 3" })).toEqual([]);
    const closed = withFact(before, {});
    expect(toldOfStatus({ before: closed, after: closed, now: NOW })).toEqual([]);
    expect(toldOfStatus({ before: undefined, after: closed, now: NOW })).toEqual([]);
  });

  it("is told to members only, by name where a user did it, and by the same message for the same fact", async () => {
    const change = { before, after: withFact(before, { by: "else@cust-t.example" }), now: NOW };
    const messages = statusMessages(change, members, "Elsa");
    expect(messages.map(({ to, language, content }) => [to.email, language, content])).toEqual(
      [CREATOR, PRIMARY].map((email) => [
        email,
        "pl",
        expect.objectContaining({
          status: "closed",
          changedBy: "Elsa",
          requestId: `cust-t~${before.number}`,
        }),
      ]),
    );
    expect(statusMessages({ ...change, now: later(NOW, 5) }, members).map(({ id }) => id)).toEqual(
      messages.map(({ id }) => id),
    );
    const asked: (readonly string[])[] = [];
    const directory = {
      members: async (_: string, ids: readonly string[]) => {
        asked.push(ids);
        return [
          versioned(someMember(PRIMARY)),
          versioned({ ...someMember(CREATOR), status: "removed" as const }),
        ];
      },
    };
    const news = await statusNews(directory, { ...change, after: withFact(before, {}) });
    expect(news.map(({ to, content }) => [to.email, content])).toEqual([
      [PRIMARY, expect.objectContaining({ changedBy: null })],
    ]);
    expect(await statusNews(directory, { before, after: before, now: NOW })).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it("of a title of any length, or of people without addresses, holds up nothing", () => {
    const odd = someRequest({ title: "x".repeat(1_000), createdBy: "no address", primaryContact: null });
    const nobody = new Map([["no address", { ...someMember(CREATOR), email: "no address" }]]);
    expect(statusMessages({ before: odd, after: withFact(odd, {}), now: NOW }, nobody)).toEqual([]);
    const long = someRequest({ title: "x".repeat(1_000) });
    expect(statusMessages({ before: long, after: withFact(long, {}), now: NOW }, members)).toHaveLength(1);
  });
});

const versioned = <Value>(value: Value) => ({ value, etag: '"1"' });
