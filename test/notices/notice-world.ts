/** A customer in memory whose events are recorded, and the watcher that looks at it. */
import { agreementIdSchema, customerIdSchema } from "../../src/agreements/ids.ts";
import { createRecorder } from "../../src/consumption/record.ts";
import type { Notice } from "../../src/notices/notice.ts";
import { type NoticeRules, normalized, rulesOf } from "../../src/notices/notice-settings.ts";
import { type Watcher, watchAgreement } from "../../src/notices/watch.ts";
import { AGREEMENT, agreementEvent, basePackage, CUSTOMER, entitlement } from "../fakes/events.ts";
import { type MemoryNotices, memoryNotices } from "../fakes/memory-notices.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { memoryActivityStore } from "../reports/support/memory-activity.ts";

export const customerId = customerIdSchema.parse(CUSTOMER);
export const agreementId = agreementIdSchema.parse(AGREEMENT);

export type NoticeWorld = MemoryNotices & {
  readonly stores: MemoryStores;
  readonly watcher: Watcher;
  /** @param instant from then on it is so late. */
  readonly at: (instant: string) => void;
  /** Records events; one that is rejected is an error of the test. */
  readonly record: (...bodies: readonly string[]) => Promise<void>;
  /** Looks at the agreement. @returns the notices that this gave. */
  readonly look: (watcher?: Watcher) => Promise<readonly Notice[]>;
  readonly setRules: (rules: Partial<NoticeRules>) => Promise<void>;
};

export function noticeWorld(instant = "2026-06-01T12:00:00.000Z"): NoticeWorld {
  const stores = memoryStores();
  const notices = memoryNotices();
  let time = instant;
  const now = (): string => time;
  const recorder = createRecorder(stores, now);
  const watcher: Watcher = {
    ...notices,
    activity: memoryActivityStore(stores),
    customers: stores.customers,
    directory: stores.directory,
    now,
    hurry: async () => undefined,
  };
  return {
    ...notices,
    stores,
    watcher,
    at: (next) => {
      time = next;
    },
    record: async (...bodies) => {
      for (const outcome of await recorder.record(bodies))
        if (outcome.status === "rejected") throw new Error(`rejected: ${outcome.rejection.message}`);
    },
    look: async (looking = watcher) => {
      const before = new Set(notices.kept("notice").map(({ id }) => id));
      await watchAgreement(looking, customerId, agreementId);
      return notices.kept("notice").filter(({ id }) => !before.has(id));
    },
    setRules: async (rules) => {
      const known = await notices.notices.settings(customerId);
      const document = {
        id: "noticeSettings" as const,
        customerId,
        kind: "noticeSettings" as const,
        ...settingsOf({ ...rulesOf(known), ...rules }),
      };
      const change = { customerId, writes: [{ document, etag: known?.etag }], created: [] };
      const { outcome } = await notices.notices.commit(change);
      if (outcome !== "committed") throw new Error(outcome);
    },
  };
}

function settingsOf(rules: NoticeRules) {
  const { allowancePercents, expiryDays, extraRecipients, ...rest } = normalized(rules);
  return {
    ...rest,
    allowancePercents: [...allowancePercents],
    expiryDays: [...expiryDays],
    extraRecipients: [...extraRecipients],
  };
}

/** An agreement of the whole year with one allowance of 600 minutes, unless told otherwise. */
export function oneAllowance(
  allowance: number | null = 600,
  envelope: Readonly<Record<string, unknown>> = {},
  dates: Readonly<Record<string, unknown>> = {},
): string {
  const packages = [
    basePackage({ ...dates, entitlements: [entitlement("ent-adv", "advisory", { allowance })] }),
  ];
  return agreementEvent({ ...dates, packages }, envelope);
}

/** What a test compares: kind, threshold and number of the crossing. */
export const inShort = (notices: readonly Notice[]): string[] =>
  notices.map(({ type, threshold, crossing }) => `${type} ${threshold} #${crossing}`);
