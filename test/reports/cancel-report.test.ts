import { describe, expect, it } from "vitest";
import { auditEntrySchema } from "../../src/access/audit-entry.ts";
import { cancellationEntry, cancelReport } from "../../src/reports/cancel-report.ts";
import { ATTEMPTS_MAX, LEASE_MS, type Report } from "../../src/reports/report.ts";
import { agreementEvent } from "../fakes/events.ts";
import { type Around, aroundWorld, faultyWorld } from "./support/around-world.ts";
import { endlessActivity } from "./support/endless-activity.ts";
import {
  expectNoOtherFile,
  expectOneWholeReport,
  makeQuietly,
  makeUntilOver,
  worldWithSecondVersion,
} from "./support/second-version.ts";
import { type Asked, ask, customerId, issue, make, memoryWorld, type World } from "./support/world.ts";

const FOR_TOOLS: Asked = { formats: ["csv", "xlsx"] };
const IN_TWO_LANGUAGES: Asked = { formats: ["csv"], languages: ["pl", "en"] };
const alice = { subject: "alice", email: "alice@cust-t.example" };

const cancelIn = (world: World, { id }: Pick<Report, "id">, actor: typeof alice = alice) =>
  cancelReport(world.reports, customerId, id, { at: world.clock.now(), actor });

async function statusOf(world: World, { id }: Report): Promise<string | undefined> {
  return (await world.reports.read(customerId, id))?.value.status;
}

async function callsOf(asked: Asked): Promise<readonly string[]> {
  const { world, second } = await worldWithSecondVersion(asked);
  const counted = faultyWorld(world, () => undefined);
  await make(counted.world, second);
  return counted.calls();
}

/** How somebody's cancellation and a call of the maker follow each other. */
const orders = {
  before: async <Value>(run: () => Promise<Value>, cancel: () => Promise<unknown>) => {
    await cancel();
    return run();
  },
  while: async <Value>(run: () => Promise<Value>, cancel: () => Promise<unknown>) => {
    const [value] = await Promise.all([run(), cancel()]);
    return value;
  },
  after: async <Value>(run: () => Promise<Value>, cancel: () => Promise<unknown>) => {
    const value = await run();
    await cancel();
    return value;
  },
} as const;

/** @returns whether the cancellation came in time. */
async function expectCanceledOrIssued(
  asked: Asked,
  at: number,
  order: (typeof orders)[keyof typeof orders],
): Promise<boolean> {
  const { world, first, second } = await worldWithSecondVersion(asked);
  let calls = 0;
  let canceled: unknown;
  const cancel = async () => {
    canceled = await cancelIn(world, second).catch((error: unknown) => error);
  };
  const around: Around = (_method, run) => (calls++ === at ? order(run, cancel) : run());
  const made = await make(aroundWorld(world, around), second);
  if (made.outcome === "issued") {
    expect(canceled).toMatchObject({ code: "ReportEnded" });
    await expectOneWholeReport(world, first, made);
    return false;
  }
  // Whoever cannot even begin comes again, and finds out.
  if (made.outcome === "later") expect(made).toEqual({ outcome: "later", retryAfterSeconds: 1 });
  else expect(made).toMatchObject({ outcome: "canceled", report: { canceledBy: alice } });
  expect(canceled).toMatchObject({ value: { status: "canceled" } });
  expectNoOtherFile(world, [first]);
  world.clock.forward(LEASE_MS);
  expect(await make(world, second)).toMatchObject({ outcome: "canceled" });
  expectNoOtherFile(world, [first]);
  return true;
}

describe("a report that is cancelled", () => {
  it.each([
    ["for tools", FOR_TOOLS],
    ["in two languages", IN_TWO_LANGUAGES],
  ])(
    "is never issued and leaves no file, whichever call of its maker that befalls, or it was issued before: %s",
    async (_kind, asked) => {
      const calls = await callsOf(asked);
      for (const [name, order] of Object.entries(orders)) {
        const inTime: boolean[] = [];
        for (const at of calls.keys()) inTime.push(await expectCanceledOrIssued(asked, at, order));
        // Nothing but the last save issues it.
        const tooLate = name === "before" ? 0 : 1;
        expect(inTime.indexOf(false), name).toBe(tooLate === 0 ? -1 : calls.length - 1);
      }
    },
  );

  it("leaves no file of a maker that ended without a word, wherever it was", async () => {
    for (const at of (await callsOf(IN_TWO_LANGUAGES)).keys()) {
      const { world, first, second } = await worldWithSecondVersion(IN_TWO_LANGUAGES);
      const crashing = faultyWorld(world, (index) => (index === at ? "crashBefore" : undefined));
      await makeQuietly(crashing.world, second);
      await cancelIn(world, second);
      expect(await make(world, second)).toMatchObject({ outcome: "canceled" });
      expectNoOtherFile(world, [first], `crash at call ${at}`);
    }
  });

  it("is made no further than to where its maker next says how far it is", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    const report = await ask(world, { formats: ["csv"] });
    const { activity, pagesAsked } = endlessActivity(world.activity, 1_000_000);
    const canceling: World = {
      ...world,
      activity: {
        ...activity,
        async *entriesBetween(...range) {
          await cancelIn(world, report);
          yield* activity.entriesBetween(...range);
        },
      },
    };
    expect(await make(canceling, report)).toMatchObject({ outcome: "canceled" });
    expect(pagesAsked()).toBeLessThanOrEqual(50_000 / 500 + 3);
    expect(world.files.contents.size).toBe(0);
  });

  it("is waited for no more by the version after it, which is compared with the one before it", async () => {
    const { world, first, second } = await worldWithSecondVersion(FOR_TOOLS);
    const third = await ask(world, FOR_TOOLS);
    expect(await make(world, third)).toMatchObject({ outcome: "later", cause: { code: "NotReady" } });
    await cancelIn(world, second);
    const made = await makeUntilOver(world, third);
    expect(made).toMatchObject({
      outcome: "issued",
      report: { version: 3, previousReportId: first.id, changes: { added: 1 } },
    });
  });

  it("stays as it was cancelled first, and is told of once in the audit trail (AC-09)", async () => {
    const { world, second } = await worldWithSecondVersion();
    const first = await cancelIn(world, second);
    world.clock.forward(LEASE_MS);
    const again = await cancelIn(world, second, { subject: "bob", email: "bob@cust-t.example" });
    expect(again).toEqual(first);
    expect(auditEntrySchema.parse(cancellationEntry(again.value))).toEqual(cancellationEntry(first.value));
    expect(cancellationEntry(first.value)).toMatchObject({
      actor: alice,
      action: "reportCanceled",
      target: `/customers/${customerId}/reports/${second.id}`,
    });
  });
});

describe("a report that has ended", () => {
  it("is not cancelled any more, whether it was issued or failed", async () => {
    const { world, first, second } = await worldWithSecondVersion();
    await expect(cancelIn(world, first)).rejects.toMatchObject({ code: "ReportEnded" });
    const broken = faultyWorld(world, (_index, method) =>
      method === "files.write" ? "status500" : undefined,
    );
    await makeUntilOver(broken.world, second);
    await expect(cancelIn(world, second)).rejects.toMatchObject({ code: "ReportEnded" });
    expect(await statusOf(world, second)).toBe("failed");
  });

  it("leaves no file of makers that all ended without a word", async () => {
    const { world, first, second } = await worldWithSecondVersion(IN_TWO_LANGUAGES);
    for (let run = 0; run < ATTEMPTS_MAX; run++) {
      const crash = faultyWorld(world, (_index, method) =>
        method === "files.write" ? "crashAfter" : undefined,
      );
      await makeQuietly(crash.world, second);
      world.clock.forward(LEASE_MS);
    }
    expect(world.files.contents.size).toBeGreaterThan(first.files.length);
    expect(await make(world, second)).toMatchObject({ outcome: "failed" });
    expectNoOtherFile(world, [first]);
  });

  it("leaves no file of a last attempt that could not remove what it wrote, once it is found failed", async () => {
    const { world, first, second } = await worldWithSecondVersion(IN_TWO_LANGUAGES);
    let canRemove = true;
    const broken = aroundWorld(world, async (method, run) => {
      if (method === "files.remove" && !canRemove) throw new Error("no removing today");
      const value = await run();
      if (method === "files.write") throw new Error("the answer was lost");
      return value;
    });
    for (let attempt = 1; attempt < ATTEMPTS_MAX; attempt++) {
      const made = await make(broken, second);
      if (made.outcome !== "later") throw new Error(`attempt ${attempt} is ${made.outcome}`);
      world.clock.forward(made.retryAfterSeconds * 1_000);
    }
    expectNoOtherFile(world, [first]);
    canRemove = false;
    expect(await make(broken, second)).toMatchObject({ outcome: "failed" });
    expect(world.files.contents.size).toBeGreaterThan(first.files.length);
    expect(await make(world, second)).toMatchObject({ outcome: "failed" });
    expectNoOtherFile(world, [first]);
  });

  it("that nobody asked for is not there to be cancelled", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    const { id } = await issue(world, { formats: ["csv"] });
    await expect(
      cancelReport(world.reports, customerId, `${id}0`, { at: "", actor: alice }),
    ).rejects.toMatchObject({
      code: "ResourceNotFound",
    });
  });
});
