/**
 * Which thresholds of one thing are reached, and what is told when that changes. Pure; the one place that decides whether
 * there is a notice.
 * Invariants: a threshold that is reached is told once, and again only after it was not reached in between; what is looked
 * at twice without a change in between tells nothing the second time.
 */
import * as z from "zod";
import { agreementIdSchema, customerIdSchema } from "../agreements/ids.ts";
import { digest } from "../consumption/entry.ts";

const noticeTypeSchema = z.enum(["allowanceUsed", "packageExpiring", "grantExpiring"]);

const levelSchema = z.object({
  isReached: z.boolean(),
  /** Notices that it gave. */
  crossings: z.int().min(0),
});
/** By threshold. One that was never reached is not among them. */
const levelsSchema = z.record(z.string().regex(/^\d+$/), levelSchema);
export type Levels = Readonly<z.infer<typeof levelsSchema>>;

/** One document for each entitlement with an allowance, and for each package and grant with an end. */
export const noticeStateSchema = z.object({
  id: z.string(),
  customerId: customerIdSchema,
  kind: z.literal("noticeState"),
  type: noticeTypeSchema,
  agreementId: agreementIdSchema,
  /** Of the entitlement or package; of a grant that of its entitlement and its own. */
  subjectId: z.string(),
  levels: levelsSchema,
});
export type NoticeState = z.infer<typeof noticeStateSchema>;

/** Whose thresholds they are. */
export type Subject = Pick<NoticeState, "type" | "agreementId" | "subjectId">;

export const stateDocumentId = ({ type, agreementId, subjectId }: Subject): string =>
  `noticeState~${digest([type, agreementId, subjectId].join("\n"))}`;

export type Crossing = { readonly threshold: number; readonly crossing: number };

export type Look = {
  /** As the customer wants them, in the order in which they are reached. */
  readonly thresholds: readonly number[];
  readonly isReached: (threshold: number) => boolean;
  /** Of several that are reached at once: `all`, or only the `last`, where the others are no longer true. */
  readonly tells: "all" | "last";
};

/**
 * @returns the levels as they are now, the same object when nothing changed, and what is to be told. A threshold that was
 * added behind one that is reached already is no news.
 */
export function crossed(levels: Levels, look: Look): readonly [Levels, readonly Crossing[]] {
  const { thresholds, isReached, tells } = look;
  const wasReached = (threshold: number): boolean => levels[threshold]?.isReached === true;
  // What nobody wants to be told of any more is only armed again.
  const fallen = Object.entries(levels).filter(
    ([threshold, level]) => level.isReached && !isReached(Number(threshold)),
  );
  const fresh = thresholds.filter((threshold) => isReached(threshold) && !wasReached(threshold));
  if (fallen.length === 0 && fresh.length === 0) return [levels, []];
  const furthest = thresholds.findLastIndex((threshold) => wasReached(threshold) && isReached(threshold));
  const news = fresh.filter((threshold) => thresholds.indexOf(threshold) > furthest);
  const told = (tells === "all" ? news : news.slice(-1)).map((threshold) => ({
    threshold,
    crossing: (levels[threshold]?.crossings ?? 0) + 1,
  }));
  const next = new Map(Object.entries(levels));
  for (const [threshold, level] of fallen) next.set(threshold, { ...level, isReached: false });
  for (const threshold of fresh) {
    const crossings = levels[threshold]?.crossings ?? 0;
    next.set(String(threshold), { isReached: true, crossings });
  }
  for (const { threshold, crossing } of told)
    next.set(String(threshold), { isReached: true, crossings: crossing });
  return [Object.fromEntries(next), told];
}
