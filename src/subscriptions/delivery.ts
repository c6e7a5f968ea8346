/**
 * A report on its way to one recipient: the link of the recipient's own, and who had what by it. Pure.
 * Invariants: a link opens until it expires or is revoked, and only those files of its report that the recipient was to get,
 * whatever else the report has; every download is in the delivery and in the audit trail, by one transaction, before the file
 * can be had (EX-08).
 */
import * as z from "zod";
import { languageSchema } from "../agreements/agreement-event.ts";
import { customerIdSchema } from "../agreements/ids.ts";
import { digest } from "../consumption/entry.ts";
import { type ReportFile, reportFormatSchema, reportIdSchema } from "../reports/report.ts";

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
  /** Of the message, the page and the files. */
  language: languageSchema,
  /** That the subscription had when it was sent. */
  formats: z.array(reportFormatSchema).min(1),
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

/** The report may have more: CSV always, languages of other recipients, what somebody else asked for. */
export const isFileOf = (
  { language, formats }: Pick<Delivery, "language" | "formats">,
  file: Pick<ReportFile, "language" | "format">,
): boolean => file.language === language && formats.includes(file.format);

/** Whether its link opens. */
export const isOpen = (
  { expiresAt, revoked }: Pick<Delivery, "expiresAt" | "revoked">,
  now: string,
): boolean => revoked === undefined && now < expiresAt;
