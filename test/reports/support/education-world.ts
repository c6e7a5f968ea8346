/** A customer with several entitlements to education, in activities and in another unit, and more than one workspace. */
import { DEFAULT_WORKSPACE_ID, workspaceIdSchema } from "../../../src/agreements/ids.ts";
import type { Workspace } from "../../../src/agreements/workspace.ts";
import type { ActivityStore } from "../../../src/consumption/activity-store.ts";
import { createRecorder } from "../../../src/consumption/record.ts";
import { openEducation } from "../../../src/reports/education.ts";
import type { OpenedReport } from "../../../src/reports/opened-report.ts";
import type { SucceededReport } from "../../../src/reports/report.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement } from "../../fakes/events.ts";
import { inSection, type Records, recordsOf } from "./read-report.ts";
import { type Asked, customerOf, issue, type MemoryWorld, march, memoryWorld, type World } from "./world.ts";

export const DEFAULT: string = DEFAULT_WORKSPACE_ID;

/** By entitlement: what a delivery on it names. */
export const targets = {
  "ent-edu": { agreementId: "agr-t-base", packageId: "pkg-base", unit: "activities" },
  "ent-class": { agreementId: "agr-t-base", packageId: "pkg-base", unit: "minutes" },
  "ent-more": { agreementId: "agr-t-more", packageId: "pkg-more", unit: "activities" },
} as const;
export type Target = keyof typeof targets;

const activities = { unit: "activities", allowance: null };
const baseAgreement: string = agreementEvent({
  packages: [
    basePackage({
      entitlements: [
        entitlement("ent-edu", "education", { ...activities, name: "On-demand education" }),
        entitlement("ent-class", "education", { allowance: 600 }),
        entitlement("ent-adv", "advisory", { allowance: 600 }),
      ],
    }),
  ],
});
const addOnAgreement: string = agreementEvent(
  {
    agreementId: "agr-t-more",
    kind: "addOn",
    packages: [
      basePackage({
        packageId: "pkg-more",
        section: "addOn",
        entitlements: [entitlement("ent-more", "education", activities)],
      }),
    ],
  },
  { id: "more-activated" },
);

/** An activity that somebody started. */
export const learning = (id: string, target: Target, more: Record<string, unknown> = {}): string =>
  deliveryEvent(id, {
    ...targets[target],
    entitlementId: target,
    service: "education",
    quantity: 1,
    deliveredAt: "2026-03-10T10:00:00.000Z",
    request: undefined,
    detail: { learner: `Learner ${id}`, activityTitle: `Title ${id}`, format: "onDemand" },
    ...more,
  });

/** @param names of the workspaces besides the default one, by id. */
export async function educationWorld(names: Readonly<Record<string, string>> = {}): Promise<MemoryWorld> {
  const world = memoryWorld();
  await world.record(baseAgreement, addOnAgreement);
  await openWorkspaces(world, names);
  return world;
}

async function openWorkspaces(world: World, names: Readonly<Record<string, string>>): Promise<void> {
  const { customers } = world.ledgers;
  const { customerId, revision, workspaces, ...rest } = await customerOf(world);
  const found = await customers.read(customerId);
  const opened = Object.entries(names).map(
    ([id, name]): Workspace => ({
      workspaceId: workspaceIdSchema.parse(id),
      name,
      status: "active",
      links: {},
    }),
  );
  const next = { ...rest, customerId, revision: revision + 1, workspaces: [...workspaces, ...opened] };
  if (found === undefined || !(await customers.save(next, found.etag)))
    throw new Error("the customer cannot be saved");
}

/** Records what is right; what is rejected stays rejected, as it does for a producer. */
export async function send(world: World, ...bodies: readonly string[]): Promise<void> {
  await createRecorder(world.ledgers, world.clock.now).record(bodies);
}

type AskedEducation = Omit<Asked, "scope"> & { readonly workspaceIds?: readonly string[] | null };

export const educationScope = (workspaceIds: readonly string[] | null) => ({
  reportKind: "education" as const,
  workspaceIds: workspaceIds === null ? null : workspaceIds.map((id) => workspaceIdSchema.parse(id)),
});

/** Of the whole customer, unless workspaces are named. */
export const issueEducation = (
  world: World,
  { workspaceIds = null, ...asked }: AskedEducation = {},
): Promise<SucceededReport> => issue(world, { scope: educationScope(workspaceIds), ...asked });

export async function linesOf(world: World, report: SucceededReport): Promise<Records> {
  return inSection(await recordsOf(world, report), "learning");
}

/** As it is opened for a first version. */
export async function openedEducation(
  world: World,
  {
    workspaceIds = null,
    activity = world.activity,
  }: {
    readonly workspaceIds?: readonly string[] | null;
    readonly activity?: ActivityStore;
  } = {},
): Promise<OpenedReport> {
  return openEducation({
    activity,
    customer: await customerOf(world),
    scope: educationScope(workspaceIds),
    period: march,
    version: 1,
    generatedAt: world.clock.now(),
    restricted: world.restricted ?? new Set(),
    previous: undefined,
  });
}
