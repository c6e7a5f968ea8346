import { describe, expect, it } from "vitest";
import type { Made } from "../../src/reports/make-report.ts";
import {
  ATTEMPTS_MAX,
  LEASE_MS,
  type Report,
  type ReportFormat,
  reportFormats,
  reportIdSchema,
  type SucceededReport,
  WAIT_MAX_MS,
} from "../../src/reports/report.ts";
import { agreementEvent, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { seededRandom } from "../fakes/random.ts";
import { aroundWorld, type Fault, faults, faultyWorld } from "./support/around-world.ts";
import { lateIssue, unluckyMaker } from "./support/unlucky-makers.ts";
import {
  ask,
  bytesOf,
  customerId,
  inSection,
  issue,
  type MemoryWorld,
  make,
  march,
  memoryWorld,
  recordsOf,
  type World,
} from "./support/world.ts";

const SEEDS = 60;
/** Making a PDF takes most of the time. */
const PAPER_LIMIT_MS = 120_000;
const PAPER_EVERY = 4;
const FOR_TOOLS: readonly ReportFormat[] = ["csv", "xlsx"];

/** A first version, a late delivery, and a second version that nobody has made yet. */
async function worldWithSecondVersion(formats: readonly ReportFormat[] = reportFormats): Promise<{
  readonly world: MemoryWorld;
  readonly first: SucceededReport;
  readonly second: Report;
}> {
  const world = memoryWorld();
  await world.record(
    agreementEvent(),
    deliveryEvent("one"),
    deliveryEvent("two", { request: { number: "CASE-two", category: "SU" } }),
    deliveryEvent("none", { agreementId: undefined, packageId: undefined, entitlementId: undefined }),
  );
  await world.record(reversalEvent("back", "one", { quantity: 5 }));
  const first = await issue(world, march, ["csv"]);
  await world.record(deliveryEvent("late", { deliveredAt: "2026-03-20T08:00:00Z" }));
  return { world, first, second: await ask(world, "second", march, formats) };
}

async function makeQuietly(world: World, report: Report): Promise<Made | undefined> {
  try {
    return await make(world, report);
  } catch {
    return undefined;
  }
}

/** As the queue would: again and again, after the time that was asked for, until the report is over. */
async function makeUntilOver(world: World, report: Report): Promise<Made> {
  for (let run = 0; run < 2 * ATTEMPTS_MAX; run++) {
    const made = await makeQuietly(world, report);
    if (made !== undefined && made.outcome !== "later") return made;
    world.clock.forward(made?.outcome === "later" ? made.retryAfterSeconds * 1_000 : LEASE_MS);
  }
  throw new Error("the report is never over");
}

async function expectOneWholeReport(
  world: MemoryWorld,
  first: SucceededReport,
  made: Made,
): Promise<SucceededReport> {
  if (made.outcome !== "issued") throw new Error(`not issued: ${JSON.stringify(made)}`);
  const { report } = made;
  expect((await world.reports.read(customerId, report.id))?.value).toEqual(report);
  expect((await world.reports.read(customerId, first.id))?.value).toEqual(first);
  await bytesOf(world, first);
  expect(report.files.map(({ format }) => format)).toEqual(report.formats);
  for (const { format } of report.files) await bytesOf(world, report, format);
  const records = await recordsOf(world, report);
  expect(records).toHaveLength(report.files[0]?.rows ?? 0);
  expect(inSection(records, "change")).toMatchObject([{ change: "added", eventId: "late" }]);
  expect(inSection(records, "delivery").map(({ eventId }) => eventId)).toHaveLength(3);
  return report;
}

/** @param at number of the call that the fault befalls. */
async function expectWholeAfter(
  fault: Fault,
  call: { readonly at: number; readonly method: string; readonly formats: readonly ReportFormat[] },
): Promise<void> {
  const { world, first, second } = await worldWithSecondVersion(call.formats);
  const faulty = faultyWorld(world, (index) => (index === call.at ? fault : undefined));
  await makeQuietly(faulty.world, second);
  world.clock.forward(LEASE_MS);
  const report = await expectOneWholeReport(world, first, await makeUntilOver(world, second));
  const what = `${fault} at ${call.method}`;
  expect(report.attempt, what).toBeLessThanOrEqual(2);
  expect([...world.files.contents.keys()].toSorted(), what).toEqual(
    [...first.files, ...report.files].map(({ blobName }) => blobName).toSorted(),
  );
}

describe("making a report", () => {
  it("ends with exactly one whole report whatever befalls any one call, and leaves no other file", async () => {
    const sound = await worldWithSecondVersion(FOR_TOOLS);
    const counted = faultyWorld(sound.world, () => undefined);
    await make(counted.world, sound.second);
    const methods = counted.calls();
    expect(new Set(methods)).toEqual(
      new Set([
        "reports.read",
        "reports.save",
        "customers.read",
        "directory.supportContacts",
        "activity.ledger",
        "activity.days",
        "activity.counted",
        "activity.lastAt",
        "activity.page",
        "files.write",
        "files.readStream",
        "files.chunk",
      ]),
    );
    for (const [at, method] of methods.entries()) {
      for (const fault of faults) await expectWholeAfter(fault, { at, method, formats: FOR_TOOLS });
    }
  });

  it(
    "ends so too whatever befalls the first and the last call of a kind that is made for paper",
    async () => {
      const sound = await worldWithSecondVersion();
      const counted = faultyWorld(sound.world, () => undefined);
      await make(counted.world, sound.second);
      const methods = counted.calls();
      const firstForPaper = methods.lastIndexOf("files.write");
      expect(methods.slice(firstForPaper)).toContain("activity.rows");
      for (const [at, method] of methods.entries()) {
        const isFirst = methods.indexOf(method, firstForPaper) === at;
        if (!isFirst && (at < firstForPaper || methods.lastIndexOf(method) !== at)) continue;
        for (const fault of ["crashBefore", "lost"] as const)
          await expectWholeAfter(fault, { at, method, formats: reportFormats });
      }
    },
    PAPER_LIMIT_MS,
  );

  it("ends with exactly one whole report when the fault befalls the ending of an attempt that failed", async () => {
    const faultyCalls = ["reports.read", "reports.save", "files.remove"];
    for (const second of faults) {
      for (const ending of faultyCalls) {
        const scene = await worldWithSecondVersion();
        let failed = false;
        const plan = (_index: number, method: string): Fault | undefined => {
          if (failed) return method === ending ? second : undefined;
          failed = method === "files.write";
          return failed ? "lost" : undefined;
        };
        await makeQuietly(faultyWorld(scene.world, plan).world, scene.second);
        scene.world.clock.forward(LEASE_MS);
        await expectOneWholeReport(scene.world, scene.first, await makeUntilOver(scene.world, scene.second));
      }
    }
  });

  it("issues one report or none of many makers at once, with any pauses, leases that run out and faults", async () => {
    let issuedAgainstOthers = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const formats = seed % PAPER_EVERY === 0 ? reportFormats : FOR_TOOLS;
      const { world, first, second } = await worldWithSecondVersion(formats);
      const random = seededRandom(seed);
      const makers = Array.from({ length: 3 }, () => unluckyMaker(world, random));
      const outcomes = (await Promise.all(makers.map((each) => insist(each, second)))).flat();
      world.clock.forward(LEASE_MS);
      const made = await makeUntilOver(world, second);
      const issued = outcomes.flatMap((each) => (each?.outcome === "issued" ? [each.report] : []));
      if (made.outcome === "failed") {
        expect(issued, `seed ${seed}`).toEqual([]);
        continue;
      }
      const report = await expectOneWholeReport(world, first, made);
      for (const each of issued) expect(each, `seed ${seed}`).toEqual(report);
      if (report.attempt > 1) issuedAgainstOthers += 1;
    }
    expect(issuedAgainstOthers).toBeGreaterThan(SEEDS / 4);
  });

  it("keeps the file of a report whose saving was taken for failed and arrived late", async () => {
    for (const arrivesBefore of ["reports.read", "reports.save", "files.remove"]) {
      const { world, first, second } = await worldWithSecondVersion();
      const late = lateIssue(world, arrivesBefore);
      await makeQuietly(late, second);
      await expectOneWholeReport(world, first, await makeUntilOver(world, second));
    }
  });

  it("leaves the lease of a maker that took over alone when the one before it ends", async () => {
    const { world, second } = await worldWithSecondVersion();
    const slow = aroundWorld(world, async (method, run) => {
      if (method !== "files.write") return run();
      world.clock.forward(LEASE_MS);
      await makeQuietly(
        faultyWorld(world, (_index, each) => (each === method ? "crashBefore" : undefined)).world,
        second,
      );
      throw new Error("too slow");
    });
    expect(await make(slow, second)).toMatchObject({ outcome: "later", retryAfterSeconds: LEASE_MS / 1_000 });
    expect((await world.reports.read(customerId, second.id))?.value).not.toHaveProperty("error");
  });

  it("issues nothing when a line changes between the two times that it is read", async () => {
    const { world, first, second } = await worldWithSecondVersion();
    let passes = 0;
    const changing: World = {
      ...world,
      activity: {
        ...world.activity,
        async *entriesBetween(...range) {
          passes += 1;
          // Two ledgers are read for the deliveries, two for the additional cases, then two for the changes.
          if (passes === 5) await world.record(deliveryEvent("meanwhile"));
          yield* world.activity.entriesBetween(...range);
        },
      },
    };
    expect(await make(changing, second)).toMatchObject({
      outcome: "later",
      cause: { code: "FiguresDiffer" },
    });
    expect(world.files.contents.size).toBe(first.files.length);
    world.clock.forward(LEASE_MS);
    const made = await makeUntilOver(changing, second);
    expect(made).toMatchObject({ outcome: "issued", report: { changes: { added: 2 } } });
  });

  it.each([
    ["entries are being placed anew under changed terms", { settledRevision: 0, revision: 9 }],
    ["events that waited for the agreement are being recorded", { mending: { entryId: "e", afterId: "" } }],
  ])("waits, uncounted, while %s", async (_what, unfinished) => {
    const { world, second } = await worldWithSecondVersion();
    const unsettled: World = {
      ...world,
      activity: {
        ...world.activity,
        ledger: async (ledgerId) => {
          const ledger = await world.activity.ledger(ledgerId);
          return ledger && { ...ledger, head: { ...ledger.head, ...unfinished } };
        },
      },
    };
    for (let run = 0; run < 2 * ATTEMPTS_MAX; run++) {
      expect(await make(unsettled, second)).toMatchObject({ outcome: "later", cause: { code: "NotReady" } });
      world.clock.forward(LEASE_MS);
    }
    expect(await make(world, second)).toMatchObject({ outcome: "issued", report: { attempt: 1 } });
  });

  it("waits, uncounted, while a store or the network is away (EX-10)", async () => {
    const { world, second } = await worldWithSecondVersion();
    const away = faultyWorld(world, (_index, method) => (method === "files.write" ? "status503" : undefined));
    for (let run = 0; run < 2 * ATTEMPTS_MAX; run++) {
      expect(await make(away.world, second)).toMatchObject({ outcome: "later", cause: { code: 503 } });
      world.clock.forward(LEASE_MS);
    }
    expect(await make(world, second)).toMatchObject({ outcome: "issued", report: { attempt: 1 } });
  });

  it("does not wait for longer than a day", async () => {
    const { world, second } = await worldWithSecondVersion();
    const unknown: World = {
      ...world,
      activity: { ...world.activity, ledger: async () => undefined },
    };
    expect(await make(unknown, second)).toMatchObject({ outcome: "later" });
    world.clock.forward(WAIT_MAX_MS);
    expect(await makeUntilOver(unknown, second)).toMatchObject({
      outcome: "failed",
      report: { attempt: ATTEMPTS_MAX, error: { code: "NotReady" } },
    });
  });

  it("leaves a report that is being made to its maker until the lease has run out", async () => {
    const { world, second } = await worldWithSecondVersion();
    const faulty = faultyWorld(world, (_index, method) =>
      method === "files.write" ? "crashBefore" : undefined,
    );
    await makeQuietly(faulty.world, second);
    expect(await make(world, second)).toMatchObject({
      outcome: "later",
      retryAfterSeconds: LEASE_MS / 1_000,
    });
    world.clock.forward(LEASE_MS);
    expect(await make(world, second)).toMatchObject({ outcome: "issued", report: { attempt: 2 } });
  });

  it("gives up after a bounded number of attempts, says why, and names no file", async () => {
    const { world, first, second } = await worldWithSecondVersion();
    const broken = faultyWorld(world, (_index, method) =>
      method === "files.write" ? "status500" : undefined,
    );
    const made = await makeUntilOver(broken.world, second);
    expect(made).toMatchObject({
      outcome: "failed",
      report: { status: "failed", attempt: ATTEMPTS_MAX, error: { code: "Unavailable" } },
    });
    expect(await make(world, second)).toMatchObject({ outcome: "failed" });
    expect([...world.files.contents.keys()]).toEqual(first.files.map(({ blobName }) => blobName));
  });

  it("gives up a report whose makers all ended without a word", async () => {
    const { world, second } = await worldWithSecondVersion();
    for (let run = 0; run < ATTEMPTS_MAX; run++) {
      const crash = faultyWorld(world, (_index, method) =>
        method === "files.write" ? "crashAfter" : undefined,
      );
      await makeQuietly(crash.world, second);
      world.clock.forward(LEASE_MS);
    }
    expect(await make(world, second)).toMatchObject({
      outcome: "failed",
      report: { error: { code: "Interrupted" } },
    });
  });

  it("issues nothing while the lines differ from the figures, and the whole when they agree again", async () => {
    const { world, first, second } = await worldWithSecondVersion();
    let missing = 1;
    const { activity } = world;
    const short: World = {
      ...world,
      activity: {
        ...activity,
        async *entriesBetween(...range) {
          for await (const page of activity.entriesBetween(...range)) yield page.slice(missing);
        },
      },
    };
    expect(await make(short, second)).toMatchObject({ outcome: "later" });
    const waiting = await world.reports.read(customerId, second.id);
    expect(waiting?.value).toMatchObject({ status: "running", error: { code: "FiguresDiffer" } });
    expect(world.files.contents.size).toBe(first.files.length);
    missing = 0;
    world.clock.forward(LEASE_MS);
    expect(await make(short, second)).toMatchObject({ outcome: "issued" });
  });

  it("issues the versions of a report in their order", async () => {
    const { world, second } = await worldWithSecondVersion();
    const third = await ask(world);
    expect(await make(world, third)).toMatchObject({ outcome: "later" });
    expect(await make(world, second)).toMatchObject({ outcome: "issued" });
    world.clock.forward(LEASE_MS);
    expect(await make(world, third)).toMatchObject({
      outcome: "issued",
      report: { attempt: 1, previousReportId: second.id, changes: { added: 0, removed: 0, changed: 0 } },
    });
  });

  it("refuses to compare with a file that is not the one that was issued", async () => {
    const { world, first, second } = await worldWithSecondVersion();
    const [file] = first.files;
    const contents = await bytesOf(world, first);
    await world.files.remove(file?.blobName ?? "");
    contents.write("CASE-twO", contents.indexOf("CASE-two"));
    await world.files.write(
      { blobName: file?.blobName ?? "", fileName: "", contentType: "", reportId: "" },
      (async function* () {
        yield await Promise.resolve(contents);
      })(),
    );
    expect(await make(world, second)).toMatchObject({ outcome: "later" });
  });

  it("knows no report that was not asked for", async () => {
    const { world, second } = await worldWithSecondVersion();
    expect(await make(world, { id: reportIdSchema.parse(`${second.id}0`) })).toEqual({ outcome: "missing" });
  });
});

/** Does not wait for the time it is told to: whenever a lease has run out there is somebody to take it. */
async function insist(world: World, report: Report): Promise<readonly (Made | undefined)[]> {
  const outcomes: (Made | undefined)[] = [];
  for (let run = 0; run < 12; run++) outcomes.push(await makeQuietly(world, report));
  return outcomes;
}
