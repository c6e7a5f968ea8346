import type { RecorderStores } from "../../src/consumption/record.ts";
import { type Around, aroundStores } from "./around-stores.ts";

/**
 * What can befall one call. `crashBefore`, `crashAfter`: the process ends there and does nothing more. `lost`: done, but
 * the answer never comes. `status…`: refused by an error with that status. `refused…`: answered as refused without
 * being done. `doneThenRefused`: done, its answer lost, tried again by the client and refused as already done.
 */
export const callFaults = [
  "crashBefore",
  "crashAfter",
  "lost",
  "status409",
  "status412",
  "status429",
  "status503",
] as const;
export const writeFaults = ["refusedFirst", "refusedLast", "refusedMissing", "doneThenRefused"] as const;
export type CallFault = (typeof callFaults)[number] | (typeof writeFaults)[number];

/** Asked at each call; `index` counts from 0 since the stores were armed. */
export type FaultPlan = (call: {
  readonly index: number;
  readonly method: string;
  readonly canBeRefused: boolean;
}) => CallFault | undefined;

class InjectedError extends Error {
  readonly code: number | string;

  constructor(fault: CallFault, method: string, code: number | string) {
    super(`${fault} at ${method}`);
    this.name = "InjectedError";
    this.code = code;
  }
}

type FaultyCalls = {
  /** Methods called since `arm`, in order, and whether each can be refused. */
  readonly calls: () => readonly { readonly method: string; readonly canBeRefused: boolean }[];
  readonly arm: () => void;
};
export type FaultyStores = FaultyCalls & { readonly stores: RecorderStores };

export function faultyStores(inner: RecorderStores, plan: FaultPlan): FaultyStores {
  const { around, ...calls } = faultyCalls(plan);
  return { ...calls, stores: aroundStores(inner, around) };
}

/** The same for stores of any kind. */
export function faultyCalls(plan: FaultPlan): FaultyCalls & { readonly around: Around } {
  const calls: { readonly method: string; readonly canBeRefused: boolean }[] = [];
  let armed = false;
  let ended = false;
  return {
    around: async (method, run, refusals) => {
      if (ended) throw new InjectedError("crashBefore", method, "ENDED");
      if (!armed) return run();
      const call = { method, canBeRefused: refusals.length > 0 };
      const fault = plan({ index: calls.length, ...call });
      calls.push(call);
      if (fault === "crashBefore" || fault === "crashAfter") ended = true;
      return suffer(fault, method, run, refusals);
    },
    calls: () => calls,
    arm: () => {
      armed = true;
    },
  };
}

async function suffer<Value>(
  fault: CallFault | undefined,
  method: string,
  run: () => Promise<Value>,
  refusals: readonly Value[],
): Promise<Value> {
  const [first, last = first, missing = last] = refusals;
  switch (fault) {
    case undefined:
      return run();
    case "crashBefore":
      throw new InjectedError(fault, method, "ENDED");
    case "crashAfter":
    case "lost":
      await run();
      throw new InjectedError(fault, method, "ECONNRESET");
    case "status409":
    case "status412":
    case "status429":
    case "status503":
      throw new InjectedError(fault, method, Number(fault.slice("status".length)));
    case "refusedFirst":
      return first ?? run();
    case "refusedLast":
      return last ?? run();
    case "refusedMissing":
      return missing ?? run();
    case "doneThenRefused": {
      const done = await run();
      return first ?? done;
    }
  }
}
