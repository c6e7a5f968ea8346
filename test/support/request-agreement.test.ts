import { describe, expect, test } from "vitest";
import { agreementEventDataSchema } from "../../src/agreements/agreement-event.ts";
import { withAgreement } from "../../src/agreements/customer.ts";
import { agreementIdSchema, DEFAULT_WORKSPACE_ID } from "../../src/agreements/ids.ts";
import { agreementForRequest } from "../../src/support/request-agreement.ts";
import { AGREEMENT, agreementEvent, basePackage } from "../fakes/events.ts";

const agreementId = agreementIdSchema.parse(AGREEMENT);
const workspaceId = DEFAULT_WORKSPACE_ID;

function customerIn(timeZone: string) {
  const days = { startDate: "2026-01-01", endDate: "2026-11-20" };
  const { data, ...envelope } = JSON.parse(
    agreementEvent({ timeZone, ...days, packages: [basePackage(days)] }),
  );
  return withAgreement(undefined, { ...envelope, data: agreementEventDataSchema.parse(data) });
}

describe("an agreement on its last day", () => {
  test.each([
    ["Pacific/Honolulu", "2026-11-21T09:59:59.999Z", "2026-11-21T10:00:00.000Z"],
    ["Pacific/Kiritimati", "2026-11-20T09:59:59.999Z", "2026-11-20T10:00:00.000Z"],
    ["Europe/Madrid", "2026-11-20T22:59:59.999Z", "2026-11-20T23:00:00.000Z"],
  ])("in %s takes requests up to its last instant there, and none from the next on", (zone, last, after) => {
    const customer = customerIn(zone);
    expect(agreementForRequest(customer, { workspaceId, agreementId }, last)).toBe(AGREEMENT);
    expect(agreementForRequest(customer, { workspaceId }, last)).toBe(AGREEMENT);
    expect(() => agreementForRequest(customer, { workspaceId, agreementId }, after)).toThrow("2026-11-20");
    expect(agreementForRequest(customer, { workspaceId }, after)).toBeNull();
  });
});
