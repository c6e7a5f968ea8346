/** A recorder of the support desk's events over stores in memory, and what it leaves there. */
import { nobodyToTell } from "../../src/access/apply-change.ts";
import { customerIdSchema, DEFAULT_WORKSPACE_ID } from "../../src/agreements/ids.ts";
import { canonicalJson } from "../../src/consumption/entry.ts";
import { createRecorder, type Recorder, type RecorderStores } from "../../src/consumption/record.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { changeRequest, type Decided } from "../../src/support/change-request.ts";
import { openRequest } from "../../src/support/open-request.ts";
import { createRequestRecorder } from "../../src/support/record-request.ts";
import { type RequestKey, requestNumberSchema, type SupportRequest } from "../../src/support/request.ts";
import { type StatusFact, statusOf, withStatusFact } from "../../src/support/request-status.ts";
import { agreementEvent, CUSTOMER } from "../fakes/events.ts";
import { type MemoryRequests, memoryRequests, type RequestStores } from "../fakes/memory-requests.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";

/** Later than every event of the tests, so that none of them is news. */
export const NOW = "2026-11-20T00:00:00.000Z";
const now = (): string => NOW;

export const KEY: RequestKey = {
  customerId: customerIdSchema.parse(CUSTOMER),
  number: requestNumberSchema.parse("INC0000001"),
};

export type DeskWorld = { readonly stores: MemoryStores; readonly kept: MemoryRequests };
type AnyWorld = { readonly stores: RecorderStores; readonly kept: RequestStores };

const accessTo = (stores: RecorderStores, requests: RequestStores) => ({
  ...requests,
  directory: { ...stores, ...nobodyToTell },
  now,
  withTargets: async (request: SupportRequest) => request,
  notify: async () => undefined,
  onDelay: nobodyToTell.onDelay,
});

/** One that remembers nothing. */
export const recorderOf = ({ stores, kept }: AnyWorld, requests: RequestStores = kept): Recorder =>
  createRecorder(stores, now, nobodyToTell, createRequestRecorder(accessTo(stores, requests)));

/** The customer is known, and its agreement. */
export async function startDesk(): Promise<DeskWorld> {
  const world = { stores: memoryStores(), kept: memoryRequests() };
  await recorderOf(world).record([agreementEvent()]);
  return world;
}

export const OPENED_AT = "2026-03-01T08:00:00.000Z";

/** As a support contact opens it. */
export async function openHere(world: AnyWorld, facts: Partial<Opened> = {}): Promise<void> {
  const doing = { customerId: KEY.customerId, actor: { subject: "zoe" }, at: OPENED_AT, key: "opening" };
  await changeHere(world, () => openRequest(doing, KEY.number, "zoe@cust-t.example", { ...SOME, ...facts }));
}

/** A user changes the request. */
export async function changeHere(
  { stores, kept }: AnyWorld,
  decide: (known: Versioned<SupportRequest> | undefined) => Decided,
): Promise<void> {
  await changeRequest(accessTo(stores, kept), KEY, decide);
}
type Opened = Parameters<typeof openRequest>[3];

const SOME: Opened = {
  title: "Opened here",
  description: "By a support contact.",
  problemType: "performance",
  product: null,
  severity: "minimal",
  primaryContact: { name: "Zoe", email: "zoe@cust-t.example" },
  workspaceId: DEFAULT_WORKSPACE_ID,
  agreementId: null,
  country: null,
  language: "es",
  isIncentiveRelated: false,
  sharedWith: ["mia@cust-t.example"],
  groupId: "group-1",
};

/** A user states the status at an instant, whatever it was. @returns false while there is no request. */
export async function stateHere(world: DeskWorld, fact: StatusFact): Promise<boolean> {
  if (world.kept.request(KEY)?.kind !== "supportRequest") return false;
  await changeHere(world, (known) => {
    if (known === undefined) return undefined;
    const statusFacts = withStatusFact(known.value.statusFacts, fact);
    const { changedAt, revision } = known.value;
    const after = {
      ...known.value,
      ...statusOf(statusFacts),
      statusFacts,
      changedAt: fact.at > changedAt ? fact.at : changedAt,
      revision: revision + 1,
    };
    return { after, audit: [] };
  });
  return true;
}

/** All that must not depend on order, repetition, batches or faults, as text. */
export function stateOf({ kept, stores }: DeskWorld): string {
  return canonicalJson({
    request: kept.request(KEY) ?? null,
    communications: kept.communications().toSorted((left, right) => (left.id < right.id ? -1 : 1)),
    facts: kept
      .facts()
      .map((fact) => ({ ...fact, recordedAt: "" }))
      .toSorted((left, right) => (left.id < right.id ? -1 : 1)),
    rejections: stores
      .rejected()
      .flatMap(({ event, reason, status }) => (status === "rejected" ? [`${event.id}: ${reason.code}`] : []))
      .toSorted(),
  });
}

/** Roles that were assigned, whether or not they hold: of whoever was the advocate when an event came. */
export const rolesOf = (stores: MemoryStores): string[] =>
  stores
    .directoryDocuments()
    .flatMap((each) =>
      each.kind === "roleAssignment" ? [`${each.email}: ${each.role} ${each.status} ${each.revision}`] : [],
    )
    .toSorted();

/** How often a batch is delivered that fails: then it is a defect. */
const DELIVERIES_MAX = 20;

/** Delivers as the queue would: what throws is delivered again, to a new recorder. @param crashes that there were before. */
export async function deliver(
  batches: readonly (readonly string[])[],
  recorderFor: (crashes: number) => Recorder,
): Promise<void> {
  let crashes = 0;
  let recorder = recorderFor(crashes);
  for (const batch of batches) {
    for (let delivery = 1; ; delivery++) {
      try {
        await recorder.record(batch);
        break;
      } catch (error) {
        if (delivery === DELIVERIES_MAX) throw error;
        crashes += 1;
        recorder = recorderFor(crashes);
      }
    }
  }
}
