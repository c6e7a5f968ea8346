import { describe, expect, it } from "vitest";
import * as z from "zod";
import { NotFoundError } from "../../src/platform/errors.ts";
import type { Made } from "../../src/reports/make-report.ts";
import {
  ATTEMPTS_MAX,
  LEASE_MS,
  type Report,
  reportIdSchema,
  WAIT_MAX_MS,
} from "../../src/reports/report.ts";
import { deliveryEvent } from "../fakes/events.ts";
import { seededRandom } from "../fakes/random.ts";
import { aroundWorld, type Fault, faults, faultyWorld } from "./support/around-world.ts";
import {
  expectNoOtherFile,
  expectOneWholeReport,
  makeQuietly,
  makeUntilOver,
  worldWithSecondVersion,
} from "./support/second-version.ts";
import { lateIssue, unluckyMaker } from "./support/unlucky-makers.ts";
import { type Asked, ask, customerId, make, type World } from "./support/world.ts";

const SEEDS = 60;
/** Making a PDF takes most of the time. */
const PAPER_LIMIT_MS = 120_000;
const FOR_TOOLS: Asked = { formats: ["csv", "xlsx"] };
const IN_TWO_LANGUAGES: Asked = { formats: ["csv"], languages: ["pl", "en"] };
/** One of four is made for paper too. */
const kinds: readonly Asked[] = [{}, FOR_TOOLS, IN_TWO_LANGUAGES, FOR_TOOLS];

/** @param at number of the call that the fault befalls. */
async function expectWholeAfter(
  fault: Fault,
  call: { readonly at: number; readonly method: string; readonly asked: Asked },
): Promise<void> {
  const { world, first, second } = await worldWithSecondVersion(call.asked);
  const faulty = faultyWorld(world, (index) => (index === call.at ? fault : undefined));
  await makeQuietly(faulty.world, second);
  world.clock.forward(LEASE_MS);
  const report = await expectOneWholeReport(world, first, await makeUntilOver(world, second));
  const what = `${fault} at ${call.method}`;
  expect(report.attempt, what).toBeLessThanOrEqual(2);
  expectNoOtherFile(world, [first, report], what);
}

/** The calls of a making that nothing befalls. */
async function soundCalls(asked: Asked): Promise<readonly string[]> {
  const sound = await worldWithSecondVersion(asked);
  const counted = faultyWorld(sound.world, () => undefined);
  await make(counted.world, sound.second);
  return counted.calls();
}

describe("making a report", () => {
  it("ends with exactly one whole report whatever befalls any one call, and leaves no other file", async () => {
    const methods = await soundCalls(FOR_TOOLS);
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
      for (const fault of faults) await expectWholeAfter(fault, { at, method, asked: FOR_TOOLS });
    }
  });

  it("ends so too in two languages whatever befalls any one call, and leaves nothing of the first alone", async () => {
    const methods = await soundCalls(IN_TWO_LANGUAGES);
    for (const [at, method] of methods.entries()) {
      for (const fault of ["crashBefore", "lost"] as const)
        await expectWholeAfter(fault, { at, method, asked: IN_TWO_LANGUAGES });
    }
  });

  it(
    "ends so too whatever befalls the first and the last call of a kind that is made for paper",
    async () => {
      const methods = await soundCalls({});
      const firstForPaper = methods.lastIndexOf("files.write");
      expect(methods.slice(firstForPaper)).toContain("activity.rows");
      for (const [at, method] of methods.entries()) {
        const isFirst = methods.indexOf(method, firstForPaper) === at;
        if (!isFirst && (at < firstForPaper || methods.lastIndexOf(method) !== at)) continue;
        for (const fault of ["crashBefore", "lost"] as const)
          await expectWholeAfter(fault, { at, method, asked: {} });
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
      const asked = kinds[seed % kinds.length] ?? {};
      const { world, first, second } = await worldWithSecondVersion(asked);
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
    expectNoOtherFile(world, [first]);
  });

  it.each([
    ["is in the log alone where it was not foreseen", new RangeError("secret"), "InternalError"],
    ["is in the log alone where something is not found", new NotFoundError("secret"), "InternalError"],
    ["is in the log alone where a document does not fit", new z.ZodError([]), "InternalError"],
    ["is that a store refused", Object.assign(new Error("secret"), { statusCode: 403 }), "Unavailable"],
  ])("says what people can know of why it ended, which %s", async (_what, cause, code) => {
    const { world, second } = await worldWithSecondVersion();
    const ledger = async () => Promise.reject(cause);
    const broken: World = { ...world, activity: { ...world.activity, ledger } };
    const made = await makeUntilOver(broken, second);
    expect(made).toMatchObject({ outcome: "failed", cause, report: { error: { code } } });
    expect(JSON.stringify(await world.reports.read(customerId, second.id))).not.toContain("secret");
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
