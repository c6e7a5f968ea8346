import { fileURLToPath } from "node:url";
import { readResources } from "../../../local/resources.ts";
import { startServiceBus } from "../../../local/service-bus/broker.ts";
import { type RunningApi, startApi } from "./running-api.ts";

const RESOURCES = fileURLToPath(new URL("../../../infra/resources.json", import.meta.url));
const BUSY = { kind: "status", status: 503, retryAfterMs: 20 } as const;

export type PausedApi = RunningApi & {
  /**
   * From the next message on, which is still taken, nothing is consumed.
   * @param last takes up that message: the consumer had asked for it before.
   */
  readonly pause: (last: string) => Promise<void>;
  readonly resume: () => void;
  readonly stop: () => Promise<void>;
};

/** The product over a Service Bus whose queues can be asked to give nothing for a while. */
export async function startPausedApi(): Promise<PausedApi> {
  const running = new AsyncDisposableStack();
  let isPaused = false;
  try {
    const { serviceBus } = await readResources(RESOURCES);
    const faults = ({ operation }: { readonly operation: string }) =>
      isPaused && operation === "receive" ? BUSY : undefined;
    const bus = await startServiceBus({ port: 0, queues: serviceBus.queues, faults });
    running.defer(() => bus.close());
    const api = await startApi({ given: { SERVICEBUS: bus.connectionString }, serviceBus: bus });
    running.defer(() => api.stack.stop());
    return {
      ...api,
      pause: async (last) => {
        isPaused = true;
        await api.send([last]);
      },
      resume: () => {
        isPaused = false;
      },
      stop: () => running.disposeAsync(),
    };
  } catch (error) {
    await running.disposeAsync();
    throw error;
  }
}
