import { expect, test } from "vitest";
import { agreementIdSchema } from "../../src/agreements/ids.ts";
import { cancellationEntry, cancelReport } from "../../src/reports/cancel-report.ts";
import { requestEntry } from "../../src/reports/request-entry.ts";
import { agreementEvent } from "../fakes/events.ts";
import { ask, customerId, memoryWorld } from "./support/world.ts";

test("the audit trail names a report by its address, whatever its agreement is called", async () => {
  const world = memoryWorld();
  const agreementId = agreementIdSchema.parse("agr 50%é");
  await world.record(agreementEvent({ agreementId }));
  const report = await ask(world, { scope: { reportKind: "cpod", agreementId } });
  const by = { at: world.clock.now(), actor: { subject: "alice" } };
  const { value: canceled } = await cancelReport(world.reports, customerId, report.id, by);
  const target = `/customers/${customerId}/reports/cpod-agr%2050%25%C3%A9-2026-03-v1`;
  expect(requestEntry(report)).toMatchObject({ target });
  expect(cancellationEntry(canceled)).toMatchObject({ target });
});
