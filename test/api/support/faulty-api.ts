import { fileURLToPath } from "node:url";
import { startCosmos } from "../../../local/cosmos/server.ts";
import { type FaultSource, parseFaults } from "../../../local/faults.ts";
import { readResources } from "../../../local/resources.ts";
import { startServiceBus } from "../../../local/service-bus/broker.ts";
import { type RunningApi, startApi } from "./running-api.ts";

/** A lock that a cut connection leaves behind holds its messages so long: a minute in the cloud, too long here. */
const LOCK_DURATION = "PT5S";
const RESOURCES = fileURLToPath(new URL("../../../infra/resources.json", import.meta.url));

/** As `parseFaults` takes them; a part that is not named does not fail. */
type Faults = { readonly cosmos?: string; readonly serviceBus?: string };

export type FaultyApi = RunningApi & {
  /** None at first, so that the start is not what is tried. */
  readonly setFaults: (faults: Faults) => void;
  readonly stop: () => Promise<void>;
};

/** The product over parts that fail: two that are turned on and off, and two that fail all the time. */
export async function startFaultyApi(always: {
  readonly blob: string;
  readonly tokens: string;
}): Promise<FaultyApi> {
  const running = new AsyncDisposableStack();
  let current: { readonly cosmos: FaultSource; readonly serviceBus: FaultSource } = {
    cosmos: parseFaults(undefined),
    serviceBus: parseFaults(undefined),
  };
  try {
    const { serviceBus } = await readResources(RESOURCES);
    const queues = Object.fromEntries(
      Object.entries(serviceBus.queues).map(([name, queue]) => [
        name,
        { ...queue, LockDuration: LOCK_DURATION },
      ]),
    );
    const bus = await startServiceBus({ port: 0, queues, faults: (request) => current.serviceBus(request) });
    running.defer(() => bus.close());
    const cosmos = await startCosmos({ port: 0, faults: (request) => current.cosmos(request) });
    running.defer(() => cosmos.close());
    const api = await startApi({
      given: {
        SERVICEBUS: bus.connectionString,
        COSMOS_ENDPOINT: cosmos.endpoint,
        COSMOS_KEY: cosmos.key,
      },
      serviceBus: bus,
      faults: always,
    });
    running.defer(() => api.stack.stop());
    return {
      ...api,
      setFaults: ({ cosmos: ofCosmos, serviceBus: ofServiceBus }) => {
        current = { cosmos: parseFaults(ofCosmos), serviceBus: parseFaults(ofServiceBus) };
      },
      stop: () => running.disposeAsync(),
    };
  } catch (error) {
    await running.disposeAsync();
    throw error;
  }
}
