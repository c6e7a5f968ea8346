import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { isAdditional } from "../../src/consumption/entry.ts";
import { createRecorder } from "../../src/consumption/record.ts";
import { verifyLedger } from "../../src/consumption/verify.ts";
import { memoryStores } from "../fakes/memory-stores.ts";

const folder = new URL("../../../shared/data/", import.meta.url);
const events = new URL("deliveries.ndjson", folder);
const expectedFile = new URL("deliveries.expected.json", folder);

const counts = z.object({ cases: z.int(), consumed: z.int(), rows: z.int() });
const additional = z.object({ cases: z.int(), minutes: z.int(), reasons: z.record(z.string(), z.int()) });
const expectedSchema = z.object({
  entitlements: z.record(z.string(), counts),
  additionalCases: z.record(z.string(), additional),
});

/** A year of a real service desk's log. It is not part of the project: where it is absent this is skipped. */
describe.skipIf(!existsSync(events))("a year of real deliveries", () => {
  it("comes to the totals that were computed from the source log, and rebuilds to the same", {
    timeout: 120_000,
  }, async () => {
    const lines = readFileSync(events, "utf8").trimEnd().split("\n");
    const expected = expectedSchema.parse(JSON.parse(readFileSync(expectedFile, "utf8")));
    const stores = memoryStores();
    const recorder = createRecorder(stores, () => "2026-11-20T00:00:00.000Z");
    for (let start = 0; start < lines.length; start += 99)
      await recorder.record(lines.slice(start, start + 99));

    expect(stores.rejected()).toEqual([]);
    expect(totals(stores)).toEqual(expected);
    for (const ledgerId of stores.ledgerIds()) {
      expect((await verifyLedger(stores.store, ledgerId))?.differences).toEqual([]);
    }
  });
});

type Totals = z.infer<typeof expectedSchema>;

function totals(stores: ReturnType<typeof memoryStores>): Totals {
  const entitlements = new Map<string, { cases: Set<string>; consumed: number; rows: number }>();
  const extra = new Map<string, { cases: Map<string, Set<string>>; minutes: number }>();
  for (const ledgerId of stores.ledgerIds()) {
    const customerId = ledgerId.slice(0, ledgerId.indexOf("/"));
    for (const document of stores.documents(ledgerId)) {
      if (document.kind !== "entry" || document.account === undefined) continue;
      const number = z.object({ request: z.object({ number: z.string() }) }).parse(document.event.data)
        .request.number;
      if (isAdditional(document.account)) {
        const total = extra.get(customerId) ?? { cases: new Map(), minutes: 0 };
        extra.set(customerId, total);
        total.minutes += document.quantity;
        total.cases.set(number, new Set([...(total.cases.get(number) ?? []), ...(document.reasons ?? [])]));
      } else {
        const id = document.account.slice(2);
        const total = entitlements.get(id) ?? { cases: new Set(), consumed: 0, rows: 0 };
        entitlements.set(id, total);
        total.consumed += document.quantity;
        total.rows += 1;
        total.cases.add(number);
      }
    }
  }
  return {
    entitlements: Object.fromEntries(
      [...entitlements].map(([id, total]) => [id, { ...total, cases: total.cases.size }]),
    ),
    additionalCases: Object.fromEntries(
      [...extra].map(([id, { cases, minutes }]) => {
        const reasons: Record<string, number> = {};
        for (const set of cases.values())
          for (const reason of set) reasons[reason] = (reasons[reason] ?? 0) + 1;
        return [id, { cases: cases.size, minutes, reasons }];
      }),
    ),
  };
}
