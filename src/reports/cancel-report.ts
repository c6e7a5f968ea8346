/**
 * Stopping a report that somebody asked for. Promise: a cancelled report is never issued; whoever makes it finds so with the
 * next save, and removes what was written.
 */
import type { AuditEntry } from "../access/audit-entry.ts";
import type { CustomerId } from "../agreements/ids.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError, NotFoundError, UnavailableError } from "../platform/errors.ts";
import { type CanceledReport, cancel, isEnded } from "./report.ts";
import { reportAddress } from "./report-address.ts";
import type { ReportStore } from "./report-store.ts";

/** How often it is tried anew because its maker was faster. */
const SAVES_MAX = 8;

/**
 * A report that is cancelled already stays so.
 * @throws ConflictError `ReportEnded`, NotFoundError, UnavailableError.
 */
export async function cancelReport(
  reports: Pick<ReportStore, "read" | "save">,
  customerId: CustomerId,
  id: string,
  by: { readonly at: string; readonly actor: CanceledReport["canceledBy"] },
): Promise<Versioned<CanceledReport>> {
  for (let attempt = 0; attempt < SAVES_MAX; attempt++) {
    const found = await reports.read(customerId, id);
    if (found === undefined) throw new NotFoundError(`no report ${id}`);
    const { value, etag } = found;
    if (value.status === "canceled") return { value, etag };
    if (isEnded(value)) {
      const message = `The report is ${value.status}: there is nothing to cancel any more.`;
      throw new ConflictError("ReportEnded", message);
    }
    const canceled = cancel(value, by.at, by.actor);
    const saved = await reports.save(canceled, etag);
    if (saved !== undefined) return { value: canceled, etag: saved };
  }
  throw new UnavailableError(1, `report ${id} is contended`);
}

/** One entry of a cancellation, however often it is written: everything in it follows from the report. */
export function cancellationEntry(report: CanceledReport): AuditEntry {
  const { id, customerId, canceledAt, canceledBy, version, period } = report;
  return {
    id: `${id}~canceled`,
    customerId,
    kind: "auditEntry",
    at: canceledAt,
    actor: canceledBy,
    action: "reportCanceled",
    target: reportAddress(report),
    after: { version, period },
  };
}
