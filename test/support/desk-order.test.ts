import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { statusChanges } from "../../src/support/request-status.ts";
import { communicatedEvent, upsertedEvent } from "../fakes/events.ts";
import { seededRandom } from "../fakes/random.ts";
import {
  type DeskWorld,
  KEY,
  OPENED_AT,
  openHere,
  recorderOf,
  rolesOf,
  startDesk,
  stateHere,
  stateOf,
} from "./desk-world.ts";
import { type DeskEvent, expectedRequest, type Json, type LocalStatus } from "./naive-desk.ts";

type Story = {
  readonly isOpenedHere: boolean;
  readonly events: readonly string[];
  readonly local: readonly LocalStatus[];
};
type Step = { readonly body: string } | { readonly local: LocalStatus };

const OPENED = {
  title: "Opened here",
  description: "By a support contact.",
  problemType: "performance",
  product: null,
  severity: "minimal",
  advocate: null,
  workspaceId: "ws-default",
  agreementId: null,
  country: null,
  language: "es",
  isIncentiveRelated: false,
  createdBy: "zoe@cust-t.example",
  primaryContact: { name: "Zoe", email: "zoe@cust-t.example" },
  contacts: [],
} satisfies Json;

/** What users do waits until there is a request to do it to. */
async function play(world: DeskWorld, { isOpenedHere }: Story, steps: readonly Step[]): Promise<void> {
  if (isOpenedHere) await openHere(world);
  let waiting: LocalStatus[] = [];
  for (const step of steps) {
    if ("local" in step) waiting.push(step.local);
    else await recorderOf(world).record([step.body]);
    const still: LocalStatus[] = [];
    for (const each of waiting) {
      const fact = { at: each.at, status: statusOf(each), factId: `changed~${each.at}` } as const;
      if (!(await stateHere(world, fact))) still.push(each);
    }
    waiting = still;
  }
}

const statusOf = ({ status }: LocalStatus) => (status === "closed" ? "closed" : "open");

const parsed = (body: string): DeskEvent => JSON.parse(body);

function expectedOf({ isOpenedHere, events, local }: Story): Json | undefined {
  const opening = isOpenedHere ? { fields: OPENED, at: OPENED_AT } : undefined;
  return expectedRequest(opening, events.map(parsed), local);
}

/** The request in the words of the model. */
function shown({ kept }: DeskWorld): Json | undefined {
  const request = kept.request(KEY);
  if (request?.kind !== "supportRequest") return undefined;
  const { contacts, statusFacts, upstream: _, ...rest } = request;
  const names = Object.keys(OPENED);
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([name]) => names.includes(name))),
    contacts: contacts.map(({ name, email }) => ({ name, email })),
    createdAt: rest.createdAt,
    changedAt: rest.changedAt,
    status: rest.status,
    closedAt: rest.closedAt,
    changes: statusChanges(statusFacts).map(({ at, status }) => `${at} ${status}`),
    responses: rest.responses,
    revision: rest.revision,
  };
}

/** @throws AssertionError unless the request is what the model makes of the story, in this order of its steps. */
async function checkStory(story: Story, steps: readonly Step[]): Promise<string> {
  const world = await startDesk();
  await play(world, story, steps);
  assert.deepEqual(shown(world), expectedOf(story));
  assert.ok(hasItsAdvocate(world));
  return stateOf(world);
}

/** Whoever is the advocate in the end has the role, in whatever order that was told. */
function hasItsAdvocate({ kept, stores }: DeskWorld): boolean {
  const request = kept.request(KEY);
  if (request?.kind !== "supportRequest" || request.isIncentiveRelated || request.advocate === null)
    return true;
  return rolesOf(stores).includes(`${request.advocate.email}: advocate active 1`);
}

const stepsOf = ({ events, local }: Story): Step[] => [
  ...events.map((body) => ({ body })),
  ...local.map((each) => ({ local: each })),
];

const six: readonly string[] = [
  upsertedEvent(
    "u1",
    { version: 1, title: "First", product: "Mail", createdBy: "ana@cust-t.example", contacts: [] },
    { time: "2026-03-01T10:00:00Z" },
  ),
  upsertedEvent(
    "u2",
    {
      version: 2,
      title: "Second",
      status: "attentionNeeded",
      advocate: { email: "nora@p.example", name: "Nora" },
    },
    { time: "2026-03-02T10:00:00Z" },
  ),
  // Its clock is behind, and its version says that it is newer.
  upsertedEvent(
    "u3",
    { version: 3, title: "Third", status: "closed", product: null, agreementId: "agr-t-base" },
    { time: "2026-03-01T12:00:00Z" },
  ),
  communicatedEvent("c1", { direction: "inbound", sentAt: "2026-03-01T10:30:00Z" }),
  communicatedEvent("c2", { sentAt: "2026-03-01T11:00:00Z" }),
  communicatedEvent("c3", { sentAt: "2026-03-02T11:00:00Z" }),
];

describe("the order of what the support desk tells", () => {
  it.each([true, false])(
    "leaves the same request in all 720 orders, with repeats and changes by users (opened here: %s)",
    async (isOpenedHere) => {
      const local = [
        { at: "2026-03-01T11:30:00.000Z", status: "closed" },
        { at: "2026-03-01T13:00:00.000Z", status: "open" },
      ];
      const story = { isOpenedHere, events: six, local };
      const random = seededRandom(5);
      const ends = new Set<string>();
      let orders = 0;
      for (const order of permutations(six)) {
        const steps: Step[] = order.map((body) => ({ body }));
        for (const each of local) steps.splice(random.below(steps.length + 1), 0, { local: each });
        for (const body of six)
          if (random.below(4) === 0) steps.splice(random.below(steps.length + 1), 0, { body });
        ends.add(await checkStory(story, steps));
        orders += 1;
      }
      expect(orders).toBe(720);
      expect([...ends]).toHaveLength(1);
    },
  );

  it("leaves what a naive model makes of it, whatever is told in whatever order, in batches of any size", async () => {
    await fc.assert(
      fc.asyncProperty(storyArbitrary, fc.integer(), async (story, seed) => {
        const random = seededRandom(seed);
        const steps = random.shuffled(stepsOf(story));
        const repeats: Step[] = random
          .shuffled(story.events)
          .slice(0, 3)
          .map((body) => ({ body }));
        const one = await checkStory(story, [...steps, ...repeats]);
        const world = await startDesk();
        if (story.isOpenedHere) await openHere(world);
        await recorderOf(world).record(random.shuffled([...story.events, ...story.events]));
        await play(world, { ...story, isOpenedHere: false }, stepsOf({ ...story, events: [] }));
        expect(stateOf(world)).toBe(one);
      }),
      { numRuns: 300 },
    );
  });

  it("never touches what only exists here, nor how a request was opened here", async () => {
    const world = await startDesk();
    await openHere(world);
    const told = { createdBy: "eve@cust-t.example", primaryContact: { email: "eve@cust-t.example" } };
    await recorderOf(world).record([upsertedEvent("u", { ...told, openedAt: "2020-01-01T00:00:00Z" })]);
    expect(world.kept.request(KEY)).toMatchObject({
      title: "Backups fail",
      createdBy: "zoe@cust-t.example",
      primaryContact: { email: "zoe@cust-t.example" },
      createdAt: OPENED_AT,
      sharedWith: ["mia@cust-t.example"],
      groupId: "group-1",
      description: "By a support contact.",
    });
  });
});

const instants = [
  "2026-03-01T10:00:00Z",
  "2026-03-01T11:00:00+01:00",
  "2026-03-02T10:00:00Z",
  "2026-03-03T10:00:00.500Z",
];
const instant = fc.constantFrom(...instants);
const email = fc.constantFrom("ana@cust-t.example", "bob@cust-t.example");
const contact = fc.record({ name: fc.constantFrom("Ana", "Bob"), email });

const upsertedArbitrary = fc
  .record(
    {
      version: fc.nat(2),
      title: fc.constantFrom("One", "Two", "Three"),
      status: fc.constantFrom("open", "attentionNeeded", "closed"),
      severity: fc.constantFrom("critical", "moderate", "minimal"),
      openedAt: instant,
      changedAt: instant,
      description: fc.constantFrom("", "Long", "Longer"),
      problemType: fc.constantFrom(null, "advice"),
      product: fc.constantFrom(null, "Mail", "Files"),
      workspaceId: fc.constant("ws-default"),
      agreementId: fc.constantFrom(null, "agr-t-base", "agr-unknown"),
      country: fc.constantFrom(null, "PL"),
      language: fc.constantFrom("pl", "it"),
      createdBy: fc.option(email),
      primaryContact: fc.option(contact),
      contacts: fc.uniqueArray(contact, { maxLength: 2, selector: (each) => each.email }),
      advocate: fc.option(contact),
      isIncentiveRelated: fc.boolean(),
    },
    { requiredKeys: ["title", "status", "severity"] },
  )
  .chain((data) => fc.tuple(fc.constant(data), instant));

const communicatedArbitrary = fc.record({
  direction: fc.constantFrom("inbound", "outbound"),
  sentAt: instant,
});

const storyArbitrary: fc.Arbitrary<Story> = fc.record({
  isOpenedHere: fc.boolean(),
  events: fc
    .tuple(fc.array(upsertedArbitrary, { maxLength: 5 }), fc.array(communicatedArbitrary, { maxLength: 3 }))
    .map(([upserted, communicated]) => [
      ...upserted.map(([data, time], index) =>
        upsertedEvent(`u${index}`, { openedAt: undefined, ...data }, { time }),
      ),
      ...communicated.map((data, index) => communicatedEvent(`c${index}`, data)),
    ]),
  local: fc.uniqueArray(
    fc.record({
      at: fc.constantFrom("2026-03-01T09:30:00.000Z", "2026-03-01T10:30:00.000Z", "2026-03-02T10:30:00.000Z"),
      status: fc.constantFrom("open", "closed"),
    }),
    { maxLength: 2, selector: ({ at }) => at },
  ),
});

function* permutations<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  if (items.length === 0) yield [];
  for (const [index, first] of items.entries())
    for (const rest of permutations(items.toSpliced(index, 1))) yield [first, ...rest];
}
