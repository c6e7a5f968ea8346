/** Lives through what happens to a directory: one after another, at the same time, or with calls that fail. */
import assert from "node:assert/strict";
import type { RecorderStores } from "../../src/consumption/record.ts";
import {
  ConflictError,
  ForbiddenError,
  InvalidRequestError,
  NotFoundError,
  UnavailableError,
} from "../../src/platform/errors.ts";
import { callFaults, type FaultPlan, faultyStores, writeFaults } from "../fakes/faulty-stores.ts";
import { interleavedStores } from "../fakes/interleaved-stores.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import type { Random } from "../fakes/random.ts";
import { T0 } from "./given.ts";
import { operate } from "./operations.ts";
import { BEGINNING, type Happening } from "./random-operations.ts";
import { accessTo, RejectedEvent, recordEvents, runTimer } from "./world.ts";

/** A variant of the stores that a check is run on: as they are, or with a planted defect. */
export type Adapt = (stores: RecorderStores) => RecorderStores;
export const unchanged: Adapt = (stores) => stores;

const DAY_MS = 86_400_000;

type Dated = Pick<Happening, "what"> & { readonly at: string; readonly key: string };

function dated(life: readonly Happening[]): Dated[] {
  let atMs = Date.parse(T0);
  return life.map(({ days, what }, index) => {
    atMs += days * DAY_MS + 1;
    return { what, at: new Date(atMs).toISOString(), key: `request ${index}` };
  });
}

async function live(stores: RecorderStores, { what, at, key }: Dated): Promise<void> {
  if ("event" in what) await recordEvents(stores, [what.event], at);
  else await operate(accessTo(stores), what, { at, key });
}

/** What an endpoint would answer a client with, and no defect. */
const REFUSALS = [ConflictError, ForbiddenError, InvalidRequestError, NotFoundError, RejectedEvent];

const isRefusal = (error: unknown): boolean => REFUSALS.some((each) => error instanceof each);

async function liveOrRefuse(stores: RecorderStores, happening: Dated): Promise<void> {
  try {
    await live(stores, happening);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

export async function liveAlone(life: readonly Happening[], adapt: Adapt = unchanged): Promise<MemoryStores> {
  const stores = memoryStores();
  for (const each of dated(life)) await liveOrRefuse(adapt(stores), each);
  return stores;
}

/** After the beginning, so many at the same time, overtaking each other at every call. */
export async function liveTogether(
  life: readonly Happening[],
  count: number,
  random: Random,
  adapt: Adapt = unchanged,
): Promise<MemoryStores> {
  const stores = memoryStores();
  const all = dated(life);
  for (const each of all.slice(0, BEGINNING)) await liveOrRefuse(adapt(stores), each);
  const interleaved = adapt(interleavedStores(stores, random));
  const rest = all.slice(BEGINNING);
  await Promise.all(
    Array.from({ length: count }, async (_, share) => {
      for (const each of rest.filter((_happening, index) => index % count === share))
        await liveOrUnavailable(interleaved, each);
    }),
  );
  return stores;
}

/** Whoever is overtaken too often is told to come again: that is an answer too. */
async function liveOrUnavailable(stores: RecorderStores, happening: Dated): Promise<void> {
  try {
    await liveOrRefuse(stores, happening);
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
  }
}

/** One call in so many fails. */
const CALLS_PER_FAULT = 8;
const DELIVERIES_MAX = 20;

/**
 * Calls fail at random, processes end in between. Events are delivered again until they are recorded; requests are not
 * made again. In the end the timer runs, on stores that do not fail.
 */
export async function liveWithFaults(
  life: readonly Happening[],
  random: Random,
  adapt: Adapt = unchanged,
): Promise<{ readonly stores: MemoryStores; readonly faults: number }> {
  const stores = memoryStores();
  let faults = 0;
  const plan: FaultPlan = ({ canBeRefused }) => {
    if (random.below(CALLS_PER_FAULT) > 0) return undefined;
    faults += 1;
    return random.pick(canBeRefused ? [...callFaults, ...writeFaults] : callFaults);
  };
  for (const each of dated(life)) {
    for (let delivery = 1; delivery <= DELIVERIES_MAX; delivery++) {
      const isLast = delivery === DELIVERIES_MAX;
      const faulty = faultyStores(stores, isLast ? () => undefined : plan);
      faulty.arm();
      const isDone = await isLived(adapt(faulty.stores), each, isLast);
      if (isDone || !("event" in each.what)) break;
    }
  }
  await runTimer(accessTo(adapt(stores)));
  return { stores, faults };
}

async function isLived(stores: RecorderStores, happening: Dated, isLast: boolean): Promise<boolean> {
  try {
    await liveOrRefuse(stores, happening);
    return true;
  } catch (error) {
    if (isLast) throw error;
    return false;
  }
}

export type Watch = {
  readonly adapt: Adapt;
  /** @throws AssertionError when somebody's document went back to an older state of a customer. */
  readonly check: () => void;
};

/** What a follow-up throws is left to the timer, so a breach is kept until somebody asks. */
export function watchVersions(): Watch {
  const breaches: string[] = [];
  return {
    check: () => assert.deepEqual(breaches, []),
    adapt: (stores) => ({
      ...stores,
      people: {
        ...stores.people,
        save: async (person, etag) => {
          const before = (await stores.people.read(person.email))?.value;
          const isSaved = await stores.people.save(person, etag);
          for (const { customerId, version } of Object.values(before?.memberships ?? {})) {
            const after = person.memberships[customerId]?.version ?? 0;
            if (isSaved && after < version)
              breaches.push(`${person.email} at ${customerId}: from ${version} to ${after}`);
          }
          return isSaved;
        },
      },
    }),
  };
}
