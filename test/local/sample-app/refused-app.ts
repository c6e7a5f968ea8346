import { app, trigger } from "@azure/functions";

/** An app for the tests of the functions host that asks for what the host does not do. */

app.generic("retried", {
  trigger: trigger.serviceBusQueue({ connection: "BUS", queueName: "queue" }),
  retry: { strategy: "fixedDelay", maxRetryCount: 1, delayInterval: 0 },
  handler: async () => undefined,
});
