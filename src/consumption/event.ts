/**
 * Events as producers send them (CloudEvents 1.0), parsed. Whatever cannot be parsed becomes a `Rejection` that says
 * what is wrong and where; nothing is guessed and nothing is dropped.
 */
import * as z from "zod";
import {
  type AgreementEventData,
  agreementEventDataSchema,
  serviceSchema,
  unitSchema,
} from "../agreements/agreement-event.ts";
import {
  agreementIdSchema,
  customerIdSchema,
  entitlementIdSchema,
  eventIdSchema,
  packageIdSchema,
  workspaceIdSchema,
} from "../agreements/ids.ts";
import {
  type RequestCommunicatedData,
  type RequestUpsertedData,
  requestCommunicatedDataSchema,
  requestUpsertedDataSchema,
} from "./request-event.ts";

/** Largest quantity of one delivery, in the entitlement's unit. */
const QUANTITY_MAX = 1_000_000;
/** Largest event as JSON text, in bytes. A batch of a hundred then stays near the store's 2 MB. */
const EVENT_BYTES_MAX = 64 * 1024;
/** Largest reversal, in bytes: a delivery and all of its reversals are written together at times. */
const REVERSAL_BYTES_MAX = 8 * 1024;
/** Deepest nesting of an event. The store takes 128 levels, and what recurses over an event must not run out of stack. */
const NESTING_MAX = 32;
const SOURCE_LENGTH_MAX = 256;
const TEXT_LENGTH_MAX = 1_024;

const text = z.string().max(TEXT_LENGTH_MAX);

/** An RFC 3339 time with an offset, kept as UTC with milliseconds so that text order is time order. */
const time = z.iso
  .datetime({ offset: true })
  .refine((value) => value >= "1990" && value < "2200", "must lie between the years 1990 and 2199")
  .transform((value) => new Date(value).toISOString());

export const eventTypes = {
  agreementActivated: "support.agreement.activated.v1",
  agreementAmended: "support.agreement.amended.v1",
  deliveryRecorded: "support.delivery.recorded.v1",
  deliveryReversed: "support.delivery.reversed.v1",
  requestUpserted: "support.request.upserted.v1",
  requestCommunicated: "support.request.communicated.v1",
} as const;

const cloudEventSchema = z.looseObject({
  specversion: z.literal("1.0"),
  id: eventIdSchema,
  source: z.string().min(1).max(SOURCE_LENGTH_MAX),
  type: z.string().min(1).max(256),
  time: time.optional(),
  datacontenttype: z
    .string()
    .regex(/^application\/([\w.-]+\+)?json(\s*;.*)?$/i, "must be application/json")
    .optional(),
  data: z.record(z.string(), z.unknown()),
});

const severitySchema = z.enum(["critical", "moderate", "minimal"]);
const requestStatusSchema = z.enum(["open", "attentionNeeded", "closed"]);
/** CA-14: a coded case counts on no entitlement. */
const categorySchema = z.enum(["SU", "DSA", "X85", "REC"]);

const requestSchema = z.looseObject({
  number: z.string().min(1).max(128),
  title: text.optional(),
  product: text.nullish(),
  severity: severitySchema.nullish(),
  status: requestStatusSchema.nullish(),
  category: categorySchema.nullish(),
  openedAt: time.nullish(),
  closedAt: time.nullish(),
  primaryContact: text.nullish(),
});

const deliveryDataSchema = z.looseObject({
  customerId: customerIdSchema,
  agreementId: agreementIdSchema.optional(),
  packageId: packageIdSchema.optional(),
  entitlementId: entitlementIdSchema.optional(),
  workspaceId: workspaceIdSchema.optional(),
  service: serviceSchema,
  quantity: z.int().min(1).max(QUANTITY_MAX),
  unit: unitSchema,
  deliveredAt: time.optional(),
  request: requestSchema.optional(),
  detail: z.record(z.string(), z.unknown()).optional(),
});

const reversalDataSchema = z.looseObject({
  customerId: customerIdSchema,
  agreementId: agreementIdSchema.optional(),
  entitlementId: entitlementIdSchema.optional(),
  reverses: z.looseObject({ source: z.string().min(1).max(SOURCE_LENGTH_MAX), id: eventIdSchema }),
  /** Absent: all that is left of the delivery. */
  quantity: z.int().min(1).max(QUANTITY_MAX).optional(),
  reason: text.optional(),
});

/** What the data of each type may hold, for whoever sends it. */
export const eventDataSchemas: Readonly<Record<keyof typeof eventTypes, z.ZodType>> = {
  agreementActivated: agreementEventDataSchema,
  agreementAmended: agreementEventDataSchema,
  deliveryRecorded: deliveryDataSchema,
  deliveryReversed: reversalDataSchema,
  requestUpserted: requestUpsertedDataSchema,
  requestCommunicated: requestCommunicatedDataSchema,
};

type CloudEvent = z.infer<typeof cloudEventSchema>;
type DeliveryData = z.infer<typeof deliveryDataSchema>;
type ReversalData = z.infer<typeof reversalDataSchema>;

/** Facts of every kind: `time` is when it happened upstream. */
type Envelope = {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly time: string;
};
export type AgreementEvent = Envelope & { readonly kind: "agreement"; readonly data: AgreementEventData };
export type DeliveryEvent = Envelope & {
  readonly kind: "delivery";
  readonly data: DeliveryData;
  readonly deliveredAt: string;
};
export type ReversalEvent = Envelope & { readonly kind: "reversal"; readonly data: ReversalData };
export type UpsertedEvent = Envelope & {
  readonly kind: "requestUpserted";
  readonly data: RequestUpsertedData;
};
export type CommunicatedEvent = Envelope & {
  readonly kind: "requestCommunicated";
  readonly data: RequestCommunicatedData;
  readonly sentAt: string;
};
/** What is told of a support request, and concerns no ledger. */
export type RequestEvent = UpsertedEvent | CommunicatedEvent;
export type AcceptedEvent = AgreementEvent | DeliveryEvent | ReversalEvent | RequestEvent;

export const isRequestEvent = (event: AcceptedEvent): event is RequestEvent =>
  event.kind === "requestUpserted" || event.kind === "requestCommunicated";

/** Why an event was not accepted: `code` is stable, `target` the member it is about. */
export type Rejection = { readonly code: string; readonly message: string; readonly target?: string };

export type Parsed =
  | { readonly outcome: "accepted"; readonly event: AcceptedEvent }
  | { readonly outcome: "rejected"; readonly rejection: Rejection };

/** Parses one event: envelope first, then its data by its type. */
export function parseEvent(candidate: unknown): Parsed {
  const envelope = cloudEventSchema.safeParse(candidate);
  if (!envelope.success) return rejected("invalidEnvelope", envelope.error);
  const { data, type } = envelope.data;
  switch (type) {
    case eventTypes.agreementActivated:
    case eventTypes.agreementAmended:
      return withData(envelope.data, agreementEventDataSchema.safeParse(data), toAgreement);
    case eventTypes.deliveryRecorded:
      return withData(
        envelope.data,
        deliveryDataSchema.safeParse(data),
        toDelivery,
        (known) => known.deliveredAt,
      );
    case eventTypes.deliveryReversed:
      return withData(envelope.data, reversalDataSchema.safeParse(data), toReversal);
    case eventTypes.requestUpserted:
      return withData(
        envelope.data,
        requestUpsertedDataSchema.safeParse(data),
        toUpserted,
        (known) => known.changedAt,
      );
    case eventTypes.requestCommunicated:
      return withData(
        envelope.data,
        requestCommunicatedDataSchema.safeParse(data),
        toCommunicated,
        (known) => known.sentAt,
      );
    default:
      return refuse("unknownType", `no event of type ${type} is known`, "type");
  }
}

/** Parses the JSON text of one event, within its size limit. */
export function parseEventText(body: string): Parsed {
  const bytes = Buffer.byteLength(body);
  if (bytes > EVENT_BYTES_MAX) {
    return refuse("eventTooLarge", `an event has at most ${EVENT_BYTES_MAX} bytes; this one has ${bytes}`);
  }
  try {
    const candidate: unknown = JSON.parse(body);
    if (isDeeperThan(candidate, NESTING_MAX)) {
      return refuse("nestedTooDeeply", `an event has at most ${NESTING_MAX} levels of nesting`);
    }
    const parsed = parseEvent(candidate);
    const isReversal = parsed.outcome === "accepted" && parsed.event.kind === "reversal";
    return isReversal && bytes > REVERSAL_BYTES_MAX
      ? refuse("eventTooLarge", `a reversal has at most ${REVERSAL_BYTES_MAX} bytes; this one has ${bytes}`)
      : parsed;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refuse("invalidJson", "the message is not valid JSON");
  }
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== "object") return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(member, levels - 1));
}

function toAgreement(envelope: Envelope, data: AgreementEventData): Parsed {
  return { outcome: "accepted", event: { ...envelope, kind: "agreement", data } };
}

function toDelivery(envelope: Envelope, data: DeliveryData): Parsed {
  const deliveredAt = data.deliveredAt ?? envelope.time;
  return { outcome: "accepted", event: { ...envelope, kind: "delivery", data, deliveredAt } };
}

function toReversal(envelope: Envelope, data: ReversalData): Parsed {
  return { outcome: "accepted", event: { ...envelope, kind: "reversal", data } };
}

function toUpserted(envelope: Envelope, data: RequestUpsertedData): Parsed {
  return { outcome: "accepted", event: { ...envelope, kind: "requestUpserted", data } };
}

function toCommunicated(envelope: Envelope, data: RequestCommunicatedData): Parsed {
  const sentAt = data.sentAt ?? envelope.time;
  return { outcome: "accepted", event: { ...envelope, kind: "requestCommunicated", data, sentAt } };
}

/** @param timeOf when it happened by its data, where the envelope does not say. */
function withData<Data>(
  { source, id, type, time: happenedAt }: CloudEvent,
  result: z.ZodSafeParseResult<Data>,
  build: (envelope: Envelope, data: Data) => Parsed,
  timeOf: (data: Data) => string | undefined = () => undefined,
): Parsed {
  if (!result.success) return rejected("invalidData", result.error, "data");
  const at = happenedAt ?? timeOf(result.data);
  if (at === undefined) return refuse("invalidEnvelope", "time: is required (RFC 3339)", "time");
  return build({ source, id, type, time: at }, result.data);
}

/** The first problem, named by its path: one precise sentence serves a producer better than a list of echoes. */
function rejected(code: string, error: z.ZodError, prefix?: string): Parsed {
  const [issue] = error.issues;
  const path = [...(prefix === undefined ? [] : [prefix]), ...(issue?.path ?? [])].map(String).join(".");
  const more = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : "";
  const message = `${path === "" ? "event" : path}: ${issue?.message ?? "is not valid"}${more}`;
  return refuse(code, message, path === "" ? undefined : path);
}

function refuse(code: string, message: string, target?: string): Parsed {
  return { outcome: "rejected", rejection: { code, message, ...(target === undefined ? {} : { target }) } };
}
