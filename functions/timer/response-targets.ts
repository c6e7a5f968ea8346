import { app as functions, type InvocationContext, type Timer } from "@azure/functions";
import type { App } from "../../src/platform/wiring.ts";
import { requestIdOf } from "../../src/support/request.ts";
import { noticeMissed, recountRequests, type TargetAccess } from "../../src/support/target-watch.ts";
import { inTurn, type Run, runOf } from "./in-turn.ts";

/** In one run; of more, those that are due longest, and the others in the next. */
const CHECKS_PER_RUN = 1_000;
const CUSTOMERS_PER_RUN = 1_000;

/** Notices every response target that was missed; repeated and overlapping runs notice no other (SR-14). */
export function registerResponseTargets(app: App): void {
  functions.timer("noticeMissedTargets", {
    schedule: "%TARGET_SCHEDULE%",
    handler: (_timer: Timer, context: InvocationContext) => noticeMissedTargets(app, runOf(context)),
  });
  functions.timer("recountTargets", {
    schedule: "%TARGET_SCHEDULE%",
    handler: (_timer: Timer, context: InvocationContext) => recountTargets(app, runOf(context)),
  });
}

type Support = TargetAccess["support"] & {
  readonly calendarStore: Pick<App["support"]["calendarStore"], "dueChecks" | "unsettled">;
};
export type TargetTimers = {
  readonly support: Support;
  readonly customers: TargetAccess["customers"];
  readonly directory: { readonly directory: TargetAccess["directory"] };
};

export async function noticeMissedTargets(
  { support, customers, directory }: TargetTimers,
  run: Run,
): Promise<void> {
  const access = { support, customers, directory: directory.directory };
  const due = await support.calendarStore.dueChecks(new Date(run.now()).toISOString(), CHECKS_PER_RUN);
  const keys = new Map(due.map((key) => [requestIdOf(key), key]));
  let noticed = 0;
  const notice = async (requestId: string): Promise<void> => {
    const key = keys.get(requestId);
    if (key !== undefined) noticed += await noticeMissed(access, key, new Date(run.now()).toISOString());
  };
  await inTurn(run, "noticeMissedTargets", [...keys.keys()], notice, () => ({ noticed }));
}

/** Counts anew, by calendars that were changed, when the targets of their customers' requests are missed. */
export async function recountTargets(
  { support, customers, directory }: TargetTimers,
  run: Run,
): Promise<void> {
  const access = { support, customers, directory: directory.directory };
  const changed = await support.calendarStore.unsettled(CUSTOMERS_PER_RUN);
  let counted = 0;
  await inTurn(
    run,
    "recountTargets",
    changed,
    async (customerId) => {
      counted += await recountRequests(access, customerId, new Date(run.now()).toISOString());
    },
    () => ({ counted }),
  );
}
