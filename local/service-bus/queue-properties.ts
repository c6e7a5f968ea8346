import * as z from "zod";

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const duration = z
  .string()
  .regex(DURATION, { message: "expected an ISO 8601 duration such as PT1M" })
  .transform((text) => {
    const [, days = "0", hours = "0", minutes = "0", seconds = "0"] = DURATION.exec(text) ?? [];
    const wholeMs = Number(days) * DAY_MS + Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS;
    return wholeMs + Math.round(Number(seconds) * SECOND_MS);
  });

/** The names and the form are those of the official emulator's configuration; whatever is not served is refused. */
const queueProperties = z
  .strictObject({
    LockDuration: duration.default(MINUTE_MS),
    MaxDeliveryCount: z.int().min(1).default(10),
    RequiresDuplicateDetection: z.boolean().default(false),
    DuplicateDetectionHistoryTimeWindow: duration.default(10 * MINUTE_MS),
    DefaultMessageTimeToLive: duration.default(Number.POSITIVE_INFINITY),
    DeadLetteringOnMessageExpiration: z.boolean().default(false),
    RequiresSession: z.literal(false, { error: "sessions are not served" }).default(false),
    ForwardTo: z.literal("", { error: "forwarding is not served" }).default(""),
    ForwardDeadLetteredMessagesTo: z.literal("", { error: "forwarding is not served" }).default(""),
  })
  .readonly();

export type QueueProperties = z.input<typeof queueProperties>;

export type QueueSettings = {
  readonly lockMs: number;
  readonly maxDeliveryCount: number;
  /** Zero when duplicates are not looked for. */
  readonly duplicateWindowMs: number;
  readonly timeToLiveMs: number;
  readonly deadLettersExpired: boolean;
};

/** @throws ZodError that names the property which is unknown, malformed or not served. */
export function parseQueueProperties(properties: QueueProperties): QueueSettings {
  const parsed = queueProperties.parse(properties);
  return {
    lockMs: parsed.LockDuration,
    maxDeliveryCount: parsed.MaxDeliveryCount,
    duplicateWindowMs: parsed.RequiresDuplicateDetection ? parsed.DuplicateDetectionHistoryTimeWindow : 0,
    timeToLiveMs: parsed.DefaultMessageTimeToLive,
    deadLettersExpired: parsed.DeadLetteringOnMessageExpiration,
  };
}

/** A dead-letter queue keeps its messages until somebody takes them. */
export function deadLetterSettings(parent: QueueSettings): QueueSettings {
  return {
    lockMs: parent.lockMs,
    maxDeliveryCount: Number.POSITIVE_INFINITY,
    duplicateWindowMs: 0,
    timeToLiveMs: Number.POSITIVE_INFINITY,
    deadLettersExpired: false,
  };
}
