import { describe, expect, it } from "vitest";
import type { LineTexts } from "../../src/reports/cpod-line.ts";
import { previousSections } from "../../src/reports/previous-version.ts";
import type { ReportFile, SucceededReport } from "../../src/reports/report.ts";
import { bytesOf, inSection, recordsOf } from "./support/read-report.ts";
import { expectNoOtherFile, makeUntilOver, worldWithSecondVersion } from "./support/second-version.ts";
import { customerId, type MemoryWorld, make } from "./support/world.ts";

async function* inOne(content: Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(content);
}

const fileOf = (report: SucceededReport, section: string): ReportFile => {
  const file = report.files.find((each) => each.section === section);
  if (file === undefined) throw new Error(`there is no ${section}`);
  return file;
};

async function replace(world: MemoryWorld, { blobName }: ReportFile, content: Buffer): Promise<void> {
  await world.files.remove(blobName);
  await world.files.write({ blobName, fileName: "", contentType: "", reportId: "" }, inOne(content));
}

async function linesOf(pages: AsyncIterable<readonly LineTexts[]>): Promise<LineTexts[]> {
  const all: LineTexts[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

const altered = (bytes: Buffer, from: string, to: string): Buffer => {
  const at = bytes.indexOf(from);
  if (at === -1) throw new Error(`there is no ${from}`);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(to), bytes.subarray(at + from.length)]);
};

describe("the lines of the version before", () => {
  it("are those of each of its sections by their columns, whatever language its labels are in", async () => {
    const { world, first } = await worldWithSecondVersion({}, { formats: ["csv"], languages: ["pl", "en"] });
    const previous = previousSections(world.files, first);
    const english = await recordsOf(world, first, "en");
    for (const section of ["delivery", "additionalCase"] as const) {
      const lines = await linesOf(previous(section));
      expect(lines).toEqual(inSection(english, section));
      expect(lines).toHaveLength(2);
      // Each time it is called they are read anew.
      expect(await linesOf(previous(section))).toEqual(lines);
    }
    expect(() => previous("learning")).toThrow("no file of the section learning");
  });

  it.each<[string, "delivery" | "additionalCase", (bytes: Buffer) => Buffer]>([
    ["a digit of a delivery", "delivery", (bytes) => altered(bytes, '",15,"', '",16,"')],
    ["a letter of an additional case", "additionalCase", (bytes) => altered(bytes, "CASE-two", "CASE-twO")],
    ["a label", "delivery", (bytes) => altered(bytes, '"', '"x')],
    [
      "a line less",
      "delivery",
      (bytes) => bytes.subarray(0, bytes.lastIndexOf("\r\n", bytes.length - 3) + 2),
    ],
    [
      "a line more",
      "additionalCase",
      (bytes) => Buffer.concat([bytes, bytes.subarray(bytes.indexOf("\r\n") + 2)]),
    ],
    ["the end of the last line", "delivery", (bytes) => bytes.subarray(0, bytes.length - 2)],
    ["everything", "additionalCase", () => Buffer.from("nothing")],
  ])("are refused when it is not the file that was issued: %s", async (_what, section, tamper) => {
    const { world, first, second } = await worldWithSecondVersion();
    const file = fileOf(first, section);
    const bytes = await bytesOf(world, first, { name: `csv-${section}` });
    const tampered = tamper(bytes);
    expect(tampered.equals(bytes)).toBe(false);
    await replace(world, file, tampered);
    const reading = linesOf(previousSections(world.files, first)(section));
    await expect(reading).rejects.toMatchObject({ code: "PreviousVersionUnreadable" });
    expect(await make(world, second)).toMatchObject({ outcome: "later" });
    expectNoOtherFile(world, [first]);
    await replace(world, file, bytes);
    world.clock.forward(86_400_000);
    expect(await make(world, second)).toMatchObject({ outcome: "issued", report: { changes: { added: 1 } } });
  });

  it("are refused when a file is not there", async () => {
    const { world, first, second } = await worldWithSecondVersion();
    await world.files.remove(fileOf(first, "additionalCase").blobName);
    const made = await makeUntilOver(world, second);
    const message =
      "CPOD-agr-t-base-2026-03-v1-es-additionalCase.csv of version 1, which this version is compared with, is missing or " +
      "was changed: have it restored as it was issued, then ask for a new version";
    expect(made).toMatchObject({
      outcome: "failed",
      report: { error: { code: "PreviousVersionUnreadable", message } },
    });
  });

  it("are not said to be other than they were issued when the store is away", async () => {
    const { world, first } = await worldWithSecondVersion();
    const away = { readStream: () => Promise.reject(new Error("the store is away")) };
    await expect(linesOf(previousSections(away, first)("delivery"))).rejects.toThrow("the store is away");
    expect((await linesOf(previousSections(world.files, first)("delivery"))).length).toBe(2);
  });

  it("are not looked for after their time, however long files are kept by now", async () => {
    const { world, first, second } = await worldWithSecondVersion();
    for (const { blobName } of first.files) await world.files.remove(blobName);
    // Issued when files were kept for a day.
    const found = await world.reports.read(customerId, first.id);
    const filesKeptUntil = new Date(Date.parse(first.generatedAt) + 86_400_000).toISOString();
    await world.reports.save({ ...first, filesKeptUntil }, found?.etag ?? "");
    expect(await make(world, second)).toMatchObject({ outcome: "later" });
    world.clock.forward(86_400_000);
    const made = await make(world, second);
    expect(made).toMatchObject({ outcome: "issued", report: { filesKeptUntil: expect.any(String) } });
    expect(made).not.toHaveProperty("report.previousReportId");
  });

  it("are none of a section that the report does not compare, which need not be as it was issued", async () => {
    const { world, first, second } = await worldWithSecondVersion();
    await replace(world, fileOf(first, "contact"), Buffer.from("nothing"));
    expect(await make(world, second)).toMatchObject({ outcome: "issued", report: { changes: { added: 1 } } });
  });
});
