import { app, type InvocationContext } from "@azure/functions";

/** An app for the tests of the functions host: queue functions that keep what they were given, and one that tells it. */

type Order = { readonly id?: string; readonly fail?: boolean; readonly durationMs?: number };

const batches: object[] = [];
const singles: object[] = [];
let running = 0;
const mostRunning = { batch: 0, single: 0 };

const hasOrder = (message: unknown): message is Order => typeof message === "object" && message !== null;

async function work(kind: "batch" | "single", orders: readonly unknown[]): Promise<void> {
  running += 1;
  mostRunning[kind] = Math.max(mostRunning[kind], running);
  for (const order of orders.filter(hasOrder)) {
    if (order.durationMs !== undefined) await new Promise((resolve) => setTimeout(resolve, order.durationMs));
  }
  running -= 1;
  if (orders.some((order) => hasOrder(order) && order.fail === true)) throw new Error("one order is bad");
}

const tracedWith = (context: InvocationContext): string | undefined => context.traceContext?.traceParent;

app.serviceBusQueue("batch", {
  connection: "BUS",
  queueName: "%BATCH_QUEUE%",
  cardinality: "many",
  handler: async (messages, context) => {
    const { triggerMetadata } = context;
    batches.push({ messages, triggerMetadata, isList: Array.isArray(messages) });
    await work("batch", Array.isArray(messages) ? messages : []);
  },
});
app.serviceBusQueue("single", {
  connection: "BUS",
  queueName: "singles",
  handler: async (message, context) => {
    const { triggerMetadata } = context;
    singles.push({ message, triggerMetadata, trace: tracedWith(context) });
    await work("single", [message]);
  },
});
app.serviceBusQueue("manual", {
  connection: "BUS",
  queueName: "manual",
  autoCompleteMessages: false,
  handler: async () => undefined,
});
app.get("told", async () => ({ jsonBody: { batches, singles, mostRunning } }));
