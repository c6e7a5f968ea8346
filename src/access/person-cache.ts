import { LRUCache } from "lru-cache";
import type { Person } from "./person.ts";
import type { PersonStore } from "./person-store.ts";

const PEOPLE_MAX = 10_000;

export type PersonCache = {
  /** One point read at most; the answer is at most `maxAgeSeconds` old. */
  readonly read: (email: string) => Promise<Person | undefined>;
  /** The next read asks the store: whoever changes a person here sees it at once. */
  readonly forget: (email: string) => void;
};

/**
 * Invariant: age counts from before the store is asked, so a change of roles holds everywhere after `maxAgeSeconds`; a read
 * that failed is not kept.
 * @param maxAgeSeconds 0: every read asks the store.
 */
export function createPersonCache(people: Pick<PersonStore, "read">, maxAgeSeconds: number): PersonCache {
  const read = async (email: string): Promise<Person | undefined> => (await people.read(email))?.value;
  if (maxAgeSeconds === 0) return { read, forget: () => undefined };
  const known = new LRUCache<string, Promise<Person | undefined>>({
    max: PEOPLE_MAX,
    ttl: maxAgeSeconds * 1_000,
  });
  return {
    read: (email) => {
      const kept = known.get(email);
      if (kept !== undefined) return kept;
      const reading = read(email);
      known.set(email, reading);
      reading.catch(() => {
        if (known.peek(email) === reading) known.delete(email);
      });
      return reading;
    },
    forget: (email) => known.delete(email),
  };
}
