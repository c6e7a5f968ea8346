/** What clients are shown of the response targets of a request (SR-14). Pure. */
import * as z from "zod";
import type { BusinessCalendar } from "./business-calendar.ts";
import type { SupportRequest } from "./request.ts";
import type { Target } from "./response-target.ts";
import { targetsOf } from "./target-check.ts";

const instant = z.iso.datetime();
const remainingMinutes = z.int().min(0).meta({
  description: "Of the time allowed, rounded down: business minutes, but for critical requests.",
});

const targetSchema = z
  .discriminatedUnion("state", [
    z.object({ state: z.literal("notApplicable") }),
    z.object({
      state: z.literal("running"),
      dueAt: instant.nullable().meta({
        description:
          "An answer at this instant is in time. Null: the calendar has too little time within 400 days.",
      }),
      remainingMinutes,
    }),
    z.object({ state: z.literal("paused"), remainingMinutes }),
    z.object({ state: z.literal("met"), metAt: instant }),
    z.object({
      state: z.literal("missed"),
      missedAt: instant.meta({ description: "When the time was used up." }),
      respondedAt: instant.nullable().meta({ description: "When the answer came after all." }),
    }),
  ])
  .meta({
    id: "ResponseTarget",
    description: "`paused` while the request waits for the customer, or is closed.",
  });

export const targetsViewSchema = z
  .object({
    asOf: instant.meta({
      description: "Whoever keeps the answer, as after a 304, counts on from here.",
    }),
    firstResponse: targetSchema,
    nextUpdate: targetSchema.meta({
      description: "Begins anew with each answer; `notApplicable` before the first.",
    }),
  })
  .meta({ id: "ResponseTargets" });

export function targetsView(request: SupportRequest, calendar: BusinessCalendar, now: string) {
  const { firstResponse, nextUpdate } = targetsOf(request, calendar, now);
  return { asOf: now, firstResponse: targetView(firstResponse), nextUpdate: targetView(nextUpdate) };
}

function targetView(target: Target): z.input<typeof targetSchema> {
  switch (target.state) {
    case "running":
      return { ...target, dueAt: target.dueAt ?? null };
    case "missed":
      return { ...target, respondedAt: target.respondedAt ?? null };
    case "notApplicable":
    case "paused":
    case "met":
      return target;
  }
}
