/** One kind of event that cannot be accepted, as often as wanted, with the reason that each must be rejected for. */
import {
  agreementEvent,
  communicatedEvent,
  deliveryEvent,
  entitlement,
  reversalEvent,
  upsertedEvent,
} from "../fakes/events.ts";

export type Malformed = {
  readonly kind: string;
  readonly code: string;
  readonly target: string | undefined;
  /** Another event of the kind for each `n`. */
  readonly body: (n: number) => string;
};

const kind = (
  name: string,
  code: string,
  target: string | undefined,
  body: (n: number) => string,
): Malformed => ({ kind: name, code, target, body });

const text = (name: string, code: string, body: (n: number) => string): Malformed =>
  kind(name, code, undefined, body);

const envelope = (name: string, target: string, members: Record<string, unknown>): Malformed =>
  kind(name, "invalidEnvelope", target, (n) => deliveryEvent(`bad-${n}`, {}, members));

const delivery = (name: string, member: string, value: unknown): Malformed =>
  kind(name, "invalidData", `data.${member}`, (n) => deliveryEvent(`bad-${n}`, nested(member, value)));

const reversal = (name: string, member: string, value: unknown): Malformed =>
  kind(name, "invalidData", `data.${member}`, (n) =>
    reversalEvent(`bad-${n}`, "somewhere", nested(member, value)),
  );

const agreement = (name: string, target: string, members: Record<string, unknown>): Malformed =>
  kind(name, "invalidData", `data.${target}`, (n) =>
    agreementEvent({ agreementId: `agr-bad-${n}`, ...members }, { id: `bad-${n}` }),
  );

const placed = (name: string, code: string, target: string, members: Record<string, unknown>): Malformed =>
  kind(name, code, target, (n) => deliveryEvent(`bad-${n}`, members));

const upserted = (name: string, target: string, members: Record<string, unknown>): Malformed =>
  kind(name, "invalidData", `data.${target}`, (n) => upsertedEvent(`bad-${n}`, members));

const communicated = (name: string, target: string, members: Record<string, unknown>): Malformed =>
  kind(name, "invalidData", `data.${target}`, (n) => communicatedEvent(`bad-${n}`, members));

/** `request.status` as an object in an object. */
function nested(member: string, value: unknown): Record<string, unknown> {
  const [first = member, second] = member.split(".");
  return { [first]: second === undefined ? value : { number: "CASE-1", [second]: value } };
}

const pack = (entitlements: readonly unknown[], dates: Record<string, unknown> = {}) => ({
  packageId: "pkg-bad",
  name: "Package",
  section: "addOn",
  startDate: "2026-01-01",
  endDate: "2026-12-31",
  entitlements,
  ...dates,
});

export const malformedKinds: readonly Malformed[] = [
  text("no text at all", "invalidJson", (n) => " ".repeat(n)),
  text("not JSON", "invalidJson", (n) => `{"id": bad-${n}}`),
  text("JSON cut short", "invalidJson", (n) => deliveryEvent(`bad-${n}`).slice(0, -1)),
  text("a number", "invalidEnvelope", (n) => `${n}`),
  text("a string", "invalidEnvelope", (n) => `"${n}"`),
  text("a list", "invalidEnvelope", (n) => `[${n}]`),
  text("null", "invalidEnvelope", (n) => `null${" ".repeat(n)}`),
  text("more than 64 KB", "eventTooLarge", (n) => deliveryEvent(`bad-${n}`, { note: "x".repeat(65_536) })),
  text("more than 64 KB in bytes only", "eventTooLarge", (n) =>
    deliveryEvent(`bad-${n}`, { note: "ł".repeat(33_000) }),
  ),
  text("nested 10,000 deep", "nestedTooDeeply", (n) =>
    deliveryEvent(`bad-${n}`, { note: "HERE" }).replace(
      '"HERE"',
      `${"[".repeat(10_000)}${"]".repeat(10_000)}`,
    ),
  ),
  text("a reversal of more than 8 KB", "eventTooLarge", (n) =>
    reversalEvent(`bad-${n}`, "somewhere", { note: "x".repeat(8_192) }),
  ),
  kind("an empty object", "invalidEnvelope", "specversion", (n) => `{${" ".repeat(n)}}`),
  envelope("another CloudEvents version", "specversion", { specversion: "0.3" }),
  envelope("a number for an id", "id", { id: 7 }),
  envelope("an id with a slash", "id", { id: "a/b" }),
  envelope("an id with a control character", "id", { id: "a\u0000b" }),
  envelope("an id that is too long", "id", { id: "x".repeat(129) }),
  envelope("an empty id", "id", { id: "" }),
  envelope("an empty source", "source", { source: "" }),
  envelope("no type", "type", { type: undefined }),
  envelope("a time without a zone", "time", { time: "2026-03-01T09:15:00" }),
  envelope("a time that is a date", "time", { time: "2026-03-01" }),
  envelope("a time before there were computers to book it", "time", { time: "1815-06-18T11:00:00Z" }),
  kind("data that is text", "invalidEnvelope", "data", (n) =>
    JSON.stringify({ ...JSON.parse(deliveryEvent(`bad-${n}`)), data: "text" }),
  ),
  envelope("another content type", "datacontenttype", { datacontenttype: "text/xml" }),
  kind("a type that nobody knows", "unknownType", "type", (n) =>
    deliveryEvent(`bad-${n}`, {}, { type: "support.delivery.forgotten.v1" }),
  ),
  kind("no time anywhere", "invalidEnvelope", "time", (n) =>
    deliveryEvent(`bad-${n}`, { deliveredAt: undefined }, { time: undefined }),
  ),
  delivery("no customer", "customerId", undefined),
  delivery("a customer with a slash", "customerId", "cust/t"),
  delivery("an agreement named as a member of every object", "agreementId", "constructor"),
  delivery("a workspace named as the prototype", "workspaceId", "__proto__"),
  delivery("null for an agreement", "agreementId", null),
  delivery("a service that nobody sells", "service", "lunch"),
  delivery("no quantity", "quantity", undefined),
  delivery("a quantity of 0", "quantity", 0),
  delivery("a quantity below 0", "quantity", -15),
  delivery("half a minute", "quantity", 0.5),
  delivery("text for a quantity", "quantity", "15"),
  delivery("more than a million", "quantity", 1_000_001),
  delivery("a quantity beyond exact integers", "quantity", 2 ** 53),
  delivery("a unit that nobody counts in", "unit", "hours"),
  delivery("a day that does not exist", "deliveredAt", "2026-02-29T09:00:00Z"),
  delivery("a leap second", "deliveredAt", "2026-06-30T23:59:60Z"),
  delivery("an unknown category", "request.category", "XYZ"),
  delivery("an unknown severity", "request.severity", "A"),
  delivery("detail that is a list", "detail", []),
  reversal("a reversal of nothing", "reverses", undefined),
  reversal("a reversal that names no source", "reverses", "INC-1"),
  reversal("a reversal of 0", "quantity", 0),
  agreement("a time zone that does not exist", "timeZone", { timeZone: "Europe/Atlantis" }),
  agreement("a language that nobody writes", "language", { language: "la" }),
  agreement("an agreement that ends before it starts", "endDate", { endDate: "2025-12-31" }),
  agreement("a 30th of February", "startDate", { startDate: "2026-02-30" }),
  agreement("an e-mail address that is none", "servicesAdmin.email", { servicesAdmin: { email: "admin" } }),
  agreement("a package twice", "packages", { packages: [pack([]), pack([])] }),
  agreement("an allowance below 0", "packages.0.entitlements.0.allowance", {
    packages: [pack([entitlement("ent-bad", "advisory", { allowance: -1 })])],
  }),
  agreement("an entitlement of no class", "packages.0.entitlements.0.class", {
    packages: [pack([entitlement("ent-bad", "advisory", { class: "gift" })])],
  }),
  upserted("a request without a number", "number", { number: undefined }),
  upserted("a number with a space", "number", { number: "INC 1" }),
  upserted("a number with a tilde, which joins it to its customer", "number", { number: "INC~1" }),
  upserted("a number of 65 letters", "number", { number: "I".repeat(65) }),
  upserted("a request without a title", "title", { title: undefined }),
  upserted("a title of nothing but spaces", "title", { title: "  " }),
  upserted("a severity by its letter", "severity", { severity: "A" }),
  upserted("a request without a status", "status", { status: undefined }),
  upserted("a status that nobody knows", "status", { status: "solved" }),
  upserted("half a version", "version", { version: 1.5 }),
  upserted("a version below 0", "version", { version: -1 }),
  upserted("an opening before there were computers", "openedAt", { openedAt: "1815-06-18T11:00:00Z" }),
  upserted("a country by its name", "country", { country: "Poland" }),
  upserted("a language of the desk that nobody writes", "language", { language: "la" }),
  upserted("a creator who is no address", "createdBy", { createdBy: "Ana" }),
  upserted("a primary contact without an address", "primaryContact.email", {
    primaryContact: { name: "Ana" },
  }),
  upserted("an advocate who is text", "advocate", { advocate: "nora@provider.example" }),
  upserted("51 contacts", "contacts", { contacts: Array(51).fill({ email: "ana@cust-t.example" }) }),
  upserted("text for the incentive mark", "isIncentiveRelated", { isIncentiveRelated: "false" }),
  upserted("a workspace of a request named as the prototype", "workspaceId", { workspaceId: "__proto__" }),
  communicated("e-mail of no request", "number", { number: undefined }),
  communicated("e-mail that goes nowhere", "direction", { direction: "sideways" }),
  communicated("e-mail from nobody", "from", { from: undefined }),
  communicated("e-mail from a name", "from", { from: "Nora" }),
  communicated("an address with a header behind it", "from", { from: "a@b.example>\r\nBcc: <c@d.example" }),
  communicated("101 recipients", "to", { to: Array(101).fill("ana@cust-t.example") }),
  communicated("a recipient who is no address", "to.0", { to: ["Ana"] }),
  communicated("copies that are text", "cc", { cc: "ana@cust-t.example" }),
  communicated("a text of more than 48 KB in bytes only", "body", { body: "ł".repeat(24_577) }),
  communicated("e-mail without a text", "body", { body: undefined }),
  communicated("a text in another format", "bodyType", { bodyType: "rtf" }),
  communicated("a time of sending that is a date", "sentAt", { sentAt: "2026-03-01" }),
  kind("a request of nobody's customer", "unknownCustomer", "data.customerId", (n) =>
    upsertedEvent(`bad-${n}`, { customerId: "cust-nobody-knows" }),
  ),
  kind("a request in nobody's workspace", "unknownWorkspace", "data.workspaceId", (n) =>
    upsertedEvent(`bad-${n}`, { workspaceId: "ws-nobody-knows" }),
  ),
  kind("e-mail of nobody's customer", "unknownCustomer", "data.customerId", (n) =>
    communicatedEvent(`bad-${n}`, { customerId: "cust-nobody-knows" }),
  ),
  placed("an unknown customer", "unknownCustomer", "data.customerId", { customerId: "cust-nobody-knows" }),
  placed("an unknown workspace", "unknownWorkspace", "data.workspaceId", { workspaceId: "ws-nobody-knows" }),
  placed("an unknown agreement of another service than cases", "unknownAgreement", "data.agreementId", {
    agreementId: "agr-nobody-knows",
    service: "education",
    unit: "activities",
  }),
  placed("no agreement of another service than cases", "unknownAgreement", "data.agreementId", {
    agreementId: undefined,
    service: "proactive",
  }),
  placed("an unknown package of another service than cases", "unknownPackage", "data.packageId", {
    packageId: "pkg-nobody-knows",
    service: "proactive",
  }),
  placed("an unknown entitlement of another service than cases", "unknownEntitlement", "data.entitlementId", {
    entitlementId: "ent-nobody-knows",
    service: "proactive",
  }),
  placed("another service than the entitlement's", "wrongService", "data.service", { service: "proactive" }),
  placed("another unit than the entitlement's", "wrongUnit", "data.unit", { unit: "credits" }),
  placed("a benefit", "notConsumable", "data.entitlementId", { service: "other", entitlementId: "ent-sdm" }),
  placed("support contacts", "takesNoDeliveries", "data.service", {
    service: "supportContacts",
    unit: "contacts",
  }),
  placed("proactive work after the agreement", "outsideAgreement", "data.deliveredAt", {
    service: "proactive",
    entitlementId: "ent-pro",
    deliveredAt: "2027-01-01T00:00:00Z",
  }),
];
