/** What a request remembers of its response targets (SR-14). Pure. */
import * as z from "zod";

export const targetMarksSchema = z.object({
  /** The beginning of the clock whose end was noticed; null: none was. */
  noticed: z.object({ firstResponse: z.string().nullable(), nextUpdate: z.string().nullable() }),
  /** Of the business calendar by which it was counted when to look again; 0: the default. */
  calendarRevision: z.int().min(0),
  /** Of the default: the customer's time zone as it was then. */
  timeZone: z.string().optional(),
  /** Status facts whose times were still to come when they were first kept, and when that was. */
  early: z.array(z.object({ factId: z.string(), knownAt: z.string() })).optional(),
});
export type TargetMarks = z.infer<typeof targetMarksSchema>;

export const noTargetMarks: TargetMarks = {
  noticed: { firstResponse: null, nextUpdate: null },
  calendarRevision: 0,
};
