import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MalwareScanner } from "../../src/platform/malware-scanner.ts";
import {
  type CallFault,
  callFaults,
  type FaultPlan,
  faultyCalls,
  writeFaults,
} from "../fakes/faulty-stores.ts";
import { interleavedCalls } from "../fakes/interleaved-stores.ts";
import { seededRandom } from "../fakes/random.ts";
import { type Access, type AttachmentWorld, sha256Of, startAttachments } from "./attachment-world.ts";
import { EICAR } from "./eicar-text.ts";

const LOG = Buffer.from("one line of a log\n".repeat(1_000));
/** How often somebody tries again what has no answer: then it is a defect. */
const TRIES_MAX = 20;

type Scenario = {
  readonly name: string;
  readonly content: Buffer;
  readonly sha256?: string;
  readonly scan?: MalwareScanner["scan"];
  readonly but?: "removed" | "overwritten" | "neverCompleted" | "jobLost";
  readonly end: string;
};

const scenarios: readonly Scenario[] = [
  { name: "a clean file", content: LOG, sha256: sha256Of(LOG), end: "clean" },
  { name: "a harmful file", content: Buffer.from(`text ${EICAR}`), end: "refused malware" },
  {
    name: "a file that the scanner refuses",
    content: LOG,
    scan: async () => ({ verdict: "infected", name: "Some.Virus" }),
    end: "refused malware",
  },
  {
    name: "a file that was damaged on its way",
    content: LOG,
    sha256: sha256Of(Buffer.from("as it was")),
    end: "refused checksumMismatch",
  },
  { name: "a file whose job is lost", content: LOG, but: "jobLost", end: "clean" },
  { name: "a file that is removed", content: LOG, but: "removed", end: "removed" },
  { name: "an upload that changes", content: LOG, but: "overwritten", end: "refused uploadChanged" },
  { name: "an upload without end", content: LOG, but: "neverCompleted", end: "refused uploadAbandoned" },
];

/** Whoever has no answer tries again, and has no fault any more. */
async function persistently(first: Access, then: Access, step: (access: Access) => Promise<unknown>) {
  for (let tries = 1; ; tries++) {
    try {
      return await step(tries === 1 ? first : then);
    } catch (error) {
      if (tries === TRIES_MAX) throw error;
    }
  }
}

/** There is nothing to be had that was not found clean, and it is what was attached. */
async function checkDownloadable(world: AttachmentWorld, id: string, content: Buffer): Promise<void> {
  const document = await world.document(id);
  if (document?.kind !== "requestAttachment" || document.progress.state !== "clean") return;
  expect(document.progress.sha256).toBe(sha256Of(content));
  const pieces: Uint8Array[] = [];
  for await (const piece of await world.access.attachmentFiles.read(id)) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(content)).toBe(true);
}

async function endOf({ content, sha256, scan, but }: Scenario, plan: FaultPlan) {
  const world = startAttachments(scan);
  const faulty = faultyCalls(plan);
  faulty.arm();
  const first = world.accessBehind(faulty.around);
  const attempt = (step: (access: Access) => Promise<unknown>) => persistently(first, world.access, step);
  const id = world.idOf("announcing");
  await attempt((by) => world.announce(by, "announcing", "backup.log", content, sha256));
  await world.files.put(id, content);
  if (but !== "neverCompleted") {
    await attempt((by) => world.complete(by, id));
    if (but === "overwritten") await world.files.put(id, Buffer.from("harmful"));
    if (but !== "jobLost") await attempt((by) => world.work(by, id));
    await checkDownloadable(world, id, content);
    if (but === "removed") await attempt((by) => world.remove(by, id));
  }
  // Whoever holds the link goes on writing as long as it is good.
  world.pass(30);
  if (but !== "jobLost") await world.files.put(id, Buffer.from("written later"));
  await world.settle(id);
  await checkDownloadable(world, id, content);
  return { ...(await stateOf(world, id)), calls: faulty.calls() };
}

async function stateOf(world: AttachmentWorld, id: string) {
  const [document, known] = await Promise.all([world.document(id), world.known()]);
  const { attachmentCount: count, attachmentsEver: ever } = known;
  return {
    end: endState(document),
    lookAt: document?.lookAt,
    left: world.files.left(),
    trail: world.trail(),
    count,
    ever,
  };
}

function endState(document: Awaited<ReturnType<AttachmentWorld["document"]>>): string {
  if (document?.kind !== "requestAttachment") return "removed";
  const { progress } = document;
  return progress.state === "refused" ? `refused ${progress.code}` : progress.state;
}

/** What has to be so at every end. */
function expectTidy({ end, lookAt, left, count, ever }: Awaited<ReturnType<typeof stateOf>>, id: string) {
  expect(lookAt).toBeNull();
  expect(left).toEqual({ uploads: [], files: end === "clean" ? [id] : [] });
  expect([count, ever]).toEqual([end === "clean" ? 1 : 0, 1]);
}

describe("faults at every call", () => {
  it.each(scenarios)("end as without them: $name", async (scenario) => {
    const { calls, ...expected } = await endOf(scenario, () => undefined);
    expect(expected.end).toBe(scenario.end);
    expectTidy(expected, startAttachments().idOf("announcing"));
    let pairs = 0;
    for (const [index, { method, canBeRefused }] of calls.entries()) {
      const faults: readonly CallFault[] = canBeRefused ? [...callFaults, ...writeFaults] : callFaults;
      for (const fault of faults) {
        const { calls: _, ...found } = await endOf(scenario, (call) =>
          call.index === index ? fault : undefined,
        );
        expect(found, `${fault} at ${method} (${index})`).toEqual(expected);
        pairs += 1;
      }
    }
    console.log(`${scenario.name}: ${pairs} pairs of call and fault`);
    expect(pairs).toBeGreaterThan(10);
  });

  it("end the same, whatever fails however often", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...scenarios), fc.integer(), async (scenario, seed) => {
        const random = seededRandom(seed);
        const plan: FaultPlan = ({ canBeRefused }) => {
          if (random.below(6) > 0) return undefined;
          const faults: readonly CallFault[] = canBeRefused ? [...callFaults, ...writeFaults] : callFaults;
          return faults[random.below(faults.length)];
        };
        const { calls: _, trail, ...found } = await endOf(scenario, plan);
        expect(found.end).toBe(scenario.end);
        expectTidy({ ...found, trail }, startAttachments().idOf("announcing"));
        expect(new Set(trail).size).toBe(trail.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a scanner that cannot be asked", () => {
  const attach = async (world: AttachmentWorld): Promise<string> => {
    const id = await world.announce(world.access, "announcing", "backup.log", LOG);
    await world.files.put(id, LOG);
    await world.complete(world.access, id);
    return id;
  };

  it.each(["unreachable", "timeout", "failed"] as const)(
    "is asked again, and lets nothing out: %s",
    async (reason) => {
      let asked = 0;
      const world = startAttachments(async () => {
        asked += 1;
        return asked < 4 ? { verdict: "notScanned", reason } : { verdict: "clean" };
      });
      const id = await attach(world);
      expect(await world.work(world.access, id)).toEqual({ outcome: "scanAgain", cause: reason });
      expect(endState(await world.document(id))).toBe("scanning");
      await world.settle(id);
      expect(endState(await world.document(id))).toBe("clean");
      expect(asked).toBe(4);
    },
  );

  it("for a day means that the file is refused", async () => {
    const world = startAttachments(async () => ({ verdict: "notScanned", reason: "unreachable" }));
    const id = await attach(world);
    await world.settle(id);
    const state = await stateOf(world, id);
    expect(state.end).toBe("refused notScanned");
    expectTidy(state, id);
  });

  it("throws for a day at a file means that the file is refused, unless it is only away", async () => {
    for (const [error, isAway] of [
      [new TypeError("cannot read properties of undefined"), false],
      [Object.assign(new Error("away"), { statusCode: 503 }), true],
    ] as const) {
      let isMended = false;
      const world = startAttachments(async () => {
        if (isMended) return { verdict: "clean" };
        throw error;
      });
      const id = await attach(world);
      for (const minutes of [0, 60, 22 * 60]) {
        world.pass(minutes);
        await expect(world.work(world.access, id)).rejects.toBe(error);
      }
      world.pass(60);
      if (isAway) {
        await expect(world.work(world.access, id)).rejects.toBe(error);
        isMended = true;
      }
      expect(await world.work(world.access, id)).toEqual({ outcome: isAway ? "clean" : "refused" });
      const end = endState(await world.document(id));
      expect(end).toBe(isAway ? "clean" : "refused notInspected");
    }
  });

  it("is asked once more after a day in which nobody tried", async () => {
    const world = startAttachments();
    const id = await attach(world);
    world.pass(25 * 60);
    expect(await world.work(world.access, id)).toEqual({ outcome: "clean" });
  });

  it("looks at less than all of it means that the file is refused", async () => {
    const world = startAttachments(async () => ({ verdict: "notScanned", reason: "tooLarge" }));
    const id = await attach(world);
    expect(await world.work(world.access, id)).toEqual({ outcome: "refused" });
    expect(endState(await world.document(id))).toBe("refused scanLimitExceeded");
  });

  it("by choice is said of the file", async () => {
    const world = startAttachments(async () => ({ verdict: "notScanned", reason: "notConfigured" }));
    const id = await attach(world);
    await world.work(world.access, id);
    expect(await world.document(id)).toMatchObject({ progress: { state: "clean", scan: "notConfigured" } });
  });
});

describe("the same scan several times at once", () => {
  it.each(["clean", "removed", "in doubt"] as const)(
    "decides once, and leaves what was decided: %s",
    async (kind) => {
      const ends = new Set<string>();
      for (let seed = 1; seed <= 200; seed++) {
        let scans = 0;
        const world = startAttachments(async () => {
          scans += 1;
          // Signatures change: of two scans of the same bytes, one may know more.
          return kind === "in doubt" && scans % 2 === 0
            ? { verdict: "infected", name: "New.Virus" }
            : { verdict: "clean" };
        });
        const around = interleavedCalls(seededRandom(seed));
        const by = world.accessBehind(around);
        const id = await world.announce(world.access, "announcing", "backup.log", LOG);
        await world.files.put(id, LOG);
        await world.complete(world.access, id);
        await Promise.all([
          world.work(by, id),
          world.work(by, id),
          world.work(by, id),
          ...(kind === "removed" ? [world.remove(by, id)] : []),
        ]);
        await checkDownloadable(world, id, LOG);
        await world.settle(id);
        await checkDownloadable(world, id, LOG);
        const state = await stateOf(world, id);
        expectTidy(state, id);
        expect(new Set(state.trail).size).toBe(state.trail.length);
        ends.add(state.end);
      }
      const expected = { clean: ["clean"], removed: ["removed"], "in doubt": ["clean", "refused malware"] };
      expect([...ends].toSorted()).toEqual(expected[kind]);
    },
  );
});

describe("at the moment at which an upload is given up", () => {
  const DAY_MINUTES = 24 * 60;

  it("it is either completed or given up", async () => {
    const ends = new Set<string>();
    for (let seed = 1; seed <= 200; seed++) {
      const world = startAttachments();
      const by = world.accessBehind(interleavedCalls(seededRandom(seed)));
      const id = await world.announce(world.access, "announcing", "backup.log", LOG);
      await world.files.put(id, LOG);
      world.pass(DAY_MINUTES);
      await Promise.allSettled([world.complete(by, id), world.work(by, id)]);
      const isCompleted = world.trail().includes("supportRequestAttachmentCompleted");
      await world.settle(id);
      const state = await stateOf(world, id);
      expectTidy(state, id);
      expect(state.end).toBe(isCompleted ? "clean" : "refused uploadAbandoned");
      ends.add(state.end);
    }
    expect([...ends].toSorted()).toEqual(["clean", "refused uploadAbandoned"]);
  });
});
