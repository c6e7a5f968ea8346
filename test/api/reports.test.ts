import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { AGREEMENT, agreementEvent, CUSTOMER, deliveryEvent } from "../fakes/events.ts";
import { eventually } from "../local/service-bus-fixture.ts";
import { expectRefusal } from "./support/expect-refusal.ts";
import { readAll } from "./support/pages.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import { listSchema } from "./support/shapes.ts";

const ADMIN = { email: "admin@cust-t.example" };
const REPORTS = `customers/${CUSTOMER}/reports`;

const REPORT_LIMIT_MS = 30_000;
const CLOCK_LIMIT_MS = 5_000;
const reportSchema = z.object({
  id: z.string(),
  status: z.string(),
  requestedAt: z.iso.datetime(),
  files: z.array(z.object({ downloadLink: z.url(), linkExpiresAt: z.iso.datetime().nullable() })),
});

let api: RunningApi;
let reportId: string;

beforeAll(async () => {
  api = await startApi();
  await api.send([agreementEvent(), deliveryEvent("d-1"), deliveryEvent("d-2")]);
  const json = { reportKind: "cpod", agreementId: AGREEMENT, period: { month: "2026-03" } };
  const asked = await api.ask(ADMIN, { method: "POST", path: REPORTS, json });
  reportId = asked.read(reportSchema).id;
  const path = `${REPORTS}/${reportId}`;
  await eventually(async () => {
    const { status } = (await api.ask(ADMIN, { path })).read(reportSchema);
    return status === "succeeded" || undefined;
  }, REPORT_LIMIT_MS);
});

afterAll(() => api.stack.stop());

describe("whoever has it already is not sent it again:", () => {
  test("a report, though its links are new each time", async () => {
    const { path, etag, body } = await readTwice(`${REPORTS}/${reportId}`);
    expect(etag).toMatch(/^W\/"/);
    const [file] = reportSchema.parse(body).files;
    expect((await api.ask(ADMIN, { path: file?.downloadLink ?? "" })).status).toBe(302);
    expect(Date.parse(file?.linkExpiresAt ?? "")).toBeGreaterThan(Date.now());
    const other = await api.ask(ADMIN, { path, headers: { "if-none-match": 'W/"another"' } });
    expect(other.status).toBe(200);
  });

  test("the list of reports, whose links open for whoever may read them", async () => {
    const { body } = await readTwice(REPORTS);
    const [file] = listSchema(reportSchema)
      .parse(body)
      .value.flatMap(({ files }) => files);
    expect(file?.linkExpiresAt).toBeNull();
    expect((await api.ask(ADMIN, { path: file?.downloadLink ?? "" })).status).toBe(302);
    const stranger = { email: "stranger@elsewhere.example" };
    expect((await api.ask(stranger, { path: file?.downloadLink ?? "" })).status).toBe(404);
  });

  test("a page of a list that has a next one", async () => {
    const { body } = await readTwice(`customers/${CUSTOMER}/entitlements/ent-adv/rows?maxpagesize=1`);
    expect(z.object({ nextLink: z.url() }).safeParse(body).success).toBe(true);
  });

  async function readTwice(path: string) {
    const first = await api.ask(ADMIN, { path });
    const etag = first.headers.get("etag") ?? "";
    // Whatever is signed with the time in it then comes out another.
    const answeredAt = Date.now();
    await eventually(() => Date.now() > answeredAt || undefined, CLOCK_LIMIT_MS);
    const again = await api.ask(ADMIN, { path, headers: { "if-none-match": etag } });
    expect([again.status, again.text, again.headers.get("etag")]).toEqual([304, "", etag]);
    return { path, etag, body: first.read(z.unknown()) };
  }
});

test("a request for a report is in the audit trail once, at the time of the request, however often it is sent", async () => {
  const json = { reportKind: "cpod", agreementId: AGREEMENT, period: { month: "2026-02" } };
  const headers = { "repeatability-request-id": "0b5a3d1e-9c1f-4a77-8a55-0d9a2c1b7e11" };
  const request = { method: "POST", path: REPORTS, json, headers };
  const first = (await api.ask(ADMIN, request)).read(reportSchema);
  expect((await api.ask(ADMIN, request)).read(reportSchema).id).toBe(first.id);
  await api.drained();
  const entry = z.object({ action: z.string(), at: z.string(), target: z.string() });
  const trail = await readAll(api, ADMIN, { path: `customers/${CUSTOMER}/auditEntries` }, entry);
  const target = `/${REPORTS}/${first.id}`;
  expect(trail.filter((each) => each.target === target)).toEqual([
    { action: "reportRequested", at: first.requestedAt, target },
  ]);
});

test("asking with HEAD whether there is a file is refused, and leaves no download in the audit trail", async () => {
  const path = `${REPORTS}/${reportId}/files/csv-delivery`;
  const entry = z.object({ action: z.string() });
  const downloads = async () =>
    (await readAll(api, ADMIN, { path: `customers/${CUSTOMER}/auditEntries` }, entry)).filter(
      ({ action }) => action === "reportDownloaded",
    ).length;
  const before = await downloads();
  const head = await api.ask(ADMIN, { method: "HEAD", path });
  expect([head.status, head.headers.get("allow")]).toEqual([405, "GET"]);
  expect(await downloads()).toBe(before);
  expect((await api.ask(ADMIN, { path })).status).toBe(302);
  expect(await downloads()).toBe(before + 1);
});

describe("times outside the years that are taken are refused, and never a failure:", () => {
  test.each([
    { month: "9999-12" },
    { month: "0000-01" },
    { month: "2200-01" },
    { firstDay: "9999-12-01", lastDay: "9999-12-31" },
    { firstDay: "0000-01-01", lastDay: "0000-01-31" },
  ])("a report of %o", async (period) => {
    const json = { reportKind: "cpod", agreementId: AGREEMENT, period };
    const answer = await api.ask(ADMIN, { method: "POST", path: REPORTS, json });
    expect(`${answer.status} ${expectRefusal(answer, "a period")}`).toBe("400 InvalidRequestBody");
    expect(answer.text).toContain("must lie in the years 1990 to 2199");
  });

  test("a report of the last month that is taken is only not over", async () => {
    const json = { reportKind: "cpod", agreementId: AGREEMENT, period: { month: "2199-12" } };
    const answer = await api.ask(ADMIN, { method: "POST", path: REPORTS, json });
    expect(`${answer.status} ${expectRefusal(answer, "a period")}`).toBe("400 PeriodNotOver");
  });

  test.each([
    ["activity", { asOf: "9999-12-31T23:59:59-12:00" }, "InvalidQueryParameterValue"],
    ["activity", { asOf: "0000-01-01T00:00:00+12:00" }, "InvalidQueryParameterValue"],
    ["additionalCases", { asOf: "9999-12-31T23:59:59-12:00" }, "InvalidQueryParameterValue"],
    ["entitlements/ent-adv/rows", { filter: "deliveredAt lt 9999-12-31T23:59:59-12:00" }, "InvalidFilter"],
  ])("%s of %o", async (path, query, code) => {
    const answer = await api.ask(ADMIN, { path: `customers/${CUSTOMER}/${path}`, query });
    expect(`${answer.status} ${expectRefusal(answer, path)}`).toBe(`400 ${code}`);
    expect(answer.text).toContain("the years 1990 to 2199");
  });
});
