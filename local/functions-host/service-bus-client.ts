import type { ServiceBusClient, ServiceBusClientOptions } from "@azure/service-bus";
import { findConnection, type Settings } from "./settings.ts";

/** Short, because the trigger itself tries again for as long as the app runs. */
const OPTIONS: ServiceBusClientOptions = { retryOptions: { maxRetries: 0, timeoutInMs: 5000 } };

/** The SDKs are loaded only for an app that has a queue function. @throws Error when the setting is missing. */
export async function connectServiceBus(
  connectionName: string,
  settings: Settings,
): Promise<ServiceBusClient> {
  const connection = findConnection(connectionName, settings);
  if (connection === undefined)
    throw new Error(
      `the setting ${connectionName} (or ${connectionName}__fullyQualifiedNamespace) is missing, which a binding names as its connection`,
    );
  const { ServiceBusClient: Client } = await import("@azure/service-bus");
  if (connection.kind === "connectionString") return new Client(connection.connectionString, OPTIONS);
  const { DefaultAzureCredential } = await import("@azure/identity");
  return new Client(connection.namespace, new DefaultAzureCredential(), OPTIONS);
}
