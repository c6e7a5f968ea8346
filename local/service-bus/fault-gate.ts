import type { FaultSource } from "../faults.ts";

/** A request in two steps, so that a fault can come between what is done and what is answered. */
type Request = {
  readonly perform: () => Answer;
  /** Refuses for now, with nothing done. */
  readonly busy: () => void;
  /** Ends the connection. */
  readonly drop: () => void;
};

type Answer = () => void;

export type FaultGate = {
  readonly pass: (operation: "send" | "receive" | "settle" | "management", request: Request) => void;
  /** Slow requests that are still waiting are never carried out. */
  readonly close: () => void;
};

export function createFaultGate(faults: FaultSource = () => undefined): FaultGate {
  const waiting = new Set<NodeJS.Timeout>();
  let index = 0;
  return {
    pass: (operation, request) => {
      const fault = faults({ index: index++, operation });
      switch (fault?.kind) {
        case undefined:
          return request.perform()();
        case "status":
          return request.busy();
        case "refused":
          return request.drop();
        case "lost":
          request.perform();
          return request.drop();
        case "slow": {
          const timer = setTimeout(() => {
            waiting.delete(timer);
            request.perform()();
          }, fault.delayMs);
          waiting.add(timer);
          return undefined;
        }
      }
    },
    close: () => {
      for (const timer of waiting) clearTimeout(timer);
      waiting.clear();
    },
  };
}
