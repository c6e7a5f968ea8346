import type { Report } from "./report.ts";

/** Of a report as a resource of its customer, as the audit trail names it: an id may hold what means something in a path. */
export const reportAddress = ({ customerId, id }: Pick<Report, "customerId" | "id">): string =>
  `/customers/${encodeURIComponent(customerId)}/reports/${encodeURIComponent(id)}`;
