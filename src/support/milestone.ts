/**
 * What the clock did to a request: a part of it that nobody wrote. Pure. Invariant: its id follows from the request, the
 * target and the beginning of the clock, so what is noticed twice is written once.
 */
import * as z from "zod";
import type { RequestKey } from "./request.ts";
import { partShape } from "./request-part.ts";

export const milestoneSchema = z.object({
  ...partShape,
  kind: z.literal("requestMilestone"),
  type: z.literal("responseTargetMissed"),
  target: z.enum(["firstResponse", "nextUpdate"]),
  /** When the time was used up; its place on the timeline too. */
  missedAt: z.string(),
  noticedAt: z.string(),
});
export type Milestone = z.infer<typeof milestoneSchema>;
type TargetName = Milestone["target"];

/** A target whose time was used up. */
export type Miss = {
  readonly target: TargetName;
  /** When its clock began. */
  readonly startsAt: string;
  readonly missedAt: string;
};

export const missMilestone = (
  { customerId, number }: RequestKey,
  { target, startsAt, missedAt }: Miss,
  now: string,
): Milestone => ({
  id: `requestMilestone~${number}~${target}-${Date.parse(startsAt)}`,
  customerId,
  requestNumber: number,
  kind: "requestMilestone",
  at: missedAt,
  type: "responseTargetMissed",
  target,
  missedAt,
  noticedAt: now,
});
