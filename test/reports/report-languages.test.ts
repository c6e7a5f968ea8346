import { describe, expect, it } from "vitest";
import { supportContactsSchema } from "../../src/access/support-contacts.ts";
import { DEFAULT_WORKSPACE_ID } from "../../src/agreements/ids.ts";
import { LEASE_MS, type SucceededReport } from "../../src/reports/report.ts";
import { reportTexts } from "../../src/reports/texts.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement } from "../fakes/events.ts";
import { faultyWorld } from "./support/around-world.ts";
import { readPdf } from "./support/read-pdf.ts";
import { allBytesOf, bytesOf, inSection, recordsOf } from "./support/read-report.ts";
import {
  expectedFiles,
  expectNoOtherFile,
  filesOf,
  makeUntilOver,
  type SecondVersion,
  worldWithSecondVersion,
} from "./support/second-version.ts";
import { type Asked, ask, customerId, issue, make, memoryWorld, type World } from "./support/world.ts";
import { cellsOf, partsOf } from "./support/xlsx-parts.ts";

const POLISH_AND_ENGLISH: Asked = { languages: ["pl", "en"] };
const IN_CSV: Asked = { ...POLISH_AND_ENGLISH, formats: ["csv"] };

const seats = entitlement("ent-con", "supportContacts", { unit: "contacts", allowance: 5 });
const benefit = { entitlementId: "ent-ben", name: "Reviews", service: "other", class: "benefit" };
const advisory = (allowance: number) => entitlement("ent-adv", "advisory", { allowance });
const amended = (...entitlements: readonly unknown[]): string =>
  agreementEvent(
    { packages: [basePackage({ entitlements })] },
    { id: "amended", type: "support.agreement.amended.v1", time: "2026-01-02T00:00:00Z" },
  );

/** The sheet of the lines: every number in it by its cell. */
async function numbersOf(world: World, report: SucceededReport, language: "pl" | "en") {
  const parts = await partsOf(await bytesOf(world, report, { name: "xlsx", language }));
  const sheet = parts.get("xl/worksheets/sheet3.xml") ?? "";
  return cellsOf(sheet).flatMap(({ name, type, text }) =>
    type === "n" || type === undefined ? [[name, text]] : [],
  );
}

describe("a report in two languages", () => {
  it("has all files in both, with the same values under labels of their own", async () => {
    const { world, second } = await worldWithSecondVersion(POLISH_AND_ENGLISH);
    const made = await make(world, second);
    if (made.outcome !== "issued") throw new Error("not issued", { cause: made });
    const { report } = made;
    expect(filesOf(report)).toEqual(expectedFiles(report));
    const bytes = await allBytesOf(world, report);
    for (const file of report.files.filter(({ format }) => format === "csv")) {
      const [polish = "", english = ""] = ["pl", "en"].map((language) =>
        bytes.get(file.fileName.replace(/-(pl|en)-/, `-${language}-`))?.toString("utf8"),
      );
      const [header, ...rows] = polish.split("\r\n");
      const [otherHeader, ...sameRows] = english.split("\r\n");
      expect(header).not.toBe(otherHeader);
      expect(rows).toEqual(sameRows);
    }
    const numbers = await numbersOf(world, report, "pl");
    expect(numbers.length).toBeGreaterThan(0);
    expect(numbers).toEqual(await numbersOf(world, report, "en"));
    for (const language of report.languages) {
      const { pages, facts } = await readPdf(await bytesOf(world, report, { name: "pdf", language }));
      expect(facts.Language).toBe(reportTexts(language).locale);
      expect(pages.map(({ text }) => text).join("\n")).toContain(reportTexts(language).section("total"));
    }
  });

  it("says what it is in words of each for people, in codes for tools, and its version as a number", async () => {
    const { world, second } = await worldWithSecondVersion(POLISH_AND_ENGLISH);
    const made = await make(world, second);
    if (made.outcome !== "issued") throw new Error("not issued", { cause: made });
    for (const language of ["pl", "en"] as const) {
      const kind = reportTexts(language).word("cpodTitle");
      const plan = reportTexts(language).code("plan", "unified");
      const parts = await partsOf(await bytesOf(world, made.report, { name: "xlsx", language }));
      const facts = cellsOf(parts.get("xl/worksheets/sheet1.xml") ?? "");
      expect(facts.find(({ name }) => name === "B2")).toMatchObject({ text: kind });
      expect(facts.filter(({ type, text }) => type !== "inlineStr" && text === "2")).toHaveLength(1);
      const { pages } = await readPdf(await bytesOf(world, made.report, { name: "pdf", language }));
      const { section, code } = reportTexts(language);
      const printed = pages.map(({ text }) => text).join("\n");
      const ofReport = printed.slice(printed.lastIndexOf(section("report")));
      expect(ofReport.replaceAll(/\s+/g, " ")).toContain(`${code("fact", "report")} ${kind}`);
      expect(ofReport.replaceAll(/\s+/g, " ")).toContain(`${code("fact", "plan")} ${plan}`);
      const records = inSection(await recordsOf(world, made.report, language), "report");
      expect(records).toMatchObject(expect.arrayContaining([expect.objectContaining({ value: "cpod" })]));
    }
  });

  it.each<[string, (scene: SecondVersion) => Promise<void>]>([
    [
      "a line arrives",
      ({ world }) => world.record(deliveryEvent("meanwhile", { deliveredAt: "2026-03-21T08:00:00Z" })),
    ],
    [
      "a line of no agreement arrives",
      ({ world }) =>
        world.record(
          deliveryEvent("meanwhile", {
            agreementId: undefined,
            packageId: undefined,
            entitlementId: undefined,
          }),
        ),
    ],
    ["an allowance changes", ({ world }) => world.record(amended(advisory(601)))],
    ["a benefit comes", ({ world }) => world.record(amended(advisory(600), benefit))],
  ])("is begun anew, and nothing of the first is kept, when %s between them", async (_what, change) => {
    const scene = await worldWithSecondVersion({ ...POLISH_AND_ENGLISH, formats: ["csv", "xlsx"] });
    const { world, first, second } = scene;
    let openings = 0;
    const { supportContacts } = world.ledgers.directory;
    const directory: World["ledgers"]["directory"] = {
      ...world.ledgers.directory,
      // It is read once for each language, before its figures.
      supportContacts: async (id) => {
        openings += 1;
        if (openings === 2) await change(scene);
        return supportContacts(id);
      },
    };
    const changing = { ...world, ledgers: { ...world.ledgers, directory } };
    expect(await make(changing, second)).toMatchObject({
      outcome: "later",
      cause: { code: "FiguresDiffer" },
    });
    expect(openings).toBe(2);
    expectNoOtherFile(world, [first]);
    world.clock.forward(LEASE_MS);
    const made = await makeUntilOver(changing, second);
    if (made.outcome !== "issued") throw new Error("not issued", { cause: made });
    expect(made.report.attempt).toBe(2);
    const { report } = made;
    expect(await recordsOf(world, report, "en")).toEqual(await recordsOf(world, report, "pl"));
    expectNoOtherFile(world, [first, report]);
  });

  it("is begun anew when a contact changes between them", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent({ packages: [basePackage({ entitlements: [seats] })] }));
    const report = await ask(world, { ...POLISH_AND_ENGLISH, formats: ["csv"] });
    let openings = 0;
    const directory: World["ledgers"]["directory"] = {
      ...world.ledgers.directory,
      supportContacts: async () => {
        openings += 1;
        const since = openings === 1 ? "2026-02-01T10:00:00Z" : "2026-02-02T10:00:00Z";
        const contacts = [{ memberId: "member".padEnd(22, "0"), workspaceId: DEFAULT_WORKSPACE_ID, since }];
        const document = { id: "supportContacts", customerId, kind: "supportContacts", contacts };
        return { value: supportContactsSchema.parse(document), etag: "0" };
      },
    };
    const changing = { ...world, ledgers: { ...world.ledgers, directory } };
    expect(await make(changing, report)).toMatchObject({
      outcome: "later",
      cause: { code: "FiguresDiffer" },
    });
    expectNoOtherFile(world, []);
    world.clock.forward(LEASE_MS);
    const made = await makeUntilOver(changing, report);
    if (made.outcome !== "issued") throw new Error("not issued", { cause: made });
    for (const language of report.languages)
      expect(inSection(await recordsOf(world, made.report, language), "contact")).toMatchObject([
        { since: "2026-02-02" },
      ]);
  });

  it("is begun anew when a line is another in one of them, though it counts as before", async () => {
    const { world, first, second } = await worldWithSecondVersion(IN_CSV);
    const { activity } = world;
    let readings = 0;
    const changing: World = {
      ...world,
      activity: {
        ...activity,
        async *entriesBetween(...range) {
          readings += 1;
          // In the first language two ledgers are read for each section of lines, and for the changes.
          const isMoved = readings > 6 && readings <= 12;
          for await (const page of activity.entriesBetween(...range))
            yield page.map(({ value, etag }) => ({
              etag,
              value: isMoved ? { ...value, at: value.at.replace("T08:00", "T08:01") } : value,
            }));
        },
      },
    };
    expect(await make(changing, second)).toMatchObject({
      outcome: "later",
      cause: { code: "FiguresDiffer" },
    });
    expect(readings).toBe(12);
    expectNoOtherFile(world, [first]);
    world.clock.forward(LEASE_MS);
    expect(await make(changing, second)).toMatchObject({ outcome: "issued" });
  });

  it("asks the stores for each language as much as for one, and once for what both have", async () => {
    const callsOf = async (asked: Asked) => {
      const { world, second } = await worldWithSecondVersion({ formats: ["csv"], ...asked });
      const counted = faultyWorld(world, () => undefined);
      await make(counted.world, second);
      const calls = new Map<string, number>();
      for (const method of counted.calls()) calls.set(method, (calls.get(method) ?? 0) + 1);
      return calls;
    };
    const one = await callsOf({ languages: ["pl"] });
    const three = await callsOf({ languages: ["pl", "en", "it"] });
    // The report and the version before it; the beginning and the issue; the customer.
    const common = { "reports.read": 2, "reports.save": 2, "customers.read": 1 };
    for (const [method, calls] of Object.entries(common))
      expect([one.get(method), three.get(method)], method).toEqual([calls, calls]);
    const each = [...one].filter(([method]) => !Object.hasOwn(common, method));
    expect(each.map(([method]) => [method, three.get(method)])).toEqual(
      each.map(([method, calls]) => [method, 3 * calls]),
    );
    expect(one.get("files.write")).toBe(8);
    expect(one.get("files.readStream")).toBe(2);
    expect(one.get("directory.supportContacts")).toBe(1);
  });
});

describe("a version whose first language is another than that of the version before", () => {
  it.each<[string, Asked, Asked]>([
    ["pl then it", { languages: ["pl"] }, { languages: ["it"] }],
    ["es and en then en and es", { languages: ["es", "en"] }, { languages: ["en", "es"] }],
    ["en then pl and es, on paper too", { languages: ["en"] }, { languages: ["pl", "es"], formats: ["pdf"] }],
  ])("is compared by the order of columns: %s", async (_languages, before, after) => {
    const { world, first, second } = await worldWithSecondVersion(
      { formats: ["csv"], ...after },
      { formats: ["csv"], ...before },
    );
    const made = await make(world, second);
    if (made.outcome !== "issued") throw new Error("not issued", { cause: made });
    const { report } = made;
    expect(report).toMatchObject({
      previousReportId: first.id,
      changes: { added: 1, removed: 0, changed: 0 },
    });
    for (const language of report.languages) {
      const changes = inSection(await recordsOf(world, report, language), "change");
      expect(changes).toMatchObject([
        { change: "added", lineSection: "delivery", eventId: "late", before: "" },
      ]);
    }
    const again = await issue(world, { formats: ["csv"], languages: before.languages });
    expect(again.changes).toEqual({ added: 0, removed: 0, changed: 0 });
  });
});
