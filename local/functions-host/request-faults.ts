import type { IncomingMessage, ServerResponse } from "node:http";
import type { Fault } from "../faults.ts";
import { endWith } from "./http-message.ts";

/** Does what the fault wants done before the work. True: that was all, the request has had its answer or has none. */
export async function isAnsweredByFault(
  fault: Fault | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  switch (fault?.kind) {
    case "status":
      response.setHeader("retry-after", Math.ceil(fault.retryAfterMs / 1000));
      response.setHeader("retry-after-ms", fault.retryAfterMs);
      endWith(response, fault.status);
      return true;
    case "refused":
      request.socket.destroy();
      return true;
    case "slow":
      await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
      return false;
    case "lost":
    case undefined:
      return false;
  }
}
