import type { World } from "./world.ts";

/** Called around every await point of a maker. */
export type Around = <Value>(method: string, run: () => Promise<Value>) => Promise<Value>;

/** The same stores, with `around` about each call: every page that is read is a call of its own. */
export function aroundWorld(world: World, around: Around): World {
  const { activity, reports, files, ledgers } = world;
  return {
    ...world,
    reports: {
      read: (customer, id) => around("reports.read", () => reports.read(customer, id)),
      readSeries: (customer, id) => around("reports.readSeries", () => reports.readSeries(customer, id)),
      create: (report, series, etag) => around("reports.create", () => reports.create(report, series, etag)),
      save: (report, etag) => around("reports.save", () => reports.save(report, etag)),
      page: (customer, page) => around("reports.page", () => reports.page(customer, page)),
      waiting: (...range) => around("reports.waiting", () => reports.waiting(...range)),
    },
    files: {
      write: (file, content) => around("files.write", () => files.write(file, content)),
      readStream: async (name) => {
        const content = await around("files.readStream", () => files.readStream(name));
        return content === undefined ? undefined : aroundPages("files.chunk", content, around);
      },
      remove: (name) => around("files.remove", () => files.remove(name)),
      protect: (name, until) => around("files.protect", () => files.protect(name, until)),
      removeWrittenBefore: (instant, filesMax) => files.removeWrittenBefore(instant, filesMax),
      downloadLink: (name, fileName, expiresAt) => files.downloadLink(name, fileName, expiresAt),
    },
    activity: {
      ...activity,
      ledger: (ledgerId) => around("activity.ledger", () => activity.ledger(ledgerId)),
      days: (ledgerId, month) => around("activity.days", () => activity.days(ledgerId, month)),
      counted: (ledgerId, from, to) => around("activity.counted", () => activity.counted(ledgerId, from, to)),
      lastAt: (ledgerId, query) => around("activity.lastAt", () => activity.lastAt(ledgerId, query)),
      rows: (ledgerId, query) => around("activity.rows", () => activity.rows(ledgerId, query)),
      entriesBetween: (ledgerId, from, to, size) =>
        aroundPages("activity.page", activity.entriesBetween(ledgerId, from, to, size), around),
    },
    ledgers: {
      ...ledgers,
      directory: {
        ...ledgers.directory,
        supportContacts: (id) =>
          around("directory.supportContacts", () => ledgers.directory.supportContacts(id)),
      },
      customers: {
        ...ledgers.customers,
        read: (id) => around("customers.read", () => ledgers.customers.read(id)),
      },
    },
  };
}

async function* aroundPages<Page>(
  method: string,
  pages: AsyncIterable<Page>,
  around: Around,
): AsyncGenerator<Page> {
  const iterator = pages[Symbol.asyncIterator]();
  for (;;) {
    const step = await around(method, () => iterator.next());
    if (step.done === true) return;
    yield step.value;
  }
}

/**
 * What can befall one call. `crashBefore`, `crashAfter`: the process ends there and does nothing more. `lost`: done, but
 * the answer never comes. `status…`: refused by an error with that status.
 */
export const faults = ["crashBefore", "crashAfter", "lost", "status500", "status503"] as const;
export type Fault = (typeof faults)[number];

export type Faulty = { readonly world: World; readonly calls: () => readonly string[] };

/** @param plan asked at each call; `index` counts from 0. */
export function faultyWorld(
  world: World,
  plan: (index: number, method: string) => Fault | undefined,
): Faulty {
  const calls: string[] = [];
  let ended = false;
  const around: Around = async (method, run) => {
    if (ended) throw new Error(`${method} after the end of the process`);
    const fault = plan(calls.length, method);
    calls.push(method);
    ended = fault === "crashBefore" || fault === "crashAfter";
    if (fault === undefined) return run();
    if (fault === "lost" || fault === "crashAfter") await run();
    const code = fault === "status500" ? 500 : 503;
    throw Object.assign(new Error(`${fault} at ${method}`), { code });
  };
  return { world: aroundWorld(world, around), calls: () => calls };
}
