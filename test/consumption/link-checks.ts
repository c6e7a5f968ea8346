/** The checks of links between agreements and workspaces: whenever they change, what counts is what holds in the end. */
import assert from "node:assert/strict";
import type { Customer } from "../../src/agreements/customer.ts";
import {
  agreementIdSchema,
  customerIdSchema,
  DEFAULT_WORKSPACE_ID,
  packageIdSchema,
  workspaceIdSchema,
} from "../../src/agreements/ids.ts";
import type { Workspace } from "../../src/agreements/workspace.ts";
import { createRecorder, type RecorderStores } from "../../src/consumption/record.ts";
import { agreementEvent, CUSTOMER } from "../fakes/events.ts";
import type { MemoryStores } from "../fakes/memory-stores.ts";
import { checkRebuild, figuresOf } from "./checks.ts";
import { type DecidedLink, expectedOf } from "./naive-model.ts";
import { now, settleAll } from "./state.ts";
import { type LinkChange, WORKSPACE_IDS } from "./worlds.ts";

const customerId = customerIdSchema.parse(CUSTOMER);
/** After every deadline: what is not done by then never will be. */
export const WHENEVER = "9999-12-31T23:59:59.999Z";
/** No change of links is followed up more often: what still fails then is a defect. */
const FOLLOW_UPS_MAX = 20;

/** Makes a customer known that has all of the workspaces before any other event comes. */
export const opening: string = agreementEvent(
  { agreementId: "agr-t-opening", kind: "addOn", packages: [] },
  { id: "opening" },
);

/** @throws Error when others are always faster. */
async function saveCustomer(
  { customers }: Pick<RecorderStores, "customers">,
  change: (workspaces: readonly Workspace[]) => Workspace[],
): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const before = await customers.read(customerId);
    if (before === undefined) throw new Error("there is no customer yet");
    const { value, etag } = before;
    const next: Customer = {
      ...value,
      revision: value.revision + 1,
      workspaces: change(value.workspaces),
    };
    if (await customers.save(next, etag)) return;
  }
  throw new Error("the customer cannot be saved");
}

export async function openWorkspaces(stores: RecorderStores): Promise<void> {
  await createRecorder(stores, now).record([opening]);
  await saveCustomer(stores, (known) => [
    ...known,
    ...WORKSPACE_IDS.filter((id) => id !== DEFAULT_WORKSPACE_ID).map(
      (id): Workspace => ({
        workspaceId: workspaceIdSchema.parse(id),
        name: id,
        status: "active",
        links: {},
      }),
    ),
  ]);
}

/** What somebody does who links: the customer first. */
export function decide(
  stores: Pick<RecorderStores, "customers">,
  { workspaceId, agreementId, link }: LinkChange,
): Promise<void> {
  return saveCustomer(stores, (workspaces) =>
    workspaces.map((each) => {
      if (each.workspaceId !== workspaceId) return each;
      const { [agreementId]: _, ...others } = each.links;
      if (link === undefined) return { ...each, links: others };
      const packageIds = link.packageIds.map((id) => packageIdSchema.parse(id));
      return { ...each, links: { ...others, [agreementId]: { isLinked: link.isLinked, packageIds } } };
    }),
  );
}

/** And then, as often as it takes, the ledger. */
export async function follow(
  storesOf: (failures: number) => RecorderStores,
  { agreementId }: LinkChange,
): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      const { relink } = createRecorder(storesOf(failures), now);
      await relink(customerId, agreementIdSchema.parse(agreementId), WHENEVER);
      return;
    } catch (error) {
      if (failures === FOLLOW_UPS_MAX) throw error;
    }
  }
}

/** @throws AssertionError unless the figures are those of the events under the links that hold now, and no others. */
export async function checkLinkedFigures(stores: MemoryStores, bodies: readonly string[]): Promise<void> {
  await settleAll(stores);
  const workspaces = { further: { [CUSTOMER]: WORKSPACE_IDS }, links: decidedLinks(stores) };
  assert.deepEqual(figuresOf(stores), expectedOf([opening, ...bodies], workspaces));
  await checkRebuild(stores);
}

export function decidedLinks(stores: MemoryStores): DecidedLink[] {
  return stores.customersKept().flatMap(({ customerId, workspaces }) =>
    workspaces.flatMap(({ workspaceId, links }) =>
      Object.entries(links).map(
        ([agreementId, { isLinked, packageIds }]): DecidedLink => ({
          customerId,
          agreementId,
          workspaceId,
          isLinked,
          packageIds,
        }),
      ),
    ),
  );
}
