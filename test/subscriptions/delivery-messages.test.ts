import { describe, expect, it } from "vitest";
import {
  type Issue,
  newReport,
  reportIdSchema,
  type SucceededReport,
  start,
  succeed,
} from "../../src/reports/report.ts";
import { newRun } from "../../src/subscriptions/run.ts";
import { failedMessage, newDelivery, readyMessage } from "../../src/subscriptions/run-messages.ts";
import { createSubscription } from "../../src/subscriptions/subscription-change.ts";
import { agreementId, customer, customerId, owner, START, someFacts } from "./subscription-world.ts";

const period = { from: "2025-12-01T00:00:00.000Z", to: "2026-01-01T00:00:00.000Z" };
const doing = { customerId, actor: { subject: "person-ana" }, at: START, key: "k" };
const subscription = createSubscription(doing, [], { ...someFacts, formats: ["pdf"] }, owner).after;
const run = newRun(subscription, { occurrence: "2026-01", dueAt: START }, period, START);
const told = { customer, subscription, run };
const PAWEL = { email: "pawel@cust-t.example", name: undefined, language: "pl" } as const;

function issued(facts: Partial<Issue> = {}): SucceededReport {
  const asked = newReport({
    id: reportIdSchema.parse("cpod-agr-2025-12-v2"),
    customerId,
    scope: { reportKind: "cpod", agreementId },
    period,
    version: 2,
    formats: ["csv", "xlsx", "pdf"],
    languages: ["es", "pl"],
    requestedBy: { subject: "person-ana" },
    requestedAt: START,
  });
  const begun = start(asked, START, "attempt");
  if (begun.outcome !== "started") throw new Error(begun.outcome);
  return succeed(begun.report, {
    generatedAt: START,
    filesKeptUntil: "2033-01-05T12:00:00.000Z",
    dataAsOf: null,
    files: [],
    figures: "f",
    context: "c",
    lines: 0,
    changes: { added: 3, removed: 0, changed: 1 },
    previousReportId: undefined,
    ...facts,
  });
}

describe("what a recipient is sent", () => {
  it("is what the subscription names, in the recipient's language, whatever else the report has", () => {
    const delivery = newDelivery(told, issued(), PAWEL, START, 10);
    expect(delivery).toMatchObject({ formats: ["pdf"], language: "pl" });
    const late = newDelivery(told, issued(), { ...PAWEL, language: "it" }, START, 10);
    expect(late.language).toBe("es");
  });

  it("opens for as long as is set, and never for longer than there are files", () => {
    const expiresAt = (filesKeptUntil: string) =>
      newDelivery(told, issued({ filesKeptUntil }), PAWEL, START, 10).expiresAt;
    expect(expiresAt("2033-01-05T12:00:00.000Z")).toBe("2026-01-05T12:10:00.000Z");
    expect(expiresAt("2026-01-05T12:09:00.000Z")).toBe("2026-01-05T12:09:00.000Z");
  });

  it("tells no number of lines of a correction, which may be of more versions than one", () => {
    const delivery = newDelivery(told, issued(), PAWEL, START, 10);
    const { content } = readyMessage(told, issued(), delivery, PAWEL, START);
    expect(content).toMatchObject({ template: "reportReady", version: 2, deliveryId: delivery.deliveryId });
    expect(content).not.toHaveProperty("changes");
  });
});

describe("what the owner is told of a report that was not made", () => {
  const reasonOf = (code: string) => failedMessage(told, code, PAWEL, START).content;

  it("is the code of the reason, which every language has words for", () => {
    expect(reasonOf("ReportCanceled")).toMatchObject({ reason: "ReportCanceled" });
    expect(reasonOf("FiguresDiffer")).toMatchObject({ reason: "FiguresDiffer" });
    expect(reasonOf("what a store said")).toMatchObject({ reason: "Other" });
  });
});
