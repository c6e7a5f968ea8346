import type { Container } from "@azure/cosmos";
import { readItem, saveItem, type Versioned } from "../platform/cosmos.ts";
import { PERSON_DOCUMENT_ID, type Person, personSchema } from "./person.ts";

/** Where people are kept, one document each. Promise: `save` writes only over the version that was read. */
export type PersonStore = {
  readonly read: (email: string) => Promise<Versioned<Person> | undefined>;
  /** @param etag undefined: there is no such person yet. @returns false when somebody else was faster. */
  readonly save: (person: Person, etag: string | undefined) => Promise<boolean>;
};

export function cosmosPersonStore(container: Container): PersonStore {
  return {
    read: (email) => readItem(container, PERSON_DOCUMENT_ID, email, personSchema),
    save: (person, etag) => saveItem(container, person, person.email, etag),
  };
}
