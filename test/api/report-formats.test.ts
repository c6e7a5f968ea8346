import { createHash } from "node:crypto";
import { read, utils } from "@e965/xlsx";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { languageSchema, unitSchema } from "../../src/agreements/agreement-event.ts";
import { columnsOf } from "../../src/reports/columns.ts";
import { type SectionKey, sectionsOfKind } from "../../src/reports/content.ts";
import { formatsOf } from "../../src/reports/formats.ts";
import { reportTexts } from "../../src/reports/texts.ts";
import { AGREEMENT, agreementEvent, CUSTOMER, deliveryEvent, reversalEvent } from "../fakes/events.ts";
import { eventually } from "../local/service-bus-fixture.ts";
import { readPdf } from "../reports/support/read-pdf.ts";
import { expectRefusal } from "./support/expect-refusal.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";

const ADMIN = { email: "admin@cust-t.example" };
const REPORTS = `customers/${CUSTOMER}/reports`;
const LAST_INSTANT = "2026-03-31T23:59:59.999Z";
const REPORT_LIMIT_MS = 30_000;
const SECTIONS = sectionsOfKind.cpod.map((key) => `csv-${key}`);

const reportSchema = z.object({
  id: z.string(),
  status: z.string(),
  languages: z.array(languageSchema),
  formats: z.array(z.string()),
  previousReportId: z.string().nullable(),
  changes: z.object({ added: z.int() }).nullable(),
  files: z.array(
    z.object({
      name: z.string(),
      format: z.string(),
      language: languageSchema,
      fileName: z.string(),
      contentType: z.string(),
      bytes: z.int(),
      sha256: z.string(),
      downloadLink: z.url(),
    }),
  ),
});
type Report = z.infer<typeof reportSchema>;

const pageSchema = z.looseObject({ enterpriseWide: z.unknown() });
const lineSchema = z.object({
  entitlementId: z.string(),
  name: z.string(),
  class: z.string(),
  unit: unitSchema.nullable(),
  purchased: z.int().nullable(),
  consumed: z.int().nullable(),
  remaining: z.int().nullable(),
  overage: z.int().nullable(),
});
type Line = z.infer<typeof lineSchema>;

let api: RunningApi;
/** What the page says at the end of the period. */
let page: readonly Line[];

beforeAll(async () => {
  api = await startApi();
  const credits = { entitlementId: "ent-crd", service: "proactiveCredits", unit: "credits" };
  await api.send([
    agreementEvent(),
    deliveryEvent("d-1", { quantity: 75 }),
    deliveryEvent("d-2", { deliveredAt: "2026-03-31T23:59:59.999Z" }),
    deliveryEvent("d-3", { ...credits, quantity: 3, request: undefined }),
    deliveryEvent("april", { deliveredAt: "2026-04-01T00:00:00.000Z", quantity: 50 }),
    deliveryEvent("coded", { request: { number: "=1+1", title: "=cmd", category: "DSA" } }),
  ]);
  await api.send([reversalEvent("back", "d-1", { quantity: 10 })]);
  const asked = { path: `customers/${CUSTOMER}/activity`, query: { asOf: LAST_INSTANT } };
  page = linesIn((await api.ask(ADMIN, asked)).read(pageSchema)).filter(
    (line) => line.class === "consumable",
  );
});

afterAll(() => api.stack.stop());

/** Every entitlement that is somewhere in the answer, once. */
function linesIn(value: unknown): readonly Line[] {
  if (typeof value !== "object" || value === null) return [];
  const line = lineSchema.safeParse(value);
  return line.success ? [line.data] : Object.values(value).flatMap(linesIn);
}

async function made(asked: Readonly<Record<string, unknown>>): Promise<Report> {
  const json = { reportKind: "cpod", agreementId: AGREEMENT, period: { month: "2026-03" }, ...asked };
  const { id } = (await api.ask(ADMIN, { method: "POST", path: REPORTS, json })).read(reportSchema);
  return eventually(async () => {
    const report = (await api.ask(ADMIN, { path: `${REPORTS}/${id}` })).read(reportSchema);
    if (report.status === "failed") throw new Error(`report ${id} failed`);
    return report.status === "succeeded" ? report : undefined;
  }, REPORT_LIMIT_MS);
}

async function downloaded({ files }: Report, name: string): Promise<Buffer> {
  const file = files.find((each) => each.name === name);
  const { headers } = await api.ask(ADMIN, { path: file?.downloadLink ?? "" });
  const response = await fetch(headers.get("location") ?? "");
  expect(response.headers.get("content-type")).toBe(file?.contentType);
  expect(response.headers.get("content-disposition")).toContain(file?.fileName);
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(file?.sha256);
  return bytes;
}

const cellSchema = z.union([z.string(), z.number(), z.date()]).nullish();
type Cells = Readonly<Record<string, z.infer<typeof cellSchema>>>;

/** The rows of a section by the keys of its columns. */
function sheetRows(workbook: ReturnType<typeof read>, key: SectionKey, title: string): readonly Cells[] {
  const sheet = workbook.Sheets[title];
  if (sheet === undefined) throw new Error(`there is no sheet ${title} among ${workbook.SheetNames.join()}`);
  const [, ...rows] = z.array(z.array(cellSchema)).parse(utils.sheet_to_json(sheet, { header: 1 }));
  return rows.map((row) =>
    Object.fromEntries(columnsOf[key].map((column, index) => [column.key, row[index]])),
  );
}

function csvRows(bytes: Buffer, key: SectionKey): readonly Readonly<Record<string, string>>[] {
  const columns = columnsOf[key].map((column) => column.key);
  return z.array(z.record(z.string(), z.string())).parse(parse(bytes, { bom: true, columns, from: 2 }));
}

/** Texts are wrapped in cells, and figures have spaces that do not break. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ");

describe("a report in every format", () => {
  test.each(["en", "es", "pl", "it"] as const)(
    "has the figures of the page in each, in %s",
    async (language) => {
      const report = await made({ languages: [language] });
      expect(report.files.map(({ name }) => name).toSorted()).toEqual(
        [...SECTIONS, "pdf", "xlsx"].toSorted(),
      );
      expect(new Set(report.files.map((file) => file.language))).toEqual(new Set([language]));
      expect(page.length).toBe(4);
      const texts = reportTexts(language);
      const formats = formatsOf(language, "Europe/Madrid");

      const inCsv = csvRows(await downloaded(report, "csv-entitlement"), "entitlement");
      expect(inCsv.map((row) => [row["entitlementId"], Number(row["consumed"])])).toEqual(
        page.map((line) => [line.entitlementId, line.consumed]),
      );

      const workbook = read(await downloaded(report, "xlsx"), { cellDates: true, UTC: true });
      const inXlsx = sheetRows(workbook, "entitlement", texts.section("entitlement"));
      expect(inXlsx).toEqual(
        page.map((line) =>
          expect.objectContaining({
            entitlementId: line.entitlementId,
            purchased: line.purchased ?? texts.word("included"),
            consumed: line.consumed,
            remaining: line.remaining ?? undefined,
          }),
        ),
      );
      const delivered = sheetRows(workbook, "delivery", texts.section("delivery"));
      const quantities = delivered.map(({ eventId, quantity }) => [String(eventId), quantity] as const);
      expect(quantities).toHaveLength(4);
      expect(Object.fromEntries(quantities)).toEqual({ "d-1": 75, back: -10, "d-2": 15, "d-3": 3 });
      expect(delivered.every(({ deliveredAt }) => deliveredAt instanceof Date)).toBe(true);

      const { pages, facts } = await readPdf(await downloaded(report, "pdf"));
      const text = oneLine(pages.map((each) => each.text).join(" "));
      expect(facts.Language).toBe(texts.locale);
      for (const { name, unit, consumed } of page) {
        expect(text).toContain(name);
        if (unit !== null) expect(text).toContain(oneLine(formats.amount(unit, consumed ?? 0)));
      }
      for (const line of delivered) {
        if (typeof line["caseNumber"] === "string") expect(text).toContain(line["caseNumber"]);
      }
    },
  );

  test("tells what has changed since the version before, where there was one", async () => {
    const asked = { period: { month: "2026-02" }, formats: ["csv"] };
    const first = await made(asked);
    const second = await made(asked);
    expect([first.previousReportId, first.changes]).toEqual([null, null]);
    expect([second.previousReportId, second.changes]).toEqual([first.id, { added: 0 }]);
  });

  test("is in the language of whoever asks, unless another is named, and has what is compared among its formats", async () => {
    const report = await made({ formats: ["pdf"] });
    expect(report).toMatchObject({ languages: ["es"], formats: ["csv", "pdf"] });
    expect(report.files.map(({ name }) => name)).toEqual([...SECTIONS, "pdf"]);
    const missing = await api.ask(ADMIN, { path: `${REPORTS}/${report.id}/files/xlsx` });
    expect(`${missing.status} ${expectRefusal(missing, "a file")}`).toBe("404 ResourceNotFound");
  });

  test("has the same figures in each of its languages, each under labels of its own", async () => {
    const report = await made({ languages: ["pl", "en"], formats: ["csv", "xlsx"] });
    const names = [...SECTIONS, "xlsx"].toSorted();
    for (const language of ["pl", "en"] as const) {
      const own = report.files.filter((file) => file.language === language);
      expect(own.map(({ name }) => name).toSorted()).toEqual(names);
    }
    const path = `${REPORTS}/${report.id}/files/csv-delivery`;
    const text = async (language: string) => {
      const { headers } = await api.ask(ADMIN, { path, query: { language } });
      return (await fetch(headers.get("location") ?? "")).text();
    };
    const [polish, english] = [await text("pl"), await text("en")];
    const [label, ...values] = polish.split("\r\n");
    const [otherLabel, ...otherValues] = english.split("\r\n");
    expect(values).toEqual(otherValues);
    expect(label).toContain(reportTexts("pl").column("deliveredAt"));
    expect(otherLabel).toContain(reportTexts("en").column("deliveredAt"));
    expect((await api.ask(ADMIN, { path, query: { language: "it" } })).status).toBe(404);
  });

  test.each([
    { formats: [] },
    { formats: ["docx"] },
    { formats: ["pdf", "pdf", "pdf", "pdf"] },
    { languages: ["fr"] },
    { languages: [] },
    { language: "es" },
    { reportKind: "education" },
    { reportKind: undefined },
  ])("is refused as %o", async (asked) => {
    const json = { reportKind: "cpod", agreementId: AGREEMENT, period: { month: "2026-03" }, ...asked };
    const answer = await api.ask(ADMIN, { method: "POST", path: REPORTS, json });
    expect(`${answer.status} ${expectRefusal(answer, "a report")}`).toBe("400 InvalidRequestBody");
  });
});
