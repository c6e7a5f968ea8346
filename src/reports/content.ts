/**
 * What a report says, apart from how it is written: sections of typed rows. Writers (CSV, XLSX, PDF) know nothing of
 * ledgers, and whatever makes the rows nothing of files. Pure.
 * Invariants: a cell has the type of its column; every row of a section has its columns in their order; rows can be read
 * once, and their end means that everything was in them and added up.
 */
import type * as z from "zod";
import type { Language, unitSchema } from "../agreements/agreement-event.ts";

/** `code`: one of a known set of words, which the recipient's language has a word for; see `codeSets`. */
type ColumnKind = "text" | "integer" | "amount" | "instant" | "day" | "code" | "codes";

/** The known words of a column, each with a text in the catalogue: `service.problemResolution`, for example. */
export const codeSets = [
  "service",
  "unit",
  "plan",
  "packageSection",
  "severity",
  "requestStatus",
  "category",
  "reason",
  "change",
  "section",
  "fact",
  "reportKind",
  "workspaceChoice",
  "format",
] as const;
export type CodeSet = (typeof codeSets)[number];

export type Column = {
  /** Unique in its section; the catalogue has a label for it (`column.<key>`), CSV and XLSX have it as header. */
  readonly key: string;
  readonly kind: ColumnKind;
  /** Of `code` and `codes`. */
  readonly codes?: CodeSet;
  /** Its share of a printed page's width; absent: it is in files for tools only. */
  readonly printWidth?: number;
};

/**
 * By the kind of its column: a text; a whole number; an instant (`2026-11-01T10:00:00.000Z`) or a day (`2026-11-01`) as
 * text; a code, or several apart by a space. `null`: nothing is said. An amount is a number, in the unit that the row's
 * column `unit` names, or `"Included"` where it is unmetered.
 */
export type Cell = string | number | null;
export type Row = readonly Cell[];

export const sectionKeys = [
  "report",
  "entitlement",
  "delivery",
  "additionalCase",
  "benefit",
  "contact",
  "total",
  "change",
  "learning",
  "learningChange",
] as const;
export type SectionKey = (typeof sectionKeys)[number];

/** In the order of the report; each is there, also without rows. */
export const sectionsOfKind = {
  cpod: ["report", "entitlement", "delivery", "additionalCase", "benefit", "contact", "total", "change"],
  education: ["report", "learning", "total", "learningChange"],
} as const satisfies Readonly<Record<"cpod" | "education", readonly SectionKey[]>>;

const lineSections: readonly SectionKey[] = ["delivery", "additionalCase", "learning"];
/** Whether its rows are deliveries and reversals. */
export const hasLines = (key: SectionKey): boolean => lineSections.includes(key);

export type Section = {
  /** The catalogue has its title (`section.<key>`). */
  readonly key: SectionKey;
  /** On paper the lines of one entitlement are a section of their own, which its total leads to. */
  readonly group?: { readonly entitlementId: string; readonly name: string };
  readonly columns: readonly Column[];
  readonly rows: AsyncIterable<readonly Row[]>;
};

/** A package with its entitlements: what the summary and the tables of packages are made of. Its size is bounded. */
export type PackageFigures = {
  readonly packageId: string;
  readonly name: string;
  readonly section: "enterpriseWide" | "addOn";
  readonly startDate: string;
  /** The day on which it really ends. */
  readonly endDate: string;
  readonly entitlements: readonly EntitlementFigures[];
  /** Names of what has no recorded consumption (CA-08). */
  readonly benefits: readonly string[];
};

export type EntitlementFigures = {
  readonly entitlementId: string;
  readonly name: string;
  readonly service: string;
  readonly unit: z.infer<typeof unitSchema>;
  /** null: unmetered, "Included". */
  readonly purchased: number | null;
  /** In the period; null where nothing is delivered on it (support contacts). */
  readonly delivered: number | null;
  /** Up to the end of the period; with `remaining` and `overage` the page's figures as of then. */
  readonly consumed: number;
  readonly remaining: number | null;
  readonly overage: number;
  /** Lines of the report that make up `delivered`. */
  readonly lines: number;
};

export type ReportContent = {
  readonly kind: "cpod" | "education";
  readonly customerName: string;
  readonly customerId: string;
  /** In which its instants are told to people; files for tools have UTC. */
  readonly timeZone: string;
  readonly language: Language;
  /** Of an education report: null. */
  readonly agreement: {
    readonly agreementId: string;
    readonly number: string;
    readonly plan: string;
    readonly startDate: string;
    readonly endDate: string;
  } | null;
  /** Half-open, UTC. */
  readonly period: { readonly from: string; readonly to: string };
  /** Names of the workspaces that it is about. */
  readonly workspaces: readonly string[];
  readonly version: number;
  readonly generatedAt: string;
  readonly dataAsOf: string | null;
  readonly packages: readonly PackageFigures[];
  /** In the order of the report. Each is read to its end before the next. */
  readonly sections: readonly Section[];
};
