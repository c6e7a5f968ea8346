/** A watcher with something about each of its calls: faults, or pauses that let others overtake. */
import type { Watcher } from "../../src/notices/watch.ts";

/** @param canBeRefused whether the call may be answered as overtaken. */
export type Around = <Value>(method: string, run: () => Promise<Value>, refusal?: Value) => Promise<Value>;

export function aroundWatcher(watcher: Watcher, around: Around): Watcher {
  const { notices, webhooks, activity, customers, directory } = watcher;
  return {
    ...watcher,
    notices: {
      settings: (id) => around("settings", () => notices.settings(id)),
      states: (id, agreement) => around("states", () => notices.states(id, agreement)),
      commit: (change) => around("commit", () => notices.commit(change), { outcome: "overtaken" }),
    },
    webhooks: { webhooks: (id) => around("webhooks", () => webhooks.webhooks(id)) },
    activity: { ...activity, ledger: (id) => around("ledger", () => activity.ledger(id)) },
    customers: { read: (id) => around("customer", () => customers.read(id)) },
    directory: {
      ofPerson: (id, person) => around("ofPerson", () => directory.ofPerson(id, person)),
      roleAssignments: (id) => around("roleAssignments", () => directory.roleAssignments(id)),
      supportContacts: (id) => around("supportContacts", () => directory.supportContacts(id)),
    },
    hurry: (messages, deliveries) => around("hurry", () => watcher.hurry(messages, deliveries)),
  };
}

/** `before`, `after`: the process ends there and does nothing more. `lost`: done, but the answer never comes. */
export const faults = ["before", "after", "lost", "failed", "refused"] as const;
export type Fault = (typeof faults)[number];

/** @param planned the fault of the call with that number, from 0. */
export function faultyWatcher(watcher: Watcher, planned: (index: number) => Fault | undefined) {
  let calls = 0;
  let ended = false;
  const faulty = aroundWatcher(watcher, async (method, run, refusal) => {
    if (ended) throw new Error("the process has ended");
    const fault = planned(calls++);
    if (fault === "before" || fault === "after") ended = true;
    if (fault === "refused" && refusal !== undefined) return refusal;
    if (fault === "after" || fault === "lost") await run();
    if (fault !== undefined && fault !== "refused") throw new Error(`${fault} at ${method}`);
    return run();
  });
  return { faulty, calls: () => calls };
}
