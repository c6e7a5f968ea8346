import { expect } from "vitest";
import { quantityOf, readRows } from "./pages.ts";
import type { RunningApi } from "./running-api.ts";
import { entitlementSchema } from "./shapes.ts";
import { adminOf, entitlementOf, type Traffic } from "./traffic.ts";

/** Every total is exactly what the traffic comes to, by the totals, by the rows and by the rebuild. */
export async function expectTotals(api: RunningApi, { customerIds, expected }: Traffic): Promise<void> {
  for (const customerId of customerIds) {
    const admin = adminOf(customerId);
    const id = entitlementOf(customerId);
    const path = `customers/${customerId}/entitlements/${id}`;
    const answer = await api.ask(admin, { path });
    expect(answer.status, answer.text).toBe(200);
    const { consumed, rows } = answer.read(entitlementSchema);
    const grid = await readRows(api, admin, path, { maxpagesize: "1000" });
    const [quantity, count] = expected.get(id) ?? [0, 0];
    expect([id, consumed, rows, quantityOf(grid), grid.length]).toEqual([
      id,
      quantity,
      count,
      quantity,
      count,
    ]);
  }
  expect(await api.verifyLedgers()).toMatchObject({ differences: 0 });
}
