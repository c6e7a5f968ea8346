/** What clients are shown of a request (SR-08). Pure. */
import * as z from "zod";
import { languageSchema } from "../agreements/agreement-event.ts";
import { contactSchema, type RequestSummary, requestIdOf, severitySchema } from "./request.ts";
import { requestStatusSchema } from "./request-status.ts";

const nullable = z.string().nullable();

export const summaryViewSchema = z
  .object({
    requestId: z.string(),
    customerId: z.string(),
    number: z.string(),
    title: z.string(),
    problemType: nullable,
    product: nullable,
    severity: severitySchema.meta({ description: "`critical` is A, `moderate` B, `minimal` C." }),
    status: requestStatusSchema,
    createdAt: z.iso.datetime(),
    changedAt: z.iso.datetime(),
    closedAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: "When it was last closed, whether or not it is now." }),
    createdBy: nullable,
    primaryContact: contactSchema.nullable(),
    advocate: contactSchema.nullable(),
    workspaceId: z.string(),
    agreementId: nullable,
    country: nullable,
    language: languageSchema,
    isIncentiveRelated: z.boolean().meta({ description: "Then only its creator sees it." }),
    sharedWith: z.array(z.string()).meta({ description: "Addresses of members that it is shared with." }),
    groupId: nullable,
    notes: z.int(),
    attachments: z.int(),
    link: z.url(),
  })
  .meta({ id: "SupportRequestSummary" });

export function summaryView(request: RequestSummary, url: URL) {
  const { noteCount, attachmentCount } = request;
  const requestId = requestIdOf(request);
  return {
    requestId,
    customerId: request.customerId,
    number: request.number,
    title: request.title,
    problemType: request.problemType,
    product: request.product,
    severity: request.severity,
    status: request.status,
    createdAt: request.createdAt,
    changedAt: request.changedAt,
    closedAt: request.closedAt,
    createdBy: request.createdBy,
    primaryContact: request.primaryContact,
    advocate: request.advocate,
    workspaceId: request.workspaceId,
    agreementId: request.agreementId,
    country: request.country,
    language: request.language,
    isIncentiveRelated: request.isIncentiveRelated,
    sharedWith: request.sharedWith,
    groupId: request.groupId,
    notes: noteCount,
    attachments: attachmentCount,
    link: requestLink(url, requestId),
  };
}

/** The address of a request, or of something under it, as the client of this URL sees it. */
export function requestLink(url: URL, requestId: string, ...rest: readonly string[]): string {
  const [base = ""] = /^.*?(?=\/(?:supportRequests|customers)(?:\/|$))/.exec(url.pathname) ?? [];
  const path = [requestId, ...rest].map((part) => encodeURIComponent(part)).join("/");
  const link = new URL(`${base}/supportRequests/${path}`, url);
  link.searchParams.set("api-version", url.searchParams.get("api-version") ?? "");
  return link.href;
}
