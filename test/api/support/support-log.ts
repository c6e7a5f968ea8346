/**
 * The cases of a real service desk: as events of their requests, made from the deliveries, and as what these must come to,
 * read from the source log and from nothing else. The log is not part of the project, and may be absent.
 */
import { existsSync, readFileSync } from "node:fs";
import * as z from "zod";

const folder = new URL("../../../../shared/data/", import.meta.url);
const eventsFile = new URL("deliveries.ndjson", folder);
const logFile = new URL("source/incident_event_log.csv", folder);
export const isLogThere = existsSync(eventsFile) && existsSync(logFile);

/** A case as it stood at some instant. */
export type LoggedCase = {
  readonly customerId: string;
  readonly number: string;
  readonly title: string;
  readonly product: string;
  readonly severity: string;
  readonly status: string;
  readonly createdAt: string;
  readonly changedAt: string;
  /** `Caller 2403`. */
  readonly caller: string;
};

/** How the log was made into events: what its locations, priorities and states stand for. */
const CUSTOMERS: Readonly<Record<string, string>> = {
  "Location 204": "cust-a",
  "Location 143": "cust-b",
  "Location 161": "cust-b",
};
const SEVERITIES: Readonly<Record<string, string>> = { "3 - Moderate": "moderate", "4 - Low": "minimal" };
const STATUSES: Readonly<Record<string, string>> = {
  New: "open",
  Active: "open",
  Resolved: "closed",
  Closed: "closed",
};

/** `29-02-2016 01:23` in UTC. */
function instantOf(text: string): string {
  const [day = "", time = ""] = text.split(" ");
  return `${day.split("-").toReversed().join("-")}T${time}:00.000Z`;
}

/** Every update of the log, as the case stood after it; those of one case in their order. */
export function readLog(): readonly LoggedCase[] {
  const [header = "", ...lines] = readFileSync(logFile, "utf8").trimEnd().split("\n");
  const names = header.split(",");
  return lines.map((line): LoggedCase => {
    const fields = line.split(",");
    const field = (name: string): string => fields[names.indexOf(name)] ?? "";
    return {
      customerId: CUSTOMERS[field("location")] ?? "cust-c",
      number: field("number"),
      title: `${field("category")} / ${field("subcategory")}`,
      product: field("category"),
      severity: SEVERITIES[field("priority")] ?? "critical",
      status: STATUSES[field("incident_state")] ?? "attentionNeeded",
      createdAt: instantOf(field("opened_at")),
      changedAt: instantOf(field("sys_updated_at")),
      caller: field("caller_id"),
    };
  });
}

/** The newest of each number, before an instant; of two at one instant the later in the list. */
function newestOf<Item>(
  items: readonly Item[],
  { number, at, before = "9999" }: Reading<Item>,
): ReadonlyMap<string, Item> {
  const newest = new Map<string, Item>();
  for (const item of items) {
    const known = newest.get(number(item));
    if (at(item) < before && (known === undefined || at(known) <= at(item))) newest.set(number(item), item);
  }
  return newest;
}
type Reading<Item> = {
  readonly number: (item: Item) => string;
  readonly at: (item: Item) => string;
  readonly before?: string | undefined;
};

/** How each case stood before an instant, at the customer to which it belongs in the end. */
export function casesBefore(log: readonly LoggedCase[], before?: string): readonly LoggedCase[] {
  const reading = { number: (each: LoggedCase) => each.number, at: (each: LoggedCase) => each.changedAt };
  const last = newestOf(log, reading);
  return [...newestOf(log, { ...reading, before })].map(([number, each]) => ({
    ...each,
    customerId: last.get(number)?.customerId ?? "",
  }));
}

const eventSchema = z.looseObject({ id: z.string(), type: z.string(), data: z.looseObject({}) });
const deliverySchema = z.object({
  id: z.string(),
  time: z.iso.datetime().transform((time) => new Date(time).toISOString()),
  data: z.object({
    customerId: z.string(),
    request: z.object({
      number: z.string(),
      title: z.string(),
      product: z.string(),
      severity: z.string(),
      status: z.string(),
      openedAt: z.string(),
      primaryContact: z.string(),
    }),
  }),
});
export type Delivery = z.output<typeof deliverySchema>;

/** The agreements as their events have them, and the deliveries, in the order of the file. */
export function readEvents() {
  const lines = readFileSync(eventsFile, "utf8").trimEnd().split("\n");
  const events = lines.map((line) => eventSchema.parse(JSON.parse(line)));
  return {
    agreements: events.filter(({ type }) => type === "support.agreement.activated.v1"),
    deliveries: events
      .filter(({ type }) => type === "support.delivery.recorded.v1")
      .map((event) => deliverySchema.parse(event)),
  };
}

const numberOf = ({ data }: Delivery): string => data.request.number;
const timeOf = ({ time }: Delivery): string => time;

export const newestDeliveries = (deliveries: readonly Delivery[], before?: string): readonly Delivery[] => [
  ...newestOf(deliveries, { number: numberOf, at: timeOf, before }).values(),
];

/** By number. */
export const lastCustomers = (deliveries: readonly Delivery[]): ReadonlyMap<string, string> =>
  new Map(newestDeliveries(deliveries).map((each) => [numberOf(each), each.data.customerId]));

/** `Caller 2403` has an address of their own at the customer. */
export const emailOf = (customerId: string, caller: string): string =>
  `${caller.toLowerCase().replaceAll(" ", "-")}@${customerId}.example`;

/** How the support desk has the request after a delivery. */
export function upsertedBy(
  { id, time, data: { request } }: Delivery,
  customerId: string,
  workspaceId: string,
): string {
  const { number, title, product, severity, status, openedAt, primaryContact } = request;
  const email = emailOf(customerId, primaryContact);
  return JSON.stringify({
    specversion: "1.0",
    id: `request-${id}`,
    source: "/servicedesk",
    type: "support.request.upserted.v1",
    time,
    data: {
      customerId,
      number,
      // Two deliveries of a case may be of one minute.
      version: Number(id.slice(number.length + 1)),
      title,
      product,
      severity,
      status,
      openedAt,
      workspaceId,
      createdBy: email,
      primaryContact: { name: primaryContact, email },
    },
  });
}
