/** Every endpoint of the API, in one list: it registers the functions, makes the OpenAPI document and drives the tests. */
import type { Grant } from "../../src/access/grant.ts";
import { docsEndpoints } from "../../src/platform/docs.ts";
import type { Endpoint } from "../../src/platform/endpoint.ts";
import type { App } from "../../src/platform/wiring.ts";
import { activityEndpoints } from "./activity.ts";
import { additionalCaseEndpoints } from "./additional-cases.ts";
import { advocateCalendarEndpoints } from "./advocate-calendar.ts";
import { appointmentSlotEndpoints } from "./appointment-slots.ts";
import { auditEntryEndpoints } from "./audit-entries.ts";
import { businessCalendarEndpoints } from "./business-calendar.ts";
import { customerEndpoints } from "./customers.ts";
import { entitlementEndpoints } from "./entitlements.ts";
import { eventEndpoints } from "./events.ts";
import { expirationEndpoints } from "./expirations.ts";
import { freshReads } from "./freshness.ts";
import { groupEndpoints } from "./groups.ts";
import { historyEndpoints } from "./history.ts";
import { invitationEndpoints } from "./invitations.ts";
import { meEndpoints } from "./me.ts";
import { memberEndpoints } from "./members.ts";
import { noticeEndpoints } from "./notices.ts";
import { ownInvitationEndpoints } from "./own-invitations.ts";
import { personEndpoints } from "./people.ts";
import { rejectedEventEndpoints } from "./rejected-events.ts";
import { reportDeliveryEndpoints } from "./report-deliveries.ts";
import { reportSubscriptionRunEndpoints } from "./report-subscription-runs.ts";
import { reportSubscriptionEndpoints } from "./report-subscriptions.ts";
import { reportEndpoints } from "./reports.ts";
import { roleAssignmentEndpoints } from "./role-assignments.ts";
import { serviceEndpoints } from "./service.ts";
import { supportRequestActivityEndpoints } from "./support-request-activity.ts";
import { supportRequestAppointmentEndpoints } from "./support-request-appointments.ts";
import { supportRequestAttachmentEndpoints } from "./support-request-attachments.ts";
import { supportRequestCommunicationEndpoints } from "./support-request-communications.ts";
import { supportRequestContactEndpoints } from "./support-request-contacts.ts";
import { supportRequestDetailEndpoints } from "./support-request-details.ts";
import { supportRequestNoteEndpoints } from "./support-request-notes.ts";
import { supportRequestOpeningEndpoints } from "./support-request-opening.ts";
import { supportRequestShareEndpoints } from "./support-request-shares.ts";
import { supportRequestUploadEndpoints } from "./support-request-uploads.ts";
import { supportRequestEndpoints } from "./support-requests.ts";
import { webhookDeliveryEndpoints } from "./webhook-deliveries.ts";
import { webhookEndpoints } from "./webhooks.ts";
import { workspaceEndpoints } from "./workspaces.ts";

export const apiInfo = {
  title: "Customer Activity",
  description:
    "What a customer bought under its support agreements and what was delivered. Delivery events go in, consumption and proof of delivery come out.",
};

export function allEndpoints(app: App): readonly Endpoint<Grant>[] {
  const fresh = freshReads(app);
  const endpoints: Endpoint<Grant>[] = [
    ...eventEndpoints(app),
    ...rejectedEventEndpoints(app),
    ...meEndpoints(app),
    ...customerEndpoints(app),
    ...activityEndpoints(app).map(fresh.ofCustomer),
    ...entitlementEndpoints(app).map(fresh.ofCustomer),
    ...historyEndpoints(app).map(fresh.ofCustomer),
    ...additionalCaseEndpoints(app).map(fresh.ofCustomer),
    ...expirationEndpoints(app).map(fresh.ofCustomer),
    ...reportEndpoints(app),
    ...reportSubscriptionEndpoints(app),
    ...reportSubscriptionRunEndpoints(app),
    ...reportDeliveryEndpoints(app),
    ...workspaceEndpoints(app),
    ...memberEndpoints(app),
    ...invitationEndpoints(app),
    ...ownInvitationEndpoints(app),
    ...groupEndpoints(app),
    ...personEndpoints(app, () => contracts()),
    ...roleAssignmentEndpoints(app),
    ...supportRequestEndpoints(app).map(fresh.ofRequests),
    ...supportRequestOpeningEndpoints(app),
    ...supportRequestDetailEndpoints(app).map(fresh.ofRequests),
    ...supportRequestCommunicationEndpoints(app).map(fresh.ofRequests),
    ...supportRequestActivityEndpoints(app).map(fresh.ofRequests),
    ...supportRequestNoteEndpoints(app),
    ...supportRequestAttachmentEndpoints(app),
    ...supportRequestUploadEndpoints(app),
    ...supportRequestContactEndpoints(app),
    ...supportRequestShareEndpoints(app),
    ...supportRequestAppointmentEndpoints(app),
    ...appointmentSlotEndpoints(app),
    ...advocateCalendarEndpoints(app),
    ...businessCalendarEndpoints(app),
    ...noticeEndpoints(app),
    ...webhookEndpoints(app),
    ...webhookDeliveryEndpoints(app),
    ...auditEntryEndpoints(app),
    ...serviceEndpoints(),
  ];
  const contracts = () => endpoints.map(({ contract }) => contract);
  return [...endpoints, ...docsEndpoints<Grant>(contracts, apiInfo)];
}
