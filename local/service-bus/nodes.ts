/** What an address of the broker stands for. Names of queues are matched without regard to case, as in the service. */
import { type AmqpError, entityNotFound, notImplemented } from "./errors.ts";
import type { Queue } from "./queue.ts";
import type { Dispatcher } from "./receivers.ts";

export type Entity = { readonly queue: Queue; readonly dispatcher: Dispatcher };

export type Node =
  | { readonly kind: "claims" }
  | { readonly kind: "management"; readonly entity: Entity }
  | { readonly kind: "queue"; readonly entity: Entity };

export const DEAD_LETTER_SUFFIX = "/$deadletterqueue";
const MANAGEMENT_SUFFIX = "/$management";

/** @param entities by their names in lower case */
export function findNode(
  entities: ReadonlyMap<string, Entity>,
  address: string | null | undefined,
): Node | AmqpError {
  if (address === null || address === undefined) return notImplemented("transactions");
  if (address === "$cbs") return { kind: "claims" };
  const path = address.toLowerCase();
  if (path.includes("/subscriptions/")) return notImplemented("topics");
  const isManagement = path.endsWith(MANAGEMENT_SUFFIX);
  const entity = entities.get(isManagement ? path.slice(0, -MANAGEMENT_SUFFIX.length) : path);
  if (entity === undefined) return entityNotFound(address);
  return { kind: isManagement ? "management" : "queue", entity };
}
