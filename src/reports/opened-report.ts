/**
 * A report that is about to be written, whatever its kind: what is fixed of it, and its rows as a stream.
 * Invariants: rows can be read once; their end means that everything was in them and added up; what is held depends on
 * entitlements and contacts and never on lines.
 */
import type { PackageFigures, ReportContent } from "./content.ts";
import type { PrintedPart } from "./cpod-print.ts";
import type { ReportChanges } from "./report.ts";
import type { Row } from "./report-row.ts";

export type OpenedReport = {
  readonly agreement: ReportContent["agreement"];
  /** Names of the workspaces that it is about. */
  readonly workspaces: readonly string[];
  readonly packages: readonly PackageFigures[];
  readonly dataAsOf: string | null;
  /** Digest of sums, numbers of lines, entitlements, benefits and contacts. */
  readonly figures: string;
  /** Digest of everything else that it says or leaves out (`report-context.ts`). */
  readonly context: string;
  /** Lines that it will have, changes apart. */
  readonly lines: number;
  /** Sections in their order (`sectionsOfKind`), no batch with rows of two. */
  readonly rows: AsyncIterable<readonly Row[]>;
  /** Digest of the lines that were written; known when the rows have ended. */
  readonly written: () => string;
  /**
   * The same for paper, to be read in order, after the rows have ended. They are the same lines, or reading them ends with
   * an error.
   */
  readonly printed: () => readonly PrintedPart[];
  /** Known when the rows have ended. */
  readonly changes: () => ReportChanges;
};
