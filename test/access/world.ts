/** A directory in memory, asked as the endpoints ask it, with the stores in between that a check wants. */
import { type DirectoryAccess, type FollowThrough, follow } from "../../src/access/apply-change.ts";
import { createRecorder, type RecorderStores } from "../../src/consumption/record.ts";
import { T0 } from "./given.ts";

/** Whom a change concerns, as in production: what fails behind a change is left to the timer. */
const leftToTimer: FollowThrough = {
  forget: () => undefined,
  relink: async () => undefined,
  notify: async () => undefined,
  onDelay: () => undefined,
};

export const accessTo = (
  { directory, customers, people }: RecorderStores,
  through: Partial<FollowThrough> = {},
): DirectoryAccess => ({ directory, customers, people, ...leftToTimer, ...through });

/** Records events as the consumer of the queue does. @throws whatever has the queue deliver them again. */
export async function recordEvents(
  stores: RecorderStores,
  bodies: readonly string[],
  now = T0,
  through: Partial<FollowThrough> = {},
): Promise<void> {
  const outcomes = await createRecorder(stores, () => now, { ...leftToTimer, ...through }).record(bodies);
  const rejected = outcomes.find(({ status }) => status === "rejected");
  if (rejected !== undefined) throw new RejectedEvent(JSON.stringify(rejected));
}

export class RejectedEvent extends Error {}

/** What the timer does with what waits, whatever its age. */
export async function runTimer(access: DirectoryAccess): Promise<void> {
  for (const { value, etag } of await access.directory.waiting("9999", 10_000))
    await follow(access, value, etag);
}
