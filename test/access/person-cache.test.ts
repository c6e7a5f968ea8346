import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Person } from "../../src/access/person.ts";
import { createPersonCache } from "../../src/access/person-cache.ts";

const MAX_AGE_SECONDS = 10;
const personOf = (email: string): Person => ({ id: "person", email, kind: "person", memberships: {} });

/** A store whose answers come when the test says so. */
function slowPeople() {
  const asked: {
    readonly email: string;
    readonly answer: (person?: Person) => void;
    readonly fail: () => void;
  }[] = [];
  return {
    asked,
    read: (email: string) =>
      new Promise<{ readonly value: Person; readonly etag: string } | undefined>((resolve, reject) => {
        asked.push({
          email,
          answer: (person) => resolve(person === undefined ? undefined : { value: person, etag: '"1"' }),
          fail: () => reject(new Error("the store is away")),
        });
      }),
  };
}

describe("what the cache of people answers", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    // The cache keeps the clock that was there when it was loaded: its method is replaced, not the clock.
    vi.spyOn(performance, "now").mockImplementation(() => Date.now());
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is never older than its age, counted from before the store was asked", async () => {
    const people = slowPeople();
    const cache = createPersonCache(people, MAX_AGE_SECONDS);
    const first = cache.read("a");
    vi.advanceTimersByTime(4_000);
    people.asked[0]?.answer(personOf("a"));
    expect(await first).toEqual(personOf("a"));
    vi.advanceTimersByTime(6_000);
    expect(await cache.read("a")).toEqual(personOf("a"));
    expect(people.asked).toHaveLength(1);
    vi.advanceTimersByTime(1);
    void cache.read("a");
    expect(people.asked).toHaveLength(2);
    people.asked[1]?.answer();
  });

  it("does not become younger by being asked for", async () => {
    const people = slowPeople();
    const cache = createPersonCache(people, MAX_AGE_SECONDS);
    void cache.read("a");
    people.asked[0]?.answer(personOf("a"));
    for (let second = 0; second < MAX_AGE_SECONDS; second++) {
      await cache.read("a");
      vi.advanceTimersByTime(1_000);
    }
    vi.advanceTimersByTime(1);
    void cache.read("a");
    expect(people.asked).toHaveLength(2);
    people.asked[1]?.answer();
  });

  it("costs one read, however many ask at the same time; each address has its own", async () => {
    const people = slowPeople();
    const cache = createPersonCache(people, MAX_AGE_SECONDS);
    const all = Promise.all([...Array.from({ length: 20 }, () => cache.read("a")), cache.read("b")]);
    expect(people.asked.map(({ email }) => email)).toEqual(["a", "b"]);
    for (const each of people.asked) each.answer(personOf(each.email));
    expect(new Set((await all).map((person) => person?.email))).toEqual(new Set(["a", "b"]));
  });

  it("is kept also for somebody whom nobody knows", async () => {
    const people = slowPeople();
    const cache = createPersonCache(people, MAX_AGE_SECONDS);
    const first = cache.read("stranger");
    people.asked[0]?.answer();
    expect(await first).toBeUndefined();
    expect(await cache.read("stranger")).toBeUndefined();
    expect(people.asked).toHaveLength(1);
  });

  it("is not kept where the read failed", async () => {
    const people = slowPeople();
    const cache = createPersonCache(people, MAX_AGE_SECONDS);
    const both = Promise.allSettled([cache.read("a"), cache.read("a")]);
    people.asked[0]?.fail();
    expect((await both).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    const again = cache.read("a");
    people.asked[1]?.answer(personOf("a"));
    expect(await again).toEqual(personOf("a"));
  });

  it("is asked for anew after it was forgotten, also while a read is under way", async () => {
    const people = slowPeople();
    const cache = createPersonCache(people, MAX_AGE_SECONDS);
    const before = cache.read("a");
    cache.forget("a");
    const after = cache.read("a");
    expect(people.asked).toHaveLength(2);
    people.asked[1]?.answer(personOf("a"));
    people.asked[0]?.answer();
    expect([await before, await after]).toEqual([undefined, personOf("a")]);
    expect(await cache.read("a")).toEqual(personOf("a"));
    expect(people.asked).toHaveLength(2);
  });

  it("stays though an older read that was forgotten fails", async () => {
    const people = slowPeople();
    const cache = createPersonCache(people, MAX_AGE_SECONDS);
    const before = cache.read("a").catch(() => "failed");
    cache.forget("a");
    void cache.read("a");
    people.asked[1]?.answer(personOf("a"));
    people.asked[0]?.fail();
    expect(await before).toBe("failed");
    expect(await cache.read("a")).toEqual(personOf("a"));
    expect(people.asked).toHaveLength(2);
  });

  it("is always new where the age is 0", async () => {
    const people = slowPeople();
    const cache = createPersonCache(people, 0);
    const both = Promise.all([cache.read("a"), cache.read("a")]);
    expect(people.asked).toHaveLength(2);
    for (const each of people.asked) each.answer(personOf("a"));
    await both;
    cache.forget("a");
  });
});
