/** Subscriptions as a caller may see them. Invariant: one of a scope that the caller does not see is as none (AC-08). */
import type { Grant } from "../../src/access/grant.ts";
import type { CustomerId } from "../../src/agreements/ids.ts";
import { requireMatch } from "../../src/platform/conditional.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { NotFoundError, UnavailableError } from "../../src/platform/errors.ts";
import type { App } from "../../src/platform/wiring.ts";
import { seesScope } from "../../src/reports/report-access.ts";
import type { ReportScope } from "../../src/reports/report-scope.ts";
import type { Subscription } from "../../src/subscriptions/subscription.ts";
import type { SubscriptionChange, SubscriptionStore } from "../../src/subscriptions/subscription-store.ts";

/** How often a change is decided anew when somebody else was faster. */
const ATTEMPTS_MAX = 5;

/** @throws NotFoundError */
export function requireScope(grant: Grant, customerId: CustomerId, scope: ReportScope): void {
  if (!seesScope(grant.customers.get(customerId), scope)) throw new NotFoundError("not all of it is seen");
}

export type OfSubscription = {
  readonly params: { readonly customerId: CustomerId; readonly subscriptionId: string };
  readonly grant: Grant;
};

/** @throws NotFoundError also for one that was deleted. */
export async function seenSubscription(
  app: Pick<App, "subscriptions">,
  request: OfSubscription,
): Promise<Versioned<Subscription>> {
  const known = await keptSubscription(app, request);
  if (known.value.deletedAt === undefined) return known;
  throw new NotFoundError(`subscription ${known.value.subscriptionId} was deleted`);
}

/** Also one that was deleted: what was sent of it has links that open. @throws NotFoundError */
export async function keptSubscription(
  { subscriptions: { subscriptions } }: Pick<App, "subscriptions">,
  { params: { customerId, subscriptionId }, grant }: OfSubscription,
): Promise<Versioned<Subscription>> {
  const known = await subscriptions.read(customerId, subscriptionId);
  if (known === undefined) throw new NotFoundError(`no subscription ${subscriptionId}`);
  requireScope(grant, customerId, known.value.scope);
  return known;
}

type Decided<Document> = { readonly change: SubscriptionChange | undefined; readonly after: Document };

/**
 * Decides and writes, and again while somebody else is faster.
 * @param current what is answered where nothing changes: to a repeated request, too.
 */
export async function changing<Document extends { readonly id: string }>(
  { commit }: Pick<SubscriptionStore, "commit">,
  current: () => Promise<Versioned<Document>>,
  decide: () => Promise<Decided<Document>>,
): Promise<Versioned<Document>> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const { change, after } = await decide();
    if (change === undefined) return current();
    const result = await commit(change);
    if (result.outcome === "committed") return { value: after, etag: result.etags.get(after.id) ?? "" };
    if (result.outcome === "repeated") return current();
  }
  throw new UnavailableError(1, "others are always faster");
}

/** @throws PreconditionFailedError when `If-Match` names another version. */
export function changingSeen(
  app: Pick<App, "subscriptions">,
  request: OfSubscription & { readonly conditions: Parameters<typeof requireMatch>[0] },
  decide: (known: Versioned<Subscription>) => Decided<Subscription> | Promise<Decided<Subscription>>,
): Promise<Versioned<Subscription>> {
  const current = () => seenSubscription(app, request);
  return changing(app.subscriptions.subscriptions, current, async () => {
    const known = await current();
    requireMatch(request.conditions, known.etag);
    return decide(known);
  });
}
