/** A report whose first version is issued and whose second has yet to be made, and what has to come of it. */
import { expect } from "vitest";
import { sectionsOfKind } from "../../../src/reports/content.ts";
import type { Made } from "../../../src/reports/make-report.ts";
import {
  ATTEMPTS_MAX,
  fileKeyOf,
  LEASE_MS,
  type Report,
  type SucceededReport,
} from "../../../src/reports/report.ts";
import { agreementEvent, deliveryEvent, reversalEvent } from "../../fakes/events.ts";
import { allBytesOf, inSection, recordsOf } from "./read-report.ts";
import {
  type Asked,
  ask,
  customerId,
  issue,
  type MemoryWorld,
  make,
  memoryWorld,
  type World,
} from "./world.ts";

export type SecondVersion = {
  readonly world: MemoryWorld;
  readonly first: SucceededReport;
  readonly second: Report;
};

/** A first version, a late delivery, and a second version that nobody has made yet. */
export async function worldWithSecondVersion(
  asked: Asked = {},
  askedFirst: Asked = { formats: ["csv"] },
): Promise<SecondVersion> {
  const world = memoryWorld();
  await world.record(
    agreementEvent(),
    deliveryEvent("one"),
    deliveryEvent("two", { request: { number: "CASE-two", category: "SU" } }),
    deliveryEvent("none", { agreementId: undefined, packageId: undefined, entitlementId: undefined }),
  );
  await world.record(reversalEvent("back", "one", { quantity: 5 }));
  const first = await issue(world, askedFirst);
  await world.record(deliveryEvent("late", { deliveredAt: "2026-03-20T08:00:00Z" }));
  return { world, first, second: await ask(world, { requestKey: "second", ...asked }) };
}

export async function makeQuietly(world: World, report: Report): Promise<Made | undefined> {
  try {
    return await make(world, report);
  } catch {
    return undefined;
  }
}

/** As the queue would: again and again, after the time that was asked for, until the report is over. */
export async function makeUntilOver(world: World, report: Report): Promise<Made> {
  for (let run = 0; run < 2 * ATTEMPTS_MAX; run++) {
    const made = await makeQuietly(world, report);
    if (made !== undefined && made.outcome !== "later") return made;
    world.clock.forward(made?.outcome === "later" ? made.retryAfterSeconds * 1_000 : LEASE_MS);
  }
  throw new Error("the report is never over");
}

/** The files that a report has to have: those of one language after those of another. */
export const expectedFiles = ({ scope, formats, languages }: Report): readonly string[] =>
  languages.flatMap((language) =>
    formats
      .flatMap((format) =>
        format === "csv" ? sectionsOfKind[scope.reportKind].map((section) => `csv-${section}`) : [format],
      )
      .map((key) => `${language}/${key}`),
  );

export const filesOf = ({ files }: SucceededReport): readonly string[] =>
  files.map((file) => `${file.language}/${fileKeyOf(file)}`);

export async function expectOneWholeReport(
  world: MemoryWorld,
  first: SucceededReport,
  made: Made,
): Promise<SucceededReport> {
  if (made.outcome !== "issued") throw new Error(`not issued: ${JSON.stringify(made)}`);
  const { report } = made;
  expect((await world.reports.read(customerId, report.id))?.value).toEqual(report);
  expect((await world.reports.read(customerId, first.id))?.value).toEqual(first);
  await allBytesOf(world, first);
  expect(filesOf(report)).toEqual(expectedFiles(report));
  await allBytesOf(world, report);
  const [records = [], ...others] = await Promise.all(
    report.languages.map((language) => recordsOf(world, report, language)),
  );
  for (const each of others) expect(each).toEqual(records);
  for (const { format, rows } of report.files) {
    if (format !== "csv") expect(rows).toBe(records.length);
  }
  expect(inSection(records, "change")).toMatchObject([{ change: "added", eventId: "late" }]);
  expect(inSection(records, "delivery")).toHaveLength(3);
  expect(report.lines).toBe(5);
  return report;
}

/** No file is there but those of the reports. */
export function expectNoOtherFile(
  { files }: MemoryWorld,
  reports: readonly SucceededReport[],
  what = "",
): void {
  expect([...files.contents.keys()].toSorted(), what).toEqual(
    reports.flatMap((report) => report.files.map(({ blobName }) => blobName)).toSorted(),
  );
}
