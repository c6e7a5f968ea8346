/** The drill-down of one entitlement: its figures and every row behind them (CA-10). */
import * as z from "zod";
import type { Customer } from "../agreements/customer.ts";
import { agreementIdSchema } from "../agreements/ids.ts";
import { NotFoundError } from "../platform/errors.ts";
import type { ActivityStore } from "./activity-store.ts";
import type { Chosen } from "./chosen.ts";
import { caseNumberOf, type Entry, entitlementAccount, type LedgerId, ledgerIdOf } from "./entry.ts";
import { deliveryDataSchema } from "./event.ts";
import { type Figures, figuresOf, isShown, type Line, linesOf } from "./figures.ts";

function ledgerOfEntitlement(customer: Customer, entitlementId: string): LedgerId | undefined {
  const owner = Object.entries(customer.agreements).find(([, agreement]) =>
    agreement.entitlementIds.some((id) => id === entitlementId),
  );
  return owner && ledgerIdOf(customer.customerId, agreementIdSchema.parse(owner[0]));
}

export type DrillDown = { readonly figures: Figures; readonly line: Line; readonly ledgerId: LedgerId };

/** @throws NotFoundError when the customer has no such entitlement, or nothing of it is in the chosen workspaces. */
export async function readDrillDown(
  store: ActivityStore,
  customer: Customer,
  entitlementId: string,
  chosen: Chosen,
  asOf: string | undefined,
  at: string,
): Promise<DrillDown> {
  // What there is not costs a read as well: its answer takes as long as that for what is hidden (AC-08).
  const ledgerId = ledgerOfEntitlement(customer, entitlementId) ?? ledgerIdOf(customer.customerId, undefined);
  const ledger = await store.ledger(ledgerId);
  const query = { chosen, asOf, at, account: entitlementAccount(entitlementId) };
  if (ledger === undefined || !isShown(ledger, query, entitlementId))
    throw new NotFoundError(`no entitlement ${entitlementId}`);
  const figures = await figuresOf(store, ledger, query);
  const line = linesOf(figures).find(({ entitlement }) => entitlement.entitlementId === entitlementId);
  if (line === undefined) throw new NotFoundError(`no entitlement ${entitlementId}`);
  return { figures, line, ledgerId };
}

/** What of a delivery's event a row shows; anything that does not fit is not shown. */
const shownSchema = deliveryDataSchema
  .pick({ service: true, request: true, packageId: true, agreementId: true })
  .partial()
  .extend({
    detail: z
      .looseObject({ engagement: z.string().optional().catch(undefined) })
      .optional()
      .catch(undefined),
  });

/**
 * A row of the grid: a delivery, or a reversal with a negative quantity and the case of what it reverses. The quantities
 * of all rows of an account add up to its total, always.
 */
export function rowView(entry: Entry, reversed: Entry | undefined, line: Line) {
  const isReversal = entry.reverses !== undefined;
  const shown = shownSchema.safeParse((reversed ?? entry).event.data);
  const { request, detail } = shown.success ? shown.data : {};
  const unit = line.entitlement.unit ?? "minutes";
  return {
    rowId: entry.id,
    kind: isReversal ? ("reversal" as const) : ("delivery" as const),
    number: caseNumberOf(entry) ?? null,
    type: line.entitlement.service,
    title: request?.title ?? detail?.engagement ?? null,
    product: request?.product ?? null,
    severity: request?.severity ?? null,
    status: request?.status ?? null,
    openedAt: request?.openedAt ?? null,
    closedAt: request?.closedAt ?? null,
    deliveredAt: entry.at,
    recordedAt: entry.recordedAt,
    deliveredMinutes: unit === "minutes" ? entry.quantity : null,
    quantity: entry.quantity,
    unit,
    agreementId: line.agreementId,
    packageId: line.package.packageId,
    workspaceId: entry.workspaceId ?? "",
    primaryContact: request?.primaryContact ?? null,
    event: { source: entry.event.source, id: entry.event.id },
    reverses: reversed === undefined ? null : { source: reversed.event.source, id: reversed.event.id },
  };
}

/** The deliveries that the reversals among these entries take back, by entry id. */
export async function readReversed(
  store: ActivityStore,
  ledgerId: LedgerId,
  chosen: Chosen,
  entries: readonly Entry[],
): Promise<ReadonlyMap<string, Entry>> {
  const ids = [...new Set(entries.flatMap(({ reverses }) => (reverses === undefined ? [] : [reverses])))];
  return new Map((await store.entriesById(ledgerId, chosen, ids)).map((entry) => [entry.id, entry]));
}
