/**
 * The audit entry of a request for a report (AC-09). Pure. Invariant: one request has one entry, whoever writes it and
 * however often, because its id and everything in it follow from the report.
 */
import type { AuditEntry } from "../access/audit-entry.ts";
import type { Report } from "./report.ts";
import { reportAddress } from "./report-address.ts";

export function requestEntry(report: Report): AuditEntry {
  const { id, customerId, requestedBy, requestedAt, scope, version, period, formats, languages } = report;
  return {
    id: `${id}~requested~${requestedBy.subject}`,
    customerId,
    kind: "auditEntry",
    at: requestedAt,
    actor: requestedBy,
    action: "reportRequested",
    target: reportAddress(report),
    after: { scope, version, period, formats, languages },
  };
}
