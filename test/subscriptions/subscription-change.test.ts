import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_WORKSPACE_ID, workspaceIdSchema } from "../../src/agreements/ids.ts";
import { planDue } from "../../src/subscriptions/plan-due.ts";
import type { Schedule } from "../../src/subscriptions/schedule.ts";
import {
  ownerFrom,
  RECIPIENTS_MAX,
  recipientSchema,
  SUBSCRIPTIONS_MAX,
  type Subscription,
  subscriptionSchema,
} from "../../src/subscriptions/subscription.ts";
import {
  changeSubscription,
  createSubscription,
  deleteSubscription,
  pauseSubscription,
  resumeSubscription,
  type SubscriptionDecision,
} from "../../src/subscriptions/subscription-change.ts";
import {
  customerId,
  owner,
  START,
  type SubscriptionWorld,
  someFacts,
  subscriptionWorld,
} from "./subscription-world.ts";

const doing = (at = START, key = "key-1") => ({
  customerId,
  actor: { subject: "person-1", email: "person@cust-t.example" },
  at,
  key,
});
const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};
const created = (facts: Partial<typeof someFacts> = {}): Subscription =>
  createSubscription(doing(), [], { ...someFacts, ...facts }, owner).after;
const versioned = (value: Subscription) => ({ value, etag: '"1"' });
const entryOf = ({ change }: SubscriptionDecision) =>
  change?.created.find(({ kind }) => kind === "auditEntry");
const month: Schedule = { every: "month", dayOfMonth: 3, hour: 8, minute: 0, timeZone: "Europe/Madrid" };

describe("a new subscription", () => {
  it("is due from then on, is its owner's, and can be read again as it was written", () => {
    const decision = createSubscription(doing("2026-02-03T07:00:00.000Z"), [], someFacts, owner);
    expect(decision.after).toMatchObject({
      owner,
      nextDueAt: "2026-03-03T07:00:00.000Z",
      lastOccurrences: {},
    });
    expect(subscriptionSchema.parse(structuredClone(decision.after))).toEqual(decision.after);
    expect(decision.change?.writes).toEqual([{ document: decision.after, etag: undefined }]);
    expect(entryOf(decision)).toMatchObject({
      action: "reportSubscriptionCreated",
      target: `/customers/cust-t/reportSubscriptions/${decision.after.subscriptionId}`,
      after: { name: "Monthly proof", owner: owner.email },
    });
  });

  it("has an id that follows from the request, so that a repeat of it finds it", () => {
    expect(created().subscriptionId).toBe(created({ name: "x" }).subscriptionId);
    const other = createSubscription(doing(START, "key-2"), [], someFacts, owner).after;
    expect(other.subscriptionId).not.toBe(created().subscriptionId);
  });

  it("has each format, recipient and workspace once, whatever their case and order", () => {
    const second = workspaceIdSchema.parse("ws-2");
    const subscription = created({
      scope: { reportKind: "education", workspaceIds: [second, DEFAULT_WORKSPACE_ID, second] },
      formats: ["xlsx", "csv", "xlsx"],
      recipients: [{ email: "Ana@cust-t.example" }],
    });
    expect(subscription).toMatchObject({
      scope: { workspaceIds: ["ws-2", "ws-default"] },
      formats: ["csv", "xlsx"],
      recipients: [{ email: "ana@cust-t.example" }],
    });
    const twice = [{ email: "a@x.example" }, { email: "b@x.example" }, { email: "A@X.example" }];
    expect(codeOf(() => created({ recipients: twice }))).toMatchObject({
      code: "DuplicateRecipient",
      target: "recipients[2].email",
    });
  });

  it("is refused beyond the limits, and as PDF of what was learnt", () => {
    const others = Array.from({ length: SUBSCRIPTIONS_MAX }, () => created());
    expect(codeOf(() => createSubscription(doing(), others, someFacts, owner))).toMatchObject({
      kind: "conflict",
      code: "TooManySubscriptions",
    });
    const one = others.slice(1);
    expect(createSubscription(doing(), one, someFacts, owner).change).toBeDefined();
    const recipients = Array.from({ length: RECIPIENTS_MAX + 1 }, (_, index) => ({
      email: `p${index}@x.example`,
    }));
    expect(codeOf(() => created({ recipients }))).toMatchObject({ code: "TooManyRecipients" });
    const scope = { reportKind: "education", workspaceIds: null } as const;
    expect(codeOf(() => created({ scope, formats: ["csv", "pdf"] }))).toMatchObject({
      kind: "invalidRequest",
      code: "PdfOfEducation",
      target: "formats",
      message: expect.stringContaining("csv and xlsx, not as pdf"),
    });
  });

  it("has an owner who can be written to, named in so many characters", () => {
    const principal = { subject: "s", email: "ana@cust-t.example", isPersonalAccount: false };
    expect(ownerFrom({ ...principal, name: ` ${"n".repeat(300)}` })).toEqual({
      ...principal,
      name: "n".repeat(128),
    });
    expect(ownerFrom({ ...principal, name: "  " })).toEqual(principal);
    expect(codeOf(() => ownerFrom({ subject: "s", isPersonalAccount: false }))).toMatchObject({
      code: "OwnerWithoutEmail",
    });
    expect(recipientSchema.safeParse({ email: "nobody" }).success).toBe(false);
  });
});

describe("a change of a subscription", () => {
  it("leaves the next occurrence as it is, unless it is of the schedule; what changes nothing writes nothing", () => {
    const before = versioned(created());
    const at = "2026-01-20T00:00:00.000Z";
    const decision = changeSubscription(doing(at), before, { name: "Other", formats: ["pdf"] });
    expect(decision.after).toEqual({ ...before.value, name: "Other", formats: ["pdf"], changedAt: at });
    expect(entryOf(decision)).toMatchObject({
      action: "reportSubscriptionChanged",
      before: { name: "Monthly proof" },
      after: { name: "Other" },
    });
    expect(changeSubscription(doing(at), before, { name: before.value.name }).change).toBeUndefined();
    const moved = changeSubscription(doing(at), before, { schedule: { ...month, dayOfMonth: 15 } });
    expect(moved.after.nextDueAt).toBe("2026-02-15T07:00:00.000Z");
    const scope = { reportKind: "education", workspaceIds: null } as const;
    const education = versioned(created({ scope, formats: ["csv"] }));
    expect(codeOf(() => changeSubscription(doing(at), education, { formats: ["pdf"] }))).toMatchObject({
      code: "PdfOfEducation",
    });
  });

  it("is not due a second time in a month that is done, and is in one that is not", () => {
    const before = versioned({ ...created(), lastOccurrences: { month: "2026-02" } });
    const at = "2026-02-10T00:00:00.000Z";
    const later = { ...month, dayOfMonth: 20 } as const;
    expect(changeSubscription(doing(at), before, { schedule: later }).after.nextDueAt).toBe(
      "2026-03-20T07:00:00.000Z",
    );
    const undone = versioned(created());
    expect(
      changeSubscription(doing("2026-01-10T00:00:00.000Z"), undone, { schedule: later }).after.nextDueAt,
    ).toBe("2026-01-20T07:00:00.000Z");
  });

  it("of the schedule plans what was due by the one before, in the same transaction", () => {
    const decision = changeSubscription(doing("2026-02-03T07:01:00.000Z"), versioned(created()), {
      schedule: { ...month, dayOfMonth: 20 },
    });
    expect(decision.change?.created).toMatchObject([
      { action: "reportSubscriptionChanged" },
      { kind: "reportRun", occurrence: "2026-02", dueAt: "2026-02-03T07:00:00.000Z" },
    ]);
    expect(decision.after).toMatchObject({
      lastOccurrences: { month: "2026-02" },
      nextDueAt: "2026-03-20T07:00:00.000Z",
    });
  });

  it("of one that is paused leaves it paused; resumed it is due by the new schedule from then on", () => {
    const paused = pauseSubscription(doing("2026-01-10T00:00:00.000Z"), versioned(created()));
    expect(paused.after).toMatchObject({ pause: { code: "ByRequest" }, nextDueAt: null });
    expect(entryOf(paused)).toMatchObject({
      action: "reportSubscriptionPaused",
      after: { pause: "ByRequest" },
    });
    expect(pauseSubscription(doing(), versioned(paused.after)).change).toBeUndefined();
    const schedule = { ...month, dayOfMonth: 5 } as const;
    const changed = changeSubscription(doing(), versioned(paused.after), { schedule });
    expect(changed.after.nextDueAt).toBeNull();
    const other = { ...owner, email: "bea@cust-t.example" };
    const resumed = resumeSubscription(doing("2026-06-05T07:00:00.000Z"), versioned(changed.after), other);
    expect(resumed.after).toMatchObject({ owner, nextDueAt: "2026-07-05T06:00:00.000Z" });
    expect(resumed.after.pause).toBeUndefined();
    expect(entryOf(resumed)).toMatchObject({ action: "reportSubscriptionResumed" });
    expect(resumeSubscription(doing(), versioned(resumed.after), other).change).toBeUndefined();
  });

  it("has whoever resumes it for its owner when the owner before may not see it any more, whatever it was paused for", () => {
    const by = { ...owner, email: "bea@cust-t.example" };
    const { after } = pauseSubscription(doing(), versioned(created()));
    expect(resumeSubscription(doing(), versioned(after), by, false).after.owner).toEqual(by);
    expect(resumeSubscription(doing(), versioned(after), by, true).after.owner).toEqual(owner);
  });

  it("plans what was due before a pause or another schedule, and names what too much was missed for", () => {
    const at = "2026-09-04T00:00:00.000Z";
    const before = versioned(created());
    for (const decision of [
      pauseSubscription(doing(at), before),
      changeSubscription(doing(at), before, { schedule: { ...month, dayOfMonth: 20 } }),
    ]) {
      const planned = decision.change?.created.flatMap((each) =>
        each.kind === "reportRun" ? [each.occurrence] : [],
      );
      expect(planned).toEqual(["2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09"]);
      expect(decision.leftOut).toEqual(["2026-02", "2026-03"]);
      expect(decision.after.lastOccurrences).toEqual({ month: "2026-09" });
    }
  });

  it("of one that was deleted is not found; deleting it again changes nothing", () => {
    const { after } = deleteSubscription(doing(), versioned(created()));
    expect(after).toMatchObject({ deletedAt: START, nextDueAt: null });
    const gone = versioned(after);
    expect(deleteSubscription(doing(), gone).change).toBeUndefined();
    for (const change of [
      () => changeSubscription(doing(), gone, { name: "x" }),
      () => pauseSubscription(doing(), gone),
      () => resumeSubscription(doing(), gone, owner),
    ])
      expect(codeOf(change)).toMatchObject({ kind: "notFound" });
  });
});

const zone = fc.constantFrom("Europe/Madrid", "America/Sao_Paulo", "Asia/Kolkata");
const time = { hour: fc.nat(23), minute: fc.constantFrom(0, 30), timeZone: zone };
const someSchedule: fc.Arbitrary<Schedule> = fc.oneof(
  fc.record({ every: fc.constant("week" as const), weekday: fc.integer({ min: 1, max: 7 }), ...time }),
  fc.record({ every: fc.constant("month" as const), dayOfMonth: fc.integer({ min: 1, max: 31 }), ...time }),
  fc.record({
    every: fc.constant("quarter" as const),
    monthOfQuarter: fc.integer({ min: 1, max: 3 }),
    dayOfMonth: fc.constant("last" as const),
    ...time,
  }),
);
const someStep = fc.record({
  hours: fc.integer({ min: 0, max: 400 }),
  schedule: fc.option(someSchedule, { freq: 1 }),
  change: fc.constantFrom("nothing", "nothing", "nothing", "nothing", "pause", "resume", "resume"),
});

const someSteps = fc.array(someStep, { minLength: 20, maxLength: 40, size: "max" });

describe("through any changes of schedule, pauses and resumptions", () => {
  it("no occurrence is planned twice, none before it is due, and none that was due while it was paused", async () => {
    let plannedRuns = 0;
    await fc.assert(
      fc.asyncProperty(someSchedule, someSteps, async (schedule, steps) => {
        const world = subscriptionWorld();
        const { subscriptionId } = await world.create({ schedule });
        const pauses: { readonly from: string; to: string }[] = [];
        for (const step of steps) {
          world.pass(step.hours * 3_600_000);
          await planDue(world.dependencies, customerId, subscriptionId);
          const isPaused = await changed(world, subscriptionId, step);
          const open = pauses.at(-1);
          if (isPaused && open?.to !== "") pauses.push({ from: world.now(), to: "" });
          if (!isPaused && open?.to === "") open.to = world.now();
        }
        const runs = world.kept("reportRun");
        plannedRuns += runs.length;
        expect(new Set(runs.map(({ occurrence }) => occurrence)).size).toBe(runs.length);
        for (const { dueAt, createdAt, period } of runs) {
          expect(dueAt <= createdAt && period.to <= dueAt).toBe(true);
          expect(pauses.some(({ from, to }) => from < dueAt && (to === "" || dueAt <= to))).toBe(false);
        }
      }),
      { numRuns: 200 },
    );
    expect(plannedRuns).toBeGreaterThan(1_000);
  });
});

type Step = { readonly schedule: Schedule | null; readonly change: string };

/** @returns whether it is paused then. */
async function changed(world: SubscriptionWorld, subscriptionId: string, { schedule, change }: Step) {
  const read = async () => {
    const known = await world.subscriptions.read(customerId, subscriptionId);
    if (known === undefined) throw new Error("no subscription");
    return known;
  };
  if (schedule !== null) await world.decide(changeSubscription(world.doing(), await read(), { schedule }));
  if (change === "pause") await world.decide(pauseSubscription(world.doing(), await read()));
  if (change === "resume") await world.decide(resumeSubscription(world.doing(), await read(), owner));
  return (await read()).value.pause !== undefined;
}
