/**
 * What a grid shows of a delivery besides its figures, in one form for every column that is a text or a time. An entry keeps
 * its cells, a reversal those of what it reverses, so that rows are found and put in order by them with an index.
 * Invariants: cells follow from the delivery's data alone; a column that is not there or has no sense is null, since what is
 * missing altogether is in no index; what is kept is at most `KEPT_LENGTH_MAX` long, what is shown is whole.
 */
import * as z from "zod";
import { compareText } from "../agreements/terms.ts";
import { isInYears } from "../platform/instant.ts";

/**
 * Where an entry keeps each cell. Columns of different grids share a place, since each place has an index of its own; its
 * name is short, since it is in every entry, and the size of an entry is what writing one is charged by.
 */
const cellPlaces = {
  number: "n",
  title: "t",
  activityTitle: "t",
  assessment: "t",
  engagement: "t",
  product: "p",
  technology: "p",
  severity: "v",
  level: "v",
  status: "s",
  format: "s",
  openedAt: "o",
  startedAt: "o",
  closedAt: "c",
  completedAt: "c",
  primaryContact: "h",
  learner: "h",
  requestedBy: "h",
  language: "g",
  category: "g",
} as const;
export type CellName = keyof typeof cellPlaces;
type CellPlace = (typeof cellPlaces)[CellName];

/** Those of the row's grid; the others are absent. */
export type Cells = Readonly<Partial<Record<CellName, string | null>>>;

/** As an entry keeps them. */
export const keptCellsSchema = z.partialRecord(
  z.enum(["n", "t", "p", "v", "s", "o", "c", "h", "g"] satisfies CellPlace[]),
  z.string().nullable(),
);
export type KeptCells = z.infer<typeof keptCellsSchema>;

export const isCellName = (name: string): name is CellName => Object.hasOwn(cellPlaces, name);

/** Within the entry. */
export const cellPathOf = (name: CellName): string => `cells.${cellPlaces[name]}`;

/** @param cells of a grid that has the column. */
export const keptCell = (cells: KeptCells | undefined, name: CellName): string | null =>
  cells?.[cellPlaces[name]] ?? null;

/** Eighty reversals and their delivery are written in one transaction of 2 MB, each with its cells. */
const KEPT_LENGTH_MAX = 256;

type Members = Readonly<Record<string, unknown>>;
type DeliveryMembers = {
  readonly service: string;
  readonly request?: Members | undefined;
  readonly detail?: Members | undefined;
};

/** Whole, for showing. */
export function cellsOf({ service, request = {}, detail = {} }: DeliveryMembers): Cells {
  const number = typeof request["number"] === "string" ? request["number"] : null;
  const status = textOf(request["status"]) ?? textOf(detail["status"]);
  switch (service) {
    case "education":
      return {
        number,
        learner: textOf(detail["learner"]),
        activityTitle: textOf(detail["activityTitle"]),
        format: textOf(detail["format"]),
        product: textOf(detail["product"]),
        level: textOf(detail["level"]),
        language: textOf(detail["language"]),
        startedAt: instantOf(detail["startedAt"]),
        completedAt: instantOf(detail["completedAt"]),
      };
    case "assessment":
      return {
        number,
        assessment: textOf(detail["assessment"]),
        technology: textOf(detail["technology"]),
        status,
        requestedBy: textOf(detail["requestedBy"]),
      };
    case "proactiveCredits":
      return { number, engagement: textOf(detail["engagement"]) ?? textOf(request["title"]), status };
    case "other":
      return { number, title: textOf(request["title"]) };
    default:
      return {
        number,
        title: textOf(request["title"]) ?? textOf(detail["engagement"]),
        product: textOf(request["product"]),
        severity: textOf(request["severity"]),
        status,
        openedAt: instantOf(request["openedAt"]),
        closedAt: instantOf(request["closedAt"]),
        primaryContact: textOf(request["primaryContact"]),
        category: textOf(request["category"]),
      };
  }
}

const members = z.record(z.string(), z.unknown()).optional().catch(undefined);
const dataSchema = z.object({ service: z.string(), request: members, detail: members });

/** The cells of an entry's event, whole; none for an event that is no delivery. */
export function shownCells({ data }: { readonly data: unknown }): Cells {
  const parsed = dataSchema.safeParse(data);
  return parsed.success ? cellsOf(parsed.data) : {};
}

export function keptCells(data: DeliveryMembers): KeptCells {
  const kept: KeptCells = {};
  for (const [name, text] of Object.entries(cellsOf(data)))
    if (isCellName(name)) kept[cellPlaces[name]] = text?.slice(0, KEPT_LENGTH_MAX).toWellFormed() ?? null;
  return kept;
}

/** Null sorts first, as in the store. */
export function compareCells(left: string | number | null, right: string | number | null): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "string" && typeof right === "string") return compareText(left, right);
  return rankOf(left) - rankOf(right);
}

const rankOf = (value: string | number | null): number =>
  value === null ? 0 : typeof value === "number" ? 1 : 2;

/** A control character is no part of a cell, and would be six bytes in JSON. */
function textOf(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const text = value.replaceAll(/\p{Cc}+/gu, " ").trim();
  return text === "" ? null : text;
}

const instantSchema = z.iso.datetime({ offset: true });

/** In UTC, so that the order of texts is that of time. */
function instantOf(value: unknown): string | null {
  const parsed = instantSchema.safeParse(value);
  if (!parsed.success) return null;
  const instant = new Date(parsed.data).toISOString();
  return isInYears(instant) ? instant : null;
}
