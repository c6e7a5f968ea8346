import { describe, expect, it } from "vitest";
import type { Customer } from "../../src/agreements/customer.ts";
import { lookAt } from "../../src/reports/look.ts";
import { LEASE_MS, type SucceededReport } from "../../src/reports/report.ts";
import type { ReportScope } from "../../src/reports/report-scope.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement } from "../fakes/events.ts";
import { educationScope, educationWorld, learning } from "./support/education-world.ts";
import { inSection, recordsOf } from "./support/read-report.ts";
import { expectNoOtherFile, makeUntilOver } from "./support/second-version.ts";
import {
  ask,
  cpod,
  customerOf,
  issue,
  type MemoryWorld,
  make,
  march,
  memoryWorld,
  RETENTION_DAYS,
} from "./support/world.ts";

const ofAll: ReportScope = educationScope(null);

const amended = (terms: Record<string, unknown>): string =>
  agreementEvent(terms, {
    id: "amended",
    type: "support.agreement.amended.v1",
    time: "2026-02-02T00:00:00Z",
  });

async function look(world: MemoryWorld, scope: ReportScope) {
  return lookAt(
    { reports: world.reports, retentionDays: RETENTION_DAYS },
    {
      activity: world.activity,
      directory: world.ledgers.directory,
      customer: await customerOf(world),
      report: { scope, period: march },
      generatedAt: world.clock.now(),
      restricted: new Set(),
    },
  );
}

async function changeCustomer(world: MemoryWorld, change: (customer: Customer) => Customer): Promise<void> {
  const { customers } = world.ledgers;
  const customer = await customerOf(world);
  const found = await customers.read(customer.customerId);
  const next = { ...change(customer), revision: customer.revision + 1 };
  if (found === undefined || (await customers.save(next, found.etag)) === undefined)
    throw new Error("the customer cannot be saved");
}

const withWorkspaces = (rename: (name: string) => string) => (customer: Customer) => ({
  ...customer,
  workspaces: customer.workspaces.map((each) => ({ ...each, name: rename(each.name) })),
});

const names = { "ws-a": "Logistics" };

async function learntWorld(): Promise<MemoryWorld> {
  const world = await educationWorld(names);
  await world.record(learning("one", "ent-edu", { workspaceId: "ws-a" }));
  return world;
}

const learningPackage = (name: string, entitlementName: string) => ({
  packages: [
    basePackage({
      name,
      entitlements: [
        entitlement("ent-edu", "education", { unit: "activities", allowance: null, name: entitlementName }),
        entitlement("ent-class", "education", { allowance: 600 }),
        entitlement("ent-adv", "advisory", { allowance: 600 }),
      ],
    }),
  ],
});

const shortPackages = [basePackage({ endDate: "2026-02-28" })];

async function plainWorld(): Promise<MemoryWorld> {
  const world = memoryWorld();
  await world.record(agreementEvent({ packages: shortPackages }), deliveryEvent("one"));
  return world;
}

describe("what an issued report says beside its figures", () => {
  it.each<[string, ReportScope, () => Promise<MemoryWorld>, (world: MemoryWorld) => Promise<void>]>([
    [
      "the agreement's number and plan",
      cpod,
      plainWorld,
      (world) => world.record(amended({ packages: shortPackages, number: "T-NEW", plan: "premier" })),
    ],
    [
      "the customer's name",
      cpod,
      plainWorld,
      (world) => changeCustomer(world, (customer) => ({ ...customer, name: "Renamed" })),
    ],
    [
      "the name of a workspace",
      cpod,
      plainWorld,
      (world) =>
        changeCustomer(
          world,
          withWorkspaces((name) => `${name} (old)`),
        ),
    ],
    [
      "the reasons of a case",
      cpod,
      plainWorld,
      (world) => world.record(amended({ packages: shortPackages, endDate: "2026-03-05" })),
    ],
    [
      "the name of a workspace that something was learnt in",
      ofAll,
      learntWorld,
      (world) =>
        changeCustomer(
          world,
          withWorkspaces((name) => name.replace("Logistics", "Sales")),
        ),
    ],
    [
      "the name of an entitlement to education",
      ofAll,
      learntWorld,
      (world) => world.record(amended(learningPackage("Unified Performance", "Renamed"))),
    ],
    [
      "the name of a package with education",
      ofAll,
      learntWorld,
      (world) => world.record(amended(learningPackage("Renamed", "On-demand education"))),
    ],
  ])("is not what a new one would say when this changed: %s", async (_what, scope, begin, change) => {
    const world = await begin();
    const issued = await issue(world, { scope, formats: ["csv"] });
    expect((await look(world, scope)).newest).toEqual(issued);
    const before = await recordsOf(world, issued);
    await change(world);
    const after = await look(world, scope);
    // Who was sent the period is not sent it again for a name.
    expect(after).toEqual({ isEmpty: false, figures: issued.figures, newest: undefined });
    const next = await issue(world, { scope, formats: ["csv"] });
    expect(withoutVersion(await recordsOf(world, next))).not.toEqual(withoutVersion(before));
    expect((await look(world, scope)).newest).toEqual(next);
  });

  it.each<[string, ReportScope, () => Promise<MemoryWorld>, string]>([
    [
      "something was delivered later under an agreement that nobody knows",
      cpod,
      plainWorld,
      deliveryEvent("unknown", { agreementId: "agr-none", deliveredAt: "2026-04-01T00:00:00.000Z" }),
    ],
    [
      "something was learnt later",
      ofAll,
      learntWorld,
      learning("later", "ent-edu", { deliveredAt: "2026-04-01T00:00:00.000Z" }),
    ],
  ])("is what a new one would say when %s", async (_what, scope, begin, event) => {
    const world = await begin();
    const issued = await issue(world, { scope, formats: ["csv"] });
    await world.record(event);
    world.clock.forward(1);
    expect((await look(world, scope)).newest).toEqual(issued);
  });
});

const withoutVersion = (records: Awaited<ReturnType<typeof recordsOf>>) =>
  records.filter(({ name }) => name !== "version" && name !== "generatedAt");

describe("a report in two languages", () => {
  it.each<[string, ReportScope, () => Promise<MemoryWorld>, string]>([
    [
      "number and plan",
      cpod,
      plainWorld,
      amended({ packages: shortPackages, number: "T-NEW", plan: "premier" }),
    ],
    ["names of education", ofAll, learntWorld, amended(learningPackage("Renamed", "Renamed too"))],
  ])("is begun anew when an amendment comes between them: %s", async (_what, scope, begin, event) => {
    const world = await begin();
    const asked = await ask(world, { scope, languages: ["en", "pl"], formats: ["csv", "xlsx"] });
    let isAmended = false;
    const changing: MemoryWorld = {
      ...world,
      files: {
        ...world.files,
        write: async (file, content) => {
          const written = await world.files.write(file, content);
          if (file.blobName.endsWith("/en/xlsx") && !isAmended) {
            isAmended = true;
            await world.record(event);
          }
          return written;
        },
      },
    };
    expect(await make(changing, asked)).toMatchObject({ outcome: "later", cause: { code: "FiguresDiffer" } });
    expectNoOtherFile(world, []);
    world.clock.forward(LEASE_MS);
    const made = await makeUntilOver(changing, asked);
    if (made.outcome !== "issued") throw new Error("not issued", { cause: made });
    expect(await linesAndFacts(world, made.report, "en")).toEqual(
      await linesAndFacts(world, made.report, "pl"),
    );
  });
});

async function linesAndFacts(world: MemoryWorld, report: SucceededReport, language: "en" | "pl") {
  const records = await recordsOf(world, report, language);
  return (["report", "learning", "delivery", "additionalCase"] as const).map((section) =>
    inSection(records, section),
  );
}
