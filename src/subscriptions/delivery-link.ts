/**
 * The address of what a recipient was sent: the recipient's own link (EX-08). Pure.
 * Invariants: its token opens this one delivery, and nothing of another purpose, until it expires; the same delivery has the
 * same address, however often it is worded. The token is in the query and never in the path, because the platform's
 * telemetry of requests keeps paths and drops queries. Whether the delivery was revoked is for whoever opens it to look up.
 */
import * as z from "zod";
import { type CustomerId, customerIdSchema } from "../agreements/ids.ts";
import { type Opened, open, seal } from "../platform/signed-token.ts";

const PURPOSE = "reportDelivery";

const deliveryKeySchema = z.object({ customerId: customerIdSchema, deliveryId: z.string() });
/** A delivery, as its link names it. */
export type DeliveryKey = { readonly customerId: CustomerId; readonly deliveryId: string };

/** Of the query of every address of a delivery. */
export const DELIVERY_TOKEN = "link";

export const deliveryToken = (
  signingKey: Uint8Array,
  { customerId, deliveryId }: DeliveryKey,
  expiresAt: Date,
): string => seal({ customerId, deliveryId }, PURPOSE, signingKey, { expiresAt });

/** Never throws, whatever the text. */
export const openDeliveryToken = (signingKey: Uint8Array, token: string, now: Date): Opened<DeliveryKey> =>
  open(token, PURPOSE, signingKey, now, deliveryKeySchema);

/**
 * Of the page behind the link.
 * @param base the address of the service.
 */
export function deliveryAddress(
  base: URL,
  signingKey: Uint8Array,
  delivery: DeliveryKey,
  expiresAt: Date,
): URL {
  const address = new URL(`/api/reportDeliveries/${encodeURIComponent(delivery.deliveryId)}`, base.origin);
  address.searchParams.set(DELIVERY_TOKEN, deliveryToken(signingKey, delivery, expiresAt));
  return address;
}

/**
 * Of a file on that page.
 * @param page as it was asked for.
 * @param name as in addresses of reports: `pdf`, `csv-delivery`.
 */
export function deliveryFileAddress(page: URL, name: string, language: string): URL {
  const address = new URL(`${page.pathname}/files/${encodeURIComponent(name)}`, page.origin);
  address.searchParams.set("language", language);
  address.searchParams.set(DELIVERY_TOKEN, page.searchParams.get(DELIVERY_TOKEN) ?? "");
  return address;
}
