/** What a caller is shown of a customer in memory, by way of the functions that the endpoints call. */
import type { Scope } from "../../src/access/grant.ts";
import type { Customer } from "../../src/agreements/customer.ts";
import { agreementIdSchema, customerIdSchema } from "../../src/agreements/ids.ts";
import { activityPage } from "../../src/consumption/activity.ts";
import type { ActivityStore } from "../../src/consumption/activity-store.ts";
import { collectAdditionalCases } from "../../src/consumption/additional-cases.ts";
import type { AdditionalEntry } from "../../src/consumption/case-store.ts";
import { type Chosen, chooseWorkspaces } from "../../src/consumption/chosen.ts";
import { type DrillDown, readDrillDown } from "../../src/consumption/drill-down.ts";
import { type Entry, entitlementAccount } from "../../src/consumption/entry.ts";
import { readCustomer, readLedgerIds, readPage } from "../../src/consumption/selection.ts";
import { CUSTOMER } from "../fakes/events.ts";
import type { MemoryStores } from "../fakes/memory-stores.ts";
import { memoryActivityStore } from "../reports/support/memory-activity.ts";
import { NOW } from "./state.ts";

export type Asked = {
  readonly scope: Scope;
  readonly workspaces: "all" | readonly string[];
  readonly agreements?: readonly string[] | undefined;
  readonly asOf?: string | undefined;
};

export type Page = ReturnType<typeof activityPage>;

export const wholeCustomer: Scope = { kind: "all" };
export const only = (...ids: readonly string[]): Scope => ({ kind: "some", workspaceIds: new Set(ids) });

export type Views = {
  readonly customer: () => Promise<Customer>;
  readonly page: (asked: Asked) => Promise<Page>;
  readonly drillDown: (asked: Asked, entitlementId: string) => Promise<DrillDown>;
  /** Every row of the drill-down, in pages of a few. */
  readonly rows: (asked: Asked, entitlementId: string) => Promise<readonly Entry[]>;
  readonly additionalCases: (asked: Asked) => ReturnType<typeof collectAdditionalCases>;
  /** Calls of the store of ledgers so far, by name. */
  readonly calls: () => readonly string[];
};

const ROWS_PER_PAGE = 3;
const links = { rowsOf: (id: string) => `rows of ${id}`, additionalCases: "additional cases" };

export function viewsOf(stores: MemoryStores): Views {
  const calls: string[] = [];
  const store = countingStore(memoryActivityStore(stores), calls);
  const customer = () => readCustomer(stores.customers, customerIdSchema.parse(CUSTOMER));
  const chosenFor = async ({ scope, workspaces }: Asked): Promise<{ customer: Customer; chosen: Chosen }> => {
    const found = await customer();
    return { customer: found, chosen: chooseWorkspaces(found, scope, workspaces) };
  };
  return {
    customer,
    calls: () => calls,
    page: async (asked) => {
      const { asOf, agreements: named } = asked;
      const view = await chosenFor(asked);
      const { customer: found, chosen } = view;
      const at = asOf ?? NOW;
      const figures = await readPage(store, found, chosen, { named, asOf, at });
      const isNamed = named !== undefined;
      const filters = { addOnAgreement: undefined, packages: undefined, packageStatus: undefined };
      return activityPage({ ...view, ...filters, ...figures, isNamed, at, asOf, links });
    },
    drillDown: async (asked, entitlementId) => {
      const view = await chosenFor(asked);
      return readDrillDown(store, view.customer, entitlementId, view.chosen, asked.asOf, asked.asOf ?? NOW);
    },
    rows: async (asked, entitlementId) => {
      const { customer: found, chosen } = await chosenFor(asked);
      const { ledgerId } = await readDrillDown(
        store,
        found,
        entitlementId,
        chosen,
        asked.asOf,
        asked.asOf ?? NOW,
      );
      const query = {
        account: entitlementAccount(entitlementId),
        chosen,
        asOf: asked.asOf,
        sort: "deliveredAt",
        descending: true,
        filter: undefined,
        limit: ROWS_PER_PAGE,
      } as const;
      const rows: Entry[] = [];
      for (let page = await store.rows(ledgerId, { ...query, after: undefined }); page.length > 0; ) {
        rows.push(...page);
        const last = page.at(-1);
        page = await store.rows(ledgerId, { ...query, after: last && { key: last.at, id: last.id } });
      }
      return rows;
    },
    additionalCases: async (asked) => {
      const { customer: found, chosen } = await chosenFor(asked);
      const named = asked.agreements?.map((id) => agreementIdSchema.parse(id));
      const ledgers = await readLedgerIds(store, found, chosen, named);
      const query = { chosen, asOf: asked.asOf, filter: undefined, keys: undefined };
      async function* pages(): AsyncGenerator<readonly AdditionalEntry[]> {
        for (const ledgerId of ledgers) yield* store.additional(ledgerId, query);
      }
      return collectAdditionalCases(pages());
    },
  };
}

function countingStore(store: ActivityStore, calls: string[]): ActivityStore {
  const count = <Value>(name: string, run: () => Value): Value => {
    calls.push(name);
    return run();
  };
  return {
    ...store,
    ledger: (ledgerId) => count("ledger", () => store.ledger(ledgerId)),
    days: (ledgerId, month) => count("days", () => store.days(ledgerId, month)),
    daysOf: (ledgerId, account) => count("daysOf", () => store.daysOf(ledgerId, account)),
    counted: (ledgerId, from, to) => count("counted", () => store.counted(ledgerId, from, to)),
    daysIn: (ledgerId, ...rest) => count("daysIn", () => store.daysIn(ledgerId, ...rest)),
    countedIn: (ledgerId, ...rest) => count("countedIn", () => store.countedIn(ledgerId, ...rest)),
    lastAt: (ledgerId, query) => count("lastAt", () => store.lastAt(ledgerId, query)),
    rows: (ledgerId, query) => count("rows", () => store.rows(ledgerId, query)),
  };
}

/** Every line of a page, whatever its section. */
export const linesOn = ({ enterpriseWide, addOn }: Page) =>
  packagesOn({ enterpriseWide, addOn }).flatMap(({ entitlements }) => entitlements);

export const packagesOn = ({ enterpriseWide, addOn }: Pick<Page, "enterpriseWide" | "addOn">) => [
  ...enterpriseWide.packages,
  ...addOn.agreements.flatMap(({ packages }) => packages),
];
