/** What the timer of notices looks for, and how far it has got. */
import type { Container } from "@azure/cosmos";
import * as z from "zod";
import { agreementIdSchema, customerIdSchema } from "../agreements/ids.ts";
import { type LedgerId, ledgerIdSchema } from "../consumption/entry.ts";
import { queryPages, readItem, saveItem, sql, type Versioned } from "../platform/cosmos.ts";

/** A partition of its own: it is about no customer. */
const PARTITION = "~";
const MARK_ID = "noticeWatch";

/** All current agreements of a customer, or one. */
const lookSchema = z.object({ customerId: customerIdSchema, agreementId: agreementIdSchema.optional() });
export type Look = Readonly<z.infer<typeof lookSchema>>;

const markSchema = z.object({
  id: z.literal(MARK_ID),
  customerId: z.literal(PARTITION),
  kind: z.literal("noticeWatch"),
  /** Everything that changed before this instant was looked at, but for what was missed. */
  changesUntil: z.string(),
  /** Every customer was looked at on the local day of this instant, but for what was missed. */
  daysUntil: z.string(),
  /** What failed, or was not reached in time. */
  missed: z.array(lookSchema).default([]),
});
export type WatchMark = Pick<z.infer<typeof markSchema>, "changesUntil" | "daysUntil"> & {
  readonly missed: readonly Look[];
};

const zonedSchema = z.object({ customerId: customerIdSchema, timeZone: z.string() });
export type ZonedCustomer = z.infer<typeof zonedSchema>;

export type WatchStore = {
  readonly mark: () => Promise<Versioned<WatchMark> | undefined>;
  /** @returns false when somebody else was faster. */
  readonly saveMark: (mark: WatchMark, etag: string | undefined) => Promise<boolean>;
  /** Ledgers whose head or roll-ups were written at an instant or later. */
  readonly changedSince: (instant: string) => Promise<ReadonlySet<LedgerId>>;
  /** Every customer, in pages, in no order. */
  readonly customers: () => AsyncIterable<readonly ZonedCustomer[]>;
};

export function cosmosWatchStore(containers: {
  readonly ledgers: Container;
  readonly customers: Container;
}): WatchStore {
  return {
    mark: () => readItem(containers.customers, MARK_ID, PARTITION, markSchema),
    saveMark: ({ changesUntil, daysUntil, missed }, etag) => {
      const document = {
        id: MARK_ID,
        customerId: PARTITION,
        kind: "noticeWatch",
        changesUntil,
        daysUntil,
        missed,
      };
      return saveItem(containers.customers, document, PARTITION, etag);
    },
    changedSince: async (instant) => {
      const since = Math.floor(Date.parse(instant) / 1_000);
      const query = sql(
        "SELECT VALUE c.ledgerId FROM c WHERE c.kind IN ('head', 'rollup') AND c._ts >= @since",
        { since },
      );
      const changed = new Set<LedgerId>();
      for await (const page of queryPages(containers.ledgers, undefined, query, ledgerIdSchema))
        for (const ledgerId of page) changed.add(ledgerId);
      return changed;
    },
    customers: () =>
      queryPages(
        containers.customers,
        undefined,
        sql("SELECT c.customerId, c.timeZone FROM c WHERE c.kind = 'customer'"),
        zonedSchema,
      ),
  };
}
