import * as z from "zod";

/** `HH:MM:SS`, in milliseconds. */
const timeSpanMs = z
  .string()
  .regex(/^\d{1,2}:\d{2}:\d{2}$/, "must be HH:MM:SS")
  .transform((text) => text.split(":").reduce((total, part) => total * 60 + Number(part), 0) * 1000);

const serviceBus = z.object({
  maxMessageBatchSize: z.int().min(1).max(2047).default(1000),
  maxConcurrentCalls: z.int().min(1).default(16),
  autoCompleteMessages: z.boolean().default(true),
  maxAutoLockRenewalDuration: timeSpanMs.prefault("00:05:00"),
});

/** What this host reads of `host.json`, with the platform's defaults; the rest is let through unread. */
export const hostJsonSchema = z.object({
  version: z.literal("2.0"),
  extensions: z
    .object({
      http: z.object({ routePrefix: z.string().default("api") }).prefault({}),
      serviceBus: serviceBus.prefault({}),
    })
    .prefault({}),
  extensionBundle: z.object({ id: z.string(), version: z.string() }).optional(),
});

export type HostJson = Readonly<z.infer<typeof hostJsonSchema>>;
export type ServiceBusOptions = Readonly<z.infer<typeof serviceBus>>;
