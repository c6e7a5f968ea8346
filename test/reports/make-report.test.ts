import { describe, expect, it } from "vitest";
import type { Made } from "../../src/reports/make-report.ts";
import {
  ATTEMPTS_MAX,
  LEASE_MS,
  type Report,
  reportIdSchema,
  type SucceededReport,
} from "../../src/reports/report.ts";
import { agreementEvent, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { type Random, seededRandom } from "../fakes/random.ts";
import { aroundWorld, type Fault, faults, faultyWorld } from "./support/around-world.ts";
import {
  ask,
  bytesOf,
  customerId,
  inSection,
  issue,
  type MemoryWorld,
  make,
  memoryWorld,
  recordsOf,
  type World,
} from "./support/world.ts";

/** A first version, a late delivery, and a second version that nobody has made yet. */
async function worldWithSecondVersion(): Promise<{
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
  const first = await issue(world);
  await world.record(deliveryEvent("late", { deliveredAt: "2026-03-20T08:00:00Z" }));
  return { world, first, second: await ask(world) };
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
  const records = await recordsOf(world, report);
  expect(records).toHaveLength(report.files[0]?.rows ?? 0);
  expect(inSection(records, "change")).toMatchObject([{ change: "added", eventId: "late" }]);
  expect(inSection(records, "delivery").map(({ eventId }) => eventId)).toHaveLength(3);
  return report;
}

describe("making a report", () => {
  it("ends with exactly one whole report whatever befalls any one call, and leaves no other file", async () => {
    const sound = await worldWithSecondVersion();
    const counted = faultyWorld(sound.world, () => undefined);
    await make(counted.world, sound.second);
    const methods = counted.calls();
    expect(new Set(methods)).toEqual(
      new Set([
        "reports.read",
        "reports.save",
        "customers.read",
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
      for (const fault of faults) {
        const { world, first, second } = await worldWithSecondVersion();
        const faulty = faultyWorld(world, (index) => (index === at ? fault : undefined));
        await makeQuietly(faulty.world, second);
        world.clock.forward(LEASE_MS);
        const report = await expectOneWholeReport(world, first, await makeUntilOver(world, second));
        expect(report.attempt, `${fault} at ${method}`).toBeLessThanOrEqual(2);
        expect([...world.files.contents.keys()], `${fault} at ${method}`).toEqual([
          first.files[0]?.blobName,
          report.files[0]?.blobName,
        ]);
      }
    }
  });

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

  it("issues one report of many makers at once, with any pauses, leases that run out and faults", async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { world, first, second } = await worldWithSecondVersion();
      const random = seededRandom(seed);
      const makers = Array.from({ length: 3 }, () => unluckyMaker(world, random));
      const outcomes = await Promise.all(makers.map((each) => makeQuietly(each, second)));
      world.clock.forward(LEASE_MS);
      const report = await expectOneWholeReport(world, first, await makeUntilOver(world, second));
      for (const made of outcomes) {
        if (made?.outcome === "issued") expect(made.report, `seed ${seed}`).toEqual(report);
      }
    }
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
      method === "files.write" ? "status503" : undefined,
    );
    const made = await makeUntilOver(broken.world, second);
    expect(made).toMatchObject({
      outcome: "failed",
      report: { status: "failed", attempt: ATTEMPTS_MAX, error: { code: "Unavailable" } },
    });
    expect(await make(world, second)).toMatchObject({ outcome: "failed" });
    expect([...world.files.contents.keys()]).toEqual([first.files[0]?.blobName]);
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
    const { world, second } = await worldWithSecondVersion();
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
    expect(world.files.contents.size).toBe(1);
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
    contents[contents.length - 3] = 0x37;
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

/** Pauses anywhere, now and then until its lease has run out, and fails now and then. */
function unluckyMaker(world: World, random: Random): World {
  const pause = async (): Promise<void> => {
    for (let turns = random.below(12); turns > 0; turns--) await Promise.resolve();
    if (random.below(40) === 0) world.clock.forward(LEASE_MS);
  };
  return aroundWorld(world, async (method, run) => {
    await pause();
    const luck = random.below(60);
    if (luck === 0) throw new Error(`${method} was not done`);
    const value = await run();
    if (luck === 1) throw new Error(`the answer of ${method} was lost`);
    await pause();
    return value;
  });
}
