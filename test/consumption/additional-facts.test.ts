import { describe, expect, it } from "vitest";
import { workspaceIdSchema } from "../../src/agreements/ids.ts";
import { collectAdditionalCases } from "../../src/consumption/additional-cases.ts";
import type { AdditionalEntry } from "../../src/consumption/case-store.ts";
import { additionalAccount } from "../../src/consumption/entry.ts";

function row(id: string, at: string, facts: Partial<AdditionalEntry>): AdditionalEntry {
  const account = additionalAccount("advisory", "minutes");
  const workspaceId = workspaceIdSchema.parse("ws-default");
  return { id, account, at, workspaceId, quantity: 15, reasons: [], number: "INC1", ...facts };
}

const rows = [
  row("first", "2026-03-01T09:00:00.000Z", { agreementId: "agr-a", title: "Old", category: "SU" }),
  row("b", "2026-03-02T09:00:00.000Z", { agreementId: "agr-b", title: "New" }),
  row("a", "2026-03-02T09:00:00.000Z", { agreementId: "agr-c", title: "Same time, lesser id" }),
  row("last", "2026-03-03T09:00:00.000Z", {}),
];

async function* inOrder(order: readonly number[]) {
  for (const index of order) yield await Promise.resolve(rows.filter((_, each) => each === index));
}

describe("what an additional case says of itself", () => {
  it.each([[[0, 1, 2, 3]], [[3, 2, 1, 0]], [[2, 0, 3, 1]]])(
    "is what the last of its rows that says it does, rows coming as %j",
    async (order) => {
      const { items } = await collectAdditionalCases(inOrder(order));
      expect(items).toMatchObject([{ agreementId: "agr-b", title: "New", category: "SU", rows: 4 }]);
    },
  );
});
