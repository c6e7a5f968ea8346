import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AGREEMENT, agreementEvent, CUSTOMER, deliveryEvent } from "../fakes/events.ts";
import { expectRefusal } from "./support/expect-refusal.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";

const ADMIN = { email: "admin@cust-t.example" };
const REPORTS = `customers/${CUSTOMER}/reports`;

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
  await api.send([agreementEvent(), deliveryEvent("d-1"), deliveryEvent("d-2")]);
});

afterAll(() => api.stack.stop());

describe("times outside the years that are taken are refused, and never a failure:", () => {
  test.each([
    { month: "9999-12" },
    { month: "0000-01" },
    { month: "2200-01" },
    { firstDay: "9999-12-01", lastDay: "9999-12-31" },
    { firstDay: "0000-01-01", lastDay: "0000-01-31" },
  ])("a report of %o", async (period) => {
    const json = { agreementId: AGREEMENT, period };
    const answer = await api.ask(ADMIN, { method: "POST", path: REPORTS, json });
    expect(`${answer.status} ${expectRefusal(answer, "a period")}`).toBe("400 InvalidRequestBody");
    expect(answer.text).toContain("must lie in the years 1990 to 2199");
  });

  test("a report of the last month that is taken is only not over", async () => {
    const json = { agreementId: AGREEMENT, period: { month: "2199-12" } };
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
