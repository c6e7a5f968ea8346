/**
 * What an education report reads: of every agreement of the customer the entitlements to education, and nothing of what is
 * delivered on any other. Promise: figures are those of the drill-down for the same workspaces (EX-06), and of entries none
 * of another workspace is read (WS-07); they come in pages and are never held.
 * What no entitlement accounts for is no learning activity: only cases are recorded without one (CA-14).
 */
import type { Customer } from "../agreements/customer.ts";
import { agreementIdSchema } from "../agreements/ids.ts";
import { entitlementsOf } from "../agreements/terms.ts";
import type { ActivityStore } from "../consumption/activity-store.ts";
import type { Chosen } from "../consumption/chosen.ts";
import { readReversed } from "../consumption/drill-down.ts";
import { type Account, entitlementAccount, type LedgerId, ledgerIdOf } from "../consumption/entry.ts";
import { latest } from "../consumption/figures.ts";
import type { Counts } from "../consumption/rollup.ts";
import type { CountedLine } from "./cpod-tally.ts";
import { compareLearning, type LearningAccount, type LearningNames, learningLine } from "./education-line.ts";
import type { Period } from "./period.ts";
import {
  checkSettled,
  deliveredOn,
  entriesOn,
  NotReadyError,
  pageSizeOf,
  readPeriodLedger,
} from "./period-ledger.ts";
import type { Revisions } from "./report-context.ts";
import { mergeSorted } from "./sorted-streams.ts";

export type EducationLedgers = {
  /** By ledger, then account: what its lines in the period must come to. */
  readonly delivered: ReadonlyMap<LedgerId, ReadonlyMap<Account, Counts>>;
  readonly dataAsOf: string | null;
  readonly revisions: Revisions;
  /** Every line of the period in order, each time it is called read anew. */
  readonly lines: () => AsyncIterable<readonly CountedLine[]>;
};

type EducationQuery = LearningNames & { readonly chosen: Chosen; readonly period: Period };

type PeriodAccount = LearningAccount & { readonly delivered: Counts; readonly lastAt: string | undefined };

/**
 * One agreement after another: there may be hundreds.
 * @throws NotReadyError
 */
export async function readEducationLedgers(
  activity: ActivityStore,
  { customerId, agreements }: Pick<Customer, "customerId" | "agreements">,
  query: EducationQuery,
): Promise<EducationLedgers> {
  const accounts: PeriodAccount[] = [];
  const revisions = new Map<LedgerId, number>();
  for (const agreementId of Object.keys(agreements)) {
    const ledgerId = ledgerIdOf(customerId, agreementIdSchema.parse(agreementId));
    const read = await readAccounts(activity, ledgerId, query);
    accounts.push(...read.accounts);
    revisions.set(ledgerId, read.revision);
  }
  // The figures were read first: a line of an account that had none is for the next version.
  const filled = accounts.filter(({ delivered: [, rows] }) => rows > 0);
  return {
    delivered: deliveredByLedger(filled),
    dataAsOf: latest(accounts.map(({ lastAt }) => lastAt)) ?? null,
    revisions,
    lines: () => {
      const limit = pageSizeOf(filled.length);
      const streams = filled.map((account) => linesOn(activity, account, query, limit));
      return mergeSorted(streams, compareLearning);
    },
  };
}

async function readAccounts(
  activity: ActivityStore,
  ledgerId: LedgerId,
  { chosen, period }: EducationQuery,
): Promise<{ readonly accounts: readonly PeriodAccount[]; readonly revision: number }> {
  const head = (await activity.head(ledgerId))?.value;
  const terms = head?.terms;
  if (head === undefined || terms === undefined)
    throw new NotReadyError("the agreement's ledger has no terms yet");
  checkSettled(head);
  const accounts: PeriodAccount[] = [];
  for (const line of entitlementsOf(terms)) {
    if (line.entitlement.service !== "education") continue;
    const account = entitlementAccount(line.entitlement.entitlementId);
    const ledger = await readPeriodLedger(activity, ledgerId, { chosen, account, period });
    if (ledger?.end.head.revision !== head.revision)
      throw new NotReadyError("the terms changed while the figures were read");
    const { agreementId } = terms;
    const { lastAt } = ledger.end;
    accounts.push({
      ...line,
      ledgerId,
      account,
      agreementId,
      delivered: deliveredOn(ledger, account),
      lastAt,
    });
  }
  return { accounts, revision: head.revision };
}

function deliveredByLedger(accounts: readonly PeriodAccount[]): Map<LedgerId, ReadonlyMap<Account, Counts>> {
  const byLedger = Map.groupBy(accounts, ({ ledgerId }) => ledgerId);
  return new Map(
    [...byLedger].map(([ledgerId, own]) => [
      ledgerId,
      new Map(own.map(({ account, delivered }) => [account, delivered])),
    ]),
  );
}

/** A query for each page, and one more for what its reversals take back. */
async function* linesOn(
  activity: ActivityStore,
  account: PeriodAccount,
  { chosen, period, ...names }: EducationQuery,
  limit: number,
): AsyncGenerator<CountedLine[]> {
  for await (const entries of entriesOn(activity, account, { period, chosen }, limit)) {
    const reversed = await readReversed(activity, account.ledgerId, chosen, entries);
    yield entries.map((entry) => learningLine(entry, reversed.get(entry.reverses ?? ""), account, names));
  }
}
