/** The real stores of appointments, on a stand-in of their own. */
import { fileURLToPath } from "node:url";
import { CosmosClient } from "@azure/cosmos";
import { startCosmos } from "../../local/cosmos/server.ts";
import { createCosmosResources, readResources } from "../../local/resources.ts";
import type { CalendarDocument } from "../../src/support/advocate-calendar.ts";
import { cosmosAdvocateCalendarStore } from "../../src/support/advocate-calendar-store.ts";
import { cosmosPartStore } from "../../src/support/part-store.ts";
import type { SupportRequest } from "../../src/support/request.ts";
import { cosmosRequestStore } from "../../src/support/request-store.ts";
import type { BookingStores } from "../fakes/memory-booking.ts";

const RESOURCES = fileURLToPath(new URL("../../infra/resources.json", import.meta.url));

export type RealBooking = {
  /** As another instance of the app has them, with a client of its own. */
  readonly instance: () => BookingStores;
  readonly calendars: ReturnType<typeof cosmosAdvocateCalendarStore>;
  /** Whatever is there. */
  readonly put: (document: SupportRequest | CalendarDocument) => Promise<void>;
  readonly close: () => Promise<void>;
};

export async function openRealBooking(): Promise<RealBooking> {
  const server = await startCosmos({ port: 0 });
  const { cosmos } = await readResources(RESOURCES);
  await createCosmosResources(server, cosmos);
  const clients: CosmosClient[] = [];
  const connect = () => {
    const client = new CosmosClient({ ...server, consistencyLevel: "Session" });
    clients.push(client);
    const database = client.database(cosmos.database);
    return { customers: database.container("customers"), people: database.container("people") };
  };
  const first = connect();
  return {
    instance: () => {
      const { customers, people } = connect();
      return {
        requests: cosmosRequestStore(customers),
        parts: cosmosPartStore(customers),
        advocateCalendars: cosmosAdvocateCalendarStore(people),
      };
    },
    calendars: cosmosAdvocateCalendarStore(first.people),
    put: async (document) => {
      await (document.kind === "supportRequest" ? first.customers : first.people).items.upsert(document);
    },
    close: async () => {
      for (const client of clients) client.dispose();
      await server.close();
    },
  };
}
