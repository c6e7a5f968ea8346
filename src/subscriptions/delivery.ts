/**
 * A report on its way to one recipient: the link of the recipient's own, and who had what by it. Pure.
 * Invariants: a link opens until it expires or is revoked, and only the files of its report; every download is in the
 * delivery and in the audit trail, by one transaction, before the file can be had (EX-08).
 */
import * as z from "zod";
import { languageSchema } from "../agreements/agreement-event.ts";
import { customerIdSchema } from "../agreements/ids.ts";
import { digest } from "../consumption/entry.ts";
import { reportIdSchema } from "../reports/report.ts";

/** Kept of one delivery, the newest; the audit trail has all. */
export const DOWNLOADS_MAX = 100;

export const downloadSchema = z.object({
  at: z.iso.datetime(),
  /** As in its address: `pdf`, `xlsx`, `csv-delivery`. */
  file: z.string(),
});

export const deliverySchema = z.object({
  id: z.string(),
  deliveryId: z.string(),
  customerId: customerIdSchema,
  kind: z.literal("reportDelivery"),
  subscriptionId: z.string(),
  runId: z.string(),
  reportId: reportIdSchema,
  email: z.email(),
  name: z.string().optional(),
  language: languageSchema,
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  revoked: z.object({ at: z.iso.datetime(), by: z.string() }).optional(),
  /** The newest last. */
  downloads: z.array(downloadSchema),
});
export type Delivery = z.infer<typeof deliverySchema>;

/** A recipient has one link of a run. */
export const deliveryIdOf = (runId: string, email: string): string =>
  digest(`reportDelivery\n${runId}\n${email.toLowerCase()}`);

export const deliveryDocumentId = (deliveryId: string): string => `reportDelivery~${deliveryId}`;

/** Whether its link opens. */
export const isOpen = (
  { expiresAt, revoked }: Pick<Delivery, "expiresAt" | "revoked">,
  now: string,
): boolean => revoked === undefined && now < expiresAt;
