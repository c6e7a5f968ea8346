import { describe, expect, it } from "vitest";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { reportIdSchema } from "../../src/reports/report.ts";
import {
  type Delivery,
  DOWNLOADS_MAX,
  deliveryIdOf,
  isFileOf,
  isOpen,
} from "../../src/subscriptions/delivery.ts";
import { downloadDoing, recordDownload, revokeDelivery } from "../../src/subscriptions/delivery-change.ts";

const delivery: Delivery = {
  id: "reportDelivery~d-1",
  deliveryId: "d-1",
  customerId: customerIdSchema.parse("cust-t"),
  kind: "reportDelivery",
  subscriptionId: "sub-1",
  runId: "sub-1~2026-02",
  reportId: reportIdSchema.parse("cpod-agr-2026-01-v1"),
  email: "ana@cust-t.example",
  language: "es",
  formats: ["pdf", "xlsx"],
  createdAt: "2026-02-03T07:00:00.000Z",
  expiresAt: "2026-02-10T07:00:00.000Z",
  downloads: [],
};
const known = (value: Delivery) => ({ value, etag: '"1"' });
const file = { file: "pdf", language: "es", version: 1, sha256: "0".repeat(64) };
const NOW = "2026-02-04T00:00:00.000Z";

describe("a recipient's own link (EX-08)", () => {
  it("opens until it expires or is revoked", () => {
    expect(isOpen(delivery, "2026-02-10T06:59:59.999Z")).toBe(true);
    expect(isOpen(delivery, "2026-02-10T07:00:00.000Z")).toBe(false);
    const doing = { customerId: delivery.customerId, actor: { subject: "boss" }, at: NOW, key: "k" };
    const { change, after } = revokeDelivery(doing, known(delivery));
    expect([isOpen(after, NOW), after.revoked]).toEqual([false, { at: NOW, by: "boss" }]);
    expect(change).toMatchObject({
      writes: [{ document: after, etag: '"1"' }],
      created: [
        {
          action: "reportLinkRevoked",
          target: "/customers/cust-t/reportSubscriptions/sub-1/runs/sub-1~2026-02/deliveries/d-1",
          after: { email: "ana@cust-t.example" },
        },
      ],
    });
    expect(revokeDelivery(doing, known(after)).change).toBeUndefined();
  });

  it("opens the formats that were chosen, in the recipient's language, whatever else the report has", () => {
    const made = (["en", "es"] as const).flatMap((language) =>
      (["csv", "xlsx", "pdf"] as const).map((format) => ({ language, format })),
    );
    expect(made.filter((each) => isFileOf(delivery, each))).toEqual([
      { language: "es", format: "xlsx" },
      { language: "es", format: "pdf" },
    ]);
  });

  it("says who had which file, in the transaction that the audit trail is written by", () => {
    const { change, after } = recordDownload(downloadDoing(delivery, NOW, "req-1"), known(delivery), file);
    expect(after.downloads).toEqual([{ at: NOW, file: "pdf" }]);
    expect(change).toMatchObject({
      writes: [{ document: after, etag: '"1"' }],
      created: [
        {
          action: "reportDownloaded",
          at: NOW,
          actor: { subject: "reportDelivery:d-1", email: "ana@cust-t.example" },
          after: { reportId: delivery.reportId, file: "pdf", version: 1 },
        },
      ],
    });
    const other = recordDownload(downloadDoing(delivery, NOW, "req-2"), known(delivery), file);
    expect(other.change?.created[0]?.id).not.toBe(change?.created[0]?.id);
  });

  it("keeps the newest downloads, and each of them is in the audit trail", () => {
    let value = delivery;
    for (let count = 0; count < DOWNLOADS_MAX + 5; count++) {
      const at = new Date(Date.parse(NOW) + count).toISOString();
      const decision = recordDownload(downloadDoing(value, at, `req-${count}`), known(value), file);
      expect(decision.change?.created).toHaveLength(1);
      value = decision.after;
    }
    expect(value.downloads).toHaveLength(DOWNLOADS_MAX);
    expect(value.downloads[0]?.at).toBe("2026-02-04T00:00:00.005Z");
  });

  it("is one of a run and an address, whatever its case", () => {
    expect(deliveryIdOf("run-1", "Ana@x.example")).toBe(deliveryIdOf("run-1", "ana@x.example"));
    expect(deliveryIdOf("run-2", "ana@x.example")).not.toBe(deliveryIdOf("run-1", "ana@x.example"));
    expect(deliveryIdOf("run-1", "ana@x.example")).toMatch(/^[\w-]{22}$/);
  });
});
