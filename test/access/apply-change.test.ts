import { describe, expect, it } from "vitest";
import { applyChange, decideAndApply } from "../../src/access/apply-change.ts";
import type { Change, DirectoryStore } from "../../src/access/directory-store.ts";
import type { Member } from "../../src/access/member.ts";
import { change, switchOn } from "../../src/access/member-change.ts";
import { type At, changeOf } from "../../src/access/member-step.ts";
import type { RecorderStores } from "../../src/consumption/record.ts";
import type { Message } from "../../src/messages/message.ts";
import { agreementEvent } from "../fakes/events.ts";
import { callFaults, type FaultPlan, faultyStores, writeFaults } from "../fakes/faulty-stores.ts";
import { interleavedStores } from "../fakes/interleaved-stores.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { seededRandom } from "../fakes/random.ts";
import { checkDirectory } from "./checks.ts";
import { checkAskedAgain } from "./follow-up-checks.ts";
import { CUSTOMER_ID, doing, at as someAt, someMember, T0 } from "./given.ts";
import { type Operation, operate } from "./operations.ts";
import { contactsPackage } from "./random-operations.ts";
import { accessTo, recordEvents, runTimer } from "./world.ts";

const ana = { customerId: CUSTOMER_ID, workspace: "default", email: "ana@cust-t.example" };
const { memberId } = someMember(ana.email);
const invite: Operation = { do: "invite", ...ana, roles: [] };
const moment = { at: T0, key: "request" };

async function customer(...operations: readonly Operation[]): Promise<MemoryStores> {
  const stores = memoryStores();
  await recordEvents(stores, [agreementEvent({ packages: [contactsPackage(2)] })]);
  for (const [index, each] of operations.entries())
    await operate(accessTo(stores), each, { at: T0, key: `before ${index}` });
  return stores;
}

const withCommit = (stores: MemoryStores, commit: DirectoryStore["commit"]): RecorderStores => ({
  ...stores,
  directory: { ...stores.directory, commit },
});

/** One request that sets roles, and what it answers. */
async function setRoles(stores: RecorderStores, key = moment.key) {
  return decideAndApply<Member>(accessTo(stores), async () => {
    const [known, customer] = await Promise.all([
      stores.directory.member(CUSTOMER_ID, memberId),
      stores.customers.read(CUSTOMER_ID),
    ]);
    if (known === undefined || customer === undefined) throw new Error("no member");
    const at: At = someAt({ customer: customer.value, doing: doing(key) });
    const step = change(at, known, { roles: ["learningManager"] });
    if (step === undefined) return { change: undefined, before: known, after: known.value };
    return { change: changeOf(at, [step]), before: known, after: step.write.document };
  });
}

describe("a change", () => {
  it("is asked to be told of once it is made, and of a change that is not made nothing follows", async () => {
    for (const outcome of ["committed", "overtaken", "repeated", "failed"] as const) {
      const stores = await customer();
      const told: Message[] = [];
      const notify = async (messages: readonly Message[]) => {
        for (const each of messages) {
          expect(stores.messages().map(({ id }) => id)).toContain(each.id);
          told.push(each);
        }
      };
      const commit: DirectoryStore["commit"] = async (each) => {
        if (outcome === "failed") throw new Error("away");
        return outcome === "committed" ? stores.directory.commit(each) : { outcome };
      };
      const before = stores.peopleKept();
      await operate(accessTo(withCommit(stores, commit), { notify }), invite, moment).catch(() => undefined);
      expect(told).toHaveLength(outcome === "committed" ? 1 : 0);
      if (outcome !== "committed") expect(stores.peopleKept()).toEqual(before);
    }
  });

  it("stands though nobody could be told of it: the message waits, and the failure is known", async () => {
    const stores = await customer();
    const delays: unknown[] = [];
    const access = accessTo(stores, {
      notify: async () => Promise.reject(new Error("the queue is away")),
      onDelay: (error) => delays.push(error),
    });
    expect((await operate(access, invite, moment))?.outcome).toBe("invited");
    expect(String(delays)).toBe("Error: the queue is away");
    expect(stores.messages().find(({ to }) => to.email === ana.email)).toMatchObject({
      status: "queued",
      nextAttemptAt: T0,
    });
    checkDirectory(stores);
  });

  it("leaves to the timer what the ledger could not be told, as often as it takes", async () => {
    const stores = await customer();
    const told: string[] = [];
    let isAway = true;
    const access = accessTo(stores, {
      relink: async (_customerId, agreementId) => {
        if (isAway) throw new Error("away");
        told.push(agreementId);
      },
    });
    const link: Operation = { do: "link", ...ana, agreementId: "agr-t-base", isLinked: true };
    await operate(access, link, moment);
    await expect(runTimer(access)).rejects.toThrow("away");
    isAway = false;
    await runTimer(access);
    expect(told).toEqual(["agr-t-base"]);
    checkDirectory(stores);
  });

  const accepted: Operation[] = [invite, { do: "accept", ...ana }];
  it.each<[string, readonly Operation[], Operation]>([
    ["inviting", [], invite],
    ["sending again", [invite], { do: "resend", ...ana }],
    ["taking back", [invite], { do: "revoke", ...ana }],
    ["accepting", [invite], { do: "accept", ...ana }],
    ["switching a support contact on", accepted, { do: "switchOn", ...ana }],
    [
      "taking into a group",
      [...accepted, { do: "createGroup", ...ana, group: "red" }],
      { do: "join", ...ana, group: "red" },
    ],
    ["removing", accepted, { do: "remove", ...ana }],
    [
      "creating a workspace",
      [],
      { do: "createWorkspace", ...ana, workspace: "second", agreementId: "agr-t-base" },
    ],
    [
      "closing personal accounts out",
      accepted,
      { do: "changeWorkspace", ...ana, patch: { allowsPersonalAccounts: false } },
    ],
    ["assigning a role", [], { do: "assign", ...ana, role: "customerAdministrator" }],
  ])(
    "is made whole or not at all, whichever call fails in whichever way: %s",
    async (_what, before, operation) => {
      const run = async (plan: FaultPlan) => {
        const stores = await customer(...before);
        const unmade = stores.directoryDocuments().length;
        const faulty = faultyStores(stores, plan);
        faulty.arm();
        await operate(accessTo(faulty.stores), operation, moment).catch(() => undefined);
        await runTimer(accessTo(stores));
        checkDirectory(stores);
        return { calls: faulty.calls(), made: stores.directoryDocuments().length - unmade };
      };
      const calm = await run(() => undefined);
      expect(calm.made).toBeGreaterThan(0);
      for (const [index, { canBeRefused }] of calm.calls.entries()) {
        for (const fault of canBeRefused ? [...callFaults, ...writeFaults] : callFaults) {
          const { made } = await run((call) => (call.index === index ? fault : undefined));
          expect([0, calm.made]).toContain(made);
        }
      }
    },
  );
});

describe("the same request twice", () => {
  it("changes a thing once and answers as the first one left it, also when both are made at once", async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const stores = await customer(invite, { do: "accept", ...ana });
      const interleaved = interleavedStores(stores, seededRandom(seed));
      const answers = await Promise.all([setRoles(interleaved), setRoles(interleaved)]);
      answers.push(await setRoles(stores));
      const kept = await stores.directory.member(CUSTOMER_ID, memberId);
      expect(answers).toEqual([kept, kept, kept]);
      expect(kept?.value.revision).toBe(3);
      checkDirectory(stores);
    }
  });

  it("answers with what it made when the store's client repeats a commit whose answer was lost", async () => {
    const stores = await customer(invite, { do: "accept", ...ana });
    const commit = async (each: Change) => {
      await stores.directory.commit(each);
      return stores.directory.commit(each);
    };
    const answer = await setRoles(withCommit(stores, commit));
    expect(answer).toEqual(await stores.directory.member(CUSTOMER_ID, memberId));
    expect(answer.value.roles).toEqual(["learningManager"]);
  });

  it("is refused as busy, and not for ever, where others are always faster", async () => {
    const stores = await customer(invite, { do: "accept", ...ana });
    let commits = 0;
    const commit = async () => {
      commits += 1;
      return { outcome: "overtaken" } as const;
    };
    await expect(setRoles(withCommit(stores, commit))).rejects.toMatchObject({ code: "ServerBusy" });
    expect(commits).toBeLessThan(20);
  });
});

describe("what follows from a change", () => {
  it("what is asked for again while it is done stays until it was done again", async () => {
    await checkAskedAgain();
  });

  it("whoever reads the switch of a support contact finds it refused where the contacts changed since", async () => {
    const stores = await customer(invite, { do: "accept", ...ana });
    const [known, contacts] = await Promise.all([
      stores.directory.member(CUSTOMER_ID, memberId),
      stores.directory.supportContacts(CUSTOMER_ID),
    ]);
    if (known === undefined) throw new Error("no member");
    const at = someAt({ doing: doing("late") });
    const late = switchOn(at, known, contacts);
    await operate(accessTo(stores), { do: "switchOff", ...ana, email: "contact@cust-t.example" }, moment);
    expect(await applyChange(accessTo(stores), late)).toEqual({ outcome: "overtaken" });
  });
});
