/** Opens a report of whatever kind. */
import type { Customer } from "../agreements/customer.ts";
import type { ActivityStore } from "../consumption/activity-store.ts";
import { openCpod } from "./cpod.ts";
import type { ContactDirectory } from "./cpod-contacts.ts";
import { openEducation } from "./education.ts";
import type { OpenedReport } from "./opened-report.ts";
import type { PreviousSections } from "./previous-version.ts";
import type { Report } from "./report.ts";
import type { RestrictedNumbers } from "./restricted-lines.ts";

export type ReportSource = {
  readonly activity: ActivityStore;
  readonly directory: ContactDirectory;
  readonly customer: Customer;
  readonly report: Pick<Report, "scope" | "period" | "version">;
  readonly generatedAt: string;
  /** SR-06: numbers of requests that it says nothing of. */
  readonly restricted: RestrictedNumbers;
  /** The sections of the version before, read anew each time; undefined when this is the first that is issued. */
  readonly previous: PreviousSections | undefined;
};

/** @throws NotReadyError; the rows throw FiguresDifferError. */
export function openReport({ report, ...source }: ReportSource): Promise<OpenedReport> {
  const { scope, period, version } = report;
  switch (scope.reportKind) {
    case "cpod":
      return openCpod({ ...source, agreementId: scope.agreementId, period, version });
    case "education":
      return openEducation({ ...source, scope, period, version });
  }
}
