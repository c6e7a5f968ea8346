import { AssertionError } from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Change, DirectoryStore } from "../../src/access/directory-store.ts";
import type { Person } from "../../src/access/person.ts";
import type { PersonStore } from "../../src/access/person-store.ts";
import type { RecorderStores } from "../../src/consumption/record.ts";
import { agreementEvent } from "../fakes/events.ts";
import { seededRandom } from "../fakes/random.ts";
import { checkDirectory } from "./checks.ts";
import { checkSwitches, switches } from "./contact-switches.ts";
import { checkEveryFault } from "./every-fault.ts";
import { checkAskedAgain, checkLagging } from "./follow-up-checks.ts";
import { someEntry } from "./given.ts";
import { contactsPackage, lives } from "./random-operations.ts";
import { type Adapt, liveTogether, liveWithFaults, unchanged, watchVersions } from "./run.ts";

const withDirectory =
  (change: (directory: DirectoryStore, stores: RecorderStores) => Partial<DirectoryStore>): Adapt =>
  (stores) => ({ ...stores, directory: { ...stores.directory, ...change(stores.directory, stores) } });

const withPeople =
  (change: (people: PersonStore) => Partial<PersonStore>): Adapt =>
  (stores) => ({ ...stores, people: { ...stores.people, ...change(stores.people) } });

/** The change with an entry that says nothing instead of its own: a store takes none without. */
const unaudited = (change: Change): Change => ({
  ...change,
  audit: [someEntry(change.customerId, { action: "reportRequested" })],
});

const withoutTrail = withDirectory((directory) => ({
  commit: (change) => directory.commit(unaudited(change)),
}));

const messageFirst = withDirectory((directory) => ({
  commit: async ({ messages = [], ...change }) => {
    for (const message of messages)
      await directory.commit({ ...unaudited(change), writes: [], followUps: [], messages: [message] });
    return directory.commit(change);
  },
}));

const messageAfterwards = withDirectory((directory) => ({
  commit: async ({ messages = [], ...change }) => {
    const result = await directory.commit(change);
    if (result.outcome === "committed" && messages.length > 0)
      await directory.commit({ ...unaudited(change), writes: [], followUps: [], messages });
    return result;
  },
}));

type Written = Change["writes"][number]["document"];

async function currentTag({ directory, customers }: RecorderStores, document: Written): Promise<string> {
  const { customerId } = document;
  const read = {
    customer: () => customers.read(customerId),
    member: () => directory.member(customerId, document.id.slice("member~".length)),
    group: () => directory.group(customerId, document.id.slice("group~".length)),
    roleAssignment: () => directory.roleAssignment(customerId, document.id.slice("roleAssignment~".length)),
    supportContacts: () => directory.supportContacts(customerId),
  }[document.kind];
  return (await read())?.etag ?? "";
}

/** Replaces what is there at that moment, whatever was read. */
const untagged = (isMeant: (kind: Written["kind"]) => boolean): Adapt =>
  withDirectory((directory, stores) => ({
    commit: async (change) => {
      const writes: Change["writes"][number][] = [];
      for (const { document, etag } of change.writes) {
        const isBlind = etag !== undefined && isMeant(document.kind);
        writes.push({ document, etag: isBlind ? await currentTag(stores, document) : etag });
      }
      return directory.commit({ ...change, writes });
    },
  }));

const untaggedPerson = withPeople((people) => ({
  save: async (person) => people.save(person, (await people.read(person.email))?.etag),
}));

/** Whatever the person's document says of a customer is taken for older than anything. */
const UNKNOWN = -1;
const withVersions = (person: Person, versionOf: (customerId: string, known: number) => number): Person => ({
  ...person,
  memberships: Object.fromEntries(
    Object.entries(person.memberships).map(([id, each]) => [
      id,
      { ...each, version: versionOf(id, each.version) },
    ]),
  ),
});
const withoutVersions = withPeople((people) => ({
  read: async (email) => {
    const known = await people.read(email);
    return known && { ...known, value: withVersions(known.value, () => UNKNOWN) };
  },
  save: async (person, etag) => {
    const kept = (await people.read(person.email))?.value.memberships;
    const restored = withVersions(person, (id, version) =>
      version === UNKNOWN ? (kept?.[id]?.version ?? 0) : version,
    );
    return people.save(restored, etag);
  },
}));

const doneUntagged = withDirectory((directory) => ({
  done: async (followUp) => {
    const all = await directory.waiting("9999", 1_000);
    const now = all.find(({ value }) => value.id === followUp.id && value.customerId === followUp.customerId);
    await directory.done(followUp, now?.etag ?? "");
  },
}));

const forgotten = withDirectory((directory) => ({
  commit: (change) => directory.commit({ ...change, followUps: [] }),
}));

const someLives = fc.sample(lives, { numRuns: 60, seed: 20_261_120 });

const checks: Readonly<Record<string, (adapt: Adapt) => Promise<void>>> = {
  concurrency: async (adapt) => {
    for (const [seed, life] of someLives.entries()) {
      const watch = watchVersions();
      const stores = await liveTogether(life, 4, seededRandom(seed), (inner) => adapt(watch.adapt(inner)));
      watch.check();
      checkDirectory(stores);
    }
  },
  faults: async (adapt) => {
    for (const [seed, life] of someLives.entries())
      checkDirectory((await liveWithFaults(life, seededRandom(seed), adapt)).stores);
  },
  activation: async (adapt) => {
    await checkEveryFault([agreementEvent({ packages: [contactsPackage(1)] })], adapt);
  },
  contacts: async (adapt) => {
    for (const each of fc.sample(switches, { numRuns: 60, seed: 20_261_120 }))
      await checkSwitches(each, adapt);
  },
  lagging: async (adapt) => {
    for (const [seed, life] of someLives.entries()) await checkLagging(life, seededRandom(seed), adapt);
  },
  "asked again": (adapt) => checkAskedAgain(adapt),
};

const defects: readonly { readonly name: string; readonly adapt: Adapt; readonly foundBy: string }[] = [
  { name: "a change is committed without its entries", adapt: withoutTrail, foundBy: "activation" },
  { name: "a message is written before the change", adapt: messageFirst, foundBy: "faults" },
  { name: "a message is written after the change", adapt: messageAfterwards, foundBy: "faults" },
  { name: "a replace names no tag", adapt: untagged(() => true), foundBy: "concurrency" },
  {
    name: "support contacts are counted outside of the transaction",
    adapt: untagged((kind) => kind === "supportContacts"),
    foundBy: "contacts",
  },
  { name: "a person is saved without a tag", adapt: untaggedPerson, foundBy: "concurrency" },
  { name: "a person's versions are not compared", adapt: withoutVersions, foundBy: "lagging" },
  { name: "a follow-up is deleted without its tag", adapt: doneUntagged, foundBy: "asked again" },
  { name: "nothing waits for the timer", adapt: forgotten, foundBy: "activation" },
];

describe("the checks of the directory", () => {
  it.each(Object.entries(checks))("pass where there is no defect: %s", async (_name, check) => {
    await check(unchanged);
  });

  it.each(defects)("fail where a defect was planted: $name", async ({ adapt, foundBy }) => {
    const check = checks[foundBy];
    expect(check).toBeDefined();
    // Not any error: the check itself has to see it.
    await expect(check?.(adapt)).rejects.toBeInstanceOf(AssertionError);
  });
});
