import { read, utils } from "@e965/xlsx";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import { columnsOf } from "../../src/reports/columns.ts";
import {
  AGREEMENT,
  agreementEvent,
  basePackage,
  CUSTOMER,
  deliveryEvent,
  entitlement,
  reversalEvent,
} from "../fakes/events.ts";
import { eventually } from "../local/service-bus-fixture.ts";
import { createWorkspace, join, type Workspace } from "./support/access-steps.ts";
import { expectRefusal } from "./support/expect-refusal.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import { listSchema } from "./support/shapes.ts";

const CSAM: TokenRequest = { email: "csam@provider.example", roles: ["Csam"] };
const TEACHER = { email: "teacher@cust-t.example" };
const OTHER = { email: "other@cust-t.example" };
const REPORTS = `customers/${CUSTOMER}/reports`;
const MARCH = { month: "2026-03" };
/** A request that an activity was started for. */
const CASE = "SR-4711";
const REPORT_LIMIT_MS = 60_000;

const reportSchema = z.object({
  id: z.string(),
  reportKind: z.string(),
  workspaceIds: z.array(z.string()).nullable(),
  formats: z.array(z.string()),
  status: z.string(),
  files: z.array(z.object({ name: z.string(), fileName: z.string(), downloadLink: z.url() })),
});
type Report = z.infer<typeof reportSchema>;

let api: RunningApi;
let second: Workspace;

function learning(id: string, learner: string, overrides: Readonly<Record<string, unknown>> = {}): string {
  return deliveryEvent(id, {
    entitlementId: "ent-edu",
    service: "education",
    unit: "activities",
    quantity: 1,
    request: undefined,
    detail: { learner, activityTitle: "=Azure, the basics", level: "beginner", language: "es" },
    ...overrides,
  });
}

beforeAll(async () => {
  api = await startApi();
  const education = entitlement("ent-edu", "education", { unit: "activities", allowance: 50 });
  await api.send([
    agreementEvent({
      packages: [basePackage({ entitlements: [entitlement("ent-adv", "advisory"), education] })],
    }),
  ]);
  await api.drained();
  second = await createWorkspace(api, CSAM, CUSTOMER, {
    name: "Second",
    agreements: [{ agreementId: AGREEMENT }],
    administrator: OTHER,
  });
  await join(api, CSAM, { customerId: CUSTOMER, workspaceId: "ws-default" }, TEACHER, {
    roles: ["learningManager"],
  });
  await api.send([
    learning("l-1", "Ana"),
    learning(`sr:${CASE}`, "Emil", { request: { number: CASE, title: `${CASE} title` } }),
    learning("l-2", "Berta", { deliveredAt: "2026-03-31T23:59:59.999Z" }),
    learning("l-3", "Carla", { workspaceId: second.workspaceId }),
    learning("april", "Diana", { deliveredAt: "2026-04-01T00:00:00.000Z" }),
    deliveryEvent("advice"),
  ]);
  await api.send([
    reversalEvent("back", "l-2", { entitlementId: "ent-edu", quantity: 1, unit: "activities" }),
    reversalEvent(`back:${CASE}`, `sr:${CASE}`, {
      entitlementId: "ent-edu",
      quantity: 1,
      unit: "activities",
      reason: `${CASE} was closed`,
    }),
  ]);
});

afterAll(() => api.stack.stop());

async function made(by: TokenRequest, asked: Readonly<Record<string, unknown>>): Promise<Report> {
  const json = { reportKind: "education", period: MARCH, ...asked };
  const answer = await api.ask(by, { method: "POST", path: REPORTS, json });
  const { id } = answer.read(reportSchema);
  return eventually(async () => {
    const report = (await api.ask(by, { path: `${REPORTS}/${id}` })).read(reportSchema);
    if (report.status === "failed") throw new Error(`report ${id} failed`);
    return report.status === "succeeded" ? report : undefined;
  }, REPORT_LIMIT_MS);
}

async function bytesOf(by: TokenRequest, { files }: Report, name: string): Promise<Buffer> {
  const file = files.find((each) => each.name === name);
  const { headers } = await api.ask(by, { path: file?.downloadLink ?? "" });
  return Buffer.from(await (await fetch(headers.get("location") ?? "")).arrayBuffer());
}

/** Learner, quantity and workspace of each line. */
function linesOf(bytes: Buffer): readonly (readonly unknown[])[] {
  const columns = columnsOf.learning.map(({ key }) => key);
  const rows = z.array(z.record(z.string(), z.string())).parse(parse(bytes, { bom: true, columns, from: 2 }));
  return rows.map((row) => [row["learner"], Number(row["quantity"]), row["workspaceId"]]);
}

/** A start before what takes it back. */
const byLearner = (left: readonly unknown[], right: readonly unknown[]): number =>
  String(left[0]).localeCompare(String(right[0])) || Number(right[1]) - Number(left[1]);

describe("a learning manager", () => {
  test("exports what was learnt in the own workspace, as CSV and XLSX, and nothing of others (AC-07, EX-02, WS-07)", async () => {
    const report = await made(TEACHER, { workspaceIds: ["ws-default"] });
    expect(report).toMatchObject({
      reportKind: "education",
      workspaceIds: ["ws-default"],
      formats: ["csv", "xlsx"],
    });
    const csv = await bytesOf(TEACHER, report, "csv-learning");
    const lines = linesOf(csv).toSorted(byLearner);
    expect(lines).toEqual([
      ["Ana", 1, "ws-default"],
      ["Berta", 1, "ws-default"],
      ["Berta", -1, "ws-default"],
      ["Emil", 1, "ws-default"],
      ["Emil", -1, "ws-default"],
    ]);
    // Of requests a learning manager need not know of any (SR-02).
    expect(csv.toString("utf8")).not.toContain(CASE);
    const workbook = read(await bytesOf(TEACHER, report, "xlsx"), { cellDates: true, UTC: true });
    const sheets = workbook.SheetNames.map((name) => utils.sheet_to_csv(workbook.Sheets[name] ?? {}));
    expect(sheets.join("\n")).toContain("Ana");
    expect(sheets.join("\n")).not.toContain("Carla");
    expect(sheets.join("\n")).not.toContain(CASE);
    expect(sheets.join("\n")).toContain("=Azure, the basics");
  });

  test.each([
    ["the whole customer", undefined],
    ["another workspace", ["second"]],
    ["own and another", ["ws-default", "second"]],
    ["one that there is not", ["ws-nobody-knows"]],
  ])(
    "is told of %s that there is nothing, all in the same way (AC-08)",
    async (_name, named: readonly string[] | undefined) => {
      const workspaceIds = named?.map((id) => (id === "second" ? second.workspaceId : id));
      const json = { reportKind: "education", period: MARCH, ...(workspaceIds && { workspaceIds }) };
      const answer = await api.ask(TEACHER, { method: "POST", path: REPORTS, json });
      expect(`${answer.status} ${expectRefusal(answer, "a scope")}`).toBe("404 ResourceNotFound");
    },
  );

  test("finds in the list what is of the own workspace alone, and opens nothing else", async () => {
    const own = await made(TEACHER, { workspaceIds: ["ws-default"] });
    const whole = await made(CSAM, {});
    const cpod = { reportKind: "cpod", agreementId: AGREEMENT, period: MARCH };
    const asked = await api.ask(CSAM, { method: "POST", path: REPORTS, json: cpod });
    const hidden = [whole.id, asked.read(z.object({ id: z.string() })).id];
    const list = async (by: TokenRequest) =>
      (await api.ask(by, { path: REPORTS })).read(listSchema(reportSchema)).value.map(({ id }) => id);
    expect(await list(TEACHER)).toContain(own.id);
    expect(await list(CSAM)).toEqual(expect.arrayContaining([own.id, ...hidden]));
    for (const id of hidden) {
      expect(await list(TEACHER)).not.toContain(id);
      for (const path of [`${REPORTS}/${id}`, `${REPORTS}/${id}/files/csv-learning`])
        expect((await api.ask(TEACHER, { path })).status).toBe(404);
      expect((await api.ask(TEACHER, { method: "POST", path: `${REPORTS}/${id}/cancel` })).status).toBe(404);
    }
    // Those of the other workspace see none of these.
    expect(await list(OTHER)).toEqual([]);
    const json = { reportKind: "cpod", agreementId: AGREEMENT, period: MARCH };
    expect((await api.ask(TEACHER, { method: "POST", path: REPORTS, json })).status).toBe(404);
  });
});

test("the whole customer's has the lines of every workspace, and is offered no PDF", async () => {
  const report = await made(CSAM, { languages: ["it"], workspaceIds: null });
  expect(report.workspaceIds).toBeNull();
  expect(linesOf(await bytesOf(CSAM, report, "csv-learning"))).toEqual(
    expect.arrayContaining([
      ["Ana", 1, "ws-default"],
      ["Carla", 1, second.workspaceId],
    ]),
  );
  const json = { reportKind: "education", period: MARCH, formats: ["pdf"] };
  const answer = await api.ask(CSAM, { method: "POST", path: REPORTS, json });
  expect(`${answer.status} ${expectRefusal(answer, "a format")}`).toBe("400 InvalidRequestBody");
});

test("a report that has ended is not cancelled any more, and says so", async () => {
  const { id } = await made(CSAM, {});
  const answer = await api.ask(CSAM, { method: "POST", path: `${REPORTS}/${id}/cancel` });
  expect(`${answer.status} ${expectRefusal(answer, "a report")}`).toBe("409 ReportEnded");
});
