/**
 * What a report says of a request that nobody but its creator may know of (SR-06): as much as of a delivery that names no
 * request. Its line keeps its place, time, quantity and where it counts, so that sums stay right; its event is named by the
 * line's own id, because producers put numbers of requests into theirs. Pure.
 * Invariant: nothing of such a request gets into a report, by its lines or by what they were in the version before.
 */
import * as z from "zod";
import { compareText } from "../agreements/terms.ts";
import { caseNumberOf, digest, type Entry, entryIdOf } from "../consumption/entry.ts";
import type { LineTexts } from "./cpod-line.ts";

/** The numbers of these requests. */
export type RestrictedNumbers = ReadonlySet<string>;

const packageSchema = z.object({ packageId: z.string().optional().catch(undefined) });

export const restrictedText = (numbers: RestrictedNumbers): string =>
  digest([...numbers].toSorted(compareText).join("\n"));

/** The entry without anything of its request, where that is one of these. */
export function withoutRestricted(entry: Entry, restricted: RestrictedNumbers): Entry {
  const number = caseNumberOf(entry);
  return number !== undefined && restricted.has(number) ? withoutRequest(entry) : entry;
}

/** The same whatever its request is: what is kept is what a delivery that names none has. */
export function withoutRequest(entry: Entry): Entry {
  if (caseNumberOf(entry) === undefined) return entry;
  const { caseNumber: _number, cells: _cells, ...rest } = entry;
  const { source, data } = entry.event;
  const reverses =
    entry.reverses === undefined
      ? {}
      : { reverses: { source: reversedSourceOf(data) ?? source, id: entry.reverses } };
  return {
    ...rest,
    event: { ...entry.event, id: entry.id, data: { ...packageSchema.parse(data), ...reverses } },
  };
}

const reversesSchema = z.object({ reverses: z.object({ source: z.string() }) });

function reversedSourceOf(data: unknown): string | undefined {
  const parsed = reversesSchema.safeParse(data);
  return parsed.success ? parsed.data.reverses.source : undefined;
}

/** The same for a line of a version that was issued before its request was known to be one of these. */
export function textsWithoutRestricted(line: LineTexts, restricted: RestrictedNumbers): LineTexts {
  if (line.section === "learning") return namesItsEvent(line) ? line : { ...line, ...nothing };
  if (line.caseNumber === undefined || !restricted.has(line.caseNumber)) return line;
  const { reversesSource = "", reversesId = "" } = line;
  return {
    ...line,
    ...nothing,
    eventId: line.lineId ?? "",
    reversesId: reversesId === "" ? "" : entryIdOf({ source: reversesSource, id: reversesId }),
  };
}

/** A line of learning does not say which request it is of, so that any may be one of these: its event is not named then. */
const namesItsEvent = ({ eventId, lineId }: LineTexts): boolean => eventId !== lineId;

const nothing = {
  caseNumber: "",
  caseTitle: "",
  category: "",
  product: "",
  severity: "",
  status: "",
  openedAt: "",
  closedAt: "",
  primaryContact: "",
  reversalReason: "",
  detail: "",
  learner: "",
  activityTitle: "",
  format: "",
  level: "",
  language: "",
  started: "",
  completed: "",
} as const satisfies LineTexts;
