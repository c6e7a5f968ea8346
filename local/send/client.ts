import * as z from "zod";
import type { EventLine } from "./batches.ts";
import { CannotSendError, createSender, type Reply, type SenderOptions } from "./sender.ts";

const problem = z.object({ code: z.string(), message: z.string() });

const postAnswer = z.object({
  value: z.array(
    z.object({
      index: z.int().min(0),
      status: z.enum(["accepted", "rejected"]),
      receipt: z.string().optional(),
      error: problem.optional(),
    }),
  ),
});
export type Posted = Readonly<z.infer<typeof postAnswer>["value"][number]>;

const outcomesAnswer = z.object({
  value: z.array(
    z.object({
      receipt: z.string(),
      /** `unknown`: the service that gave the receipt is not the one that is asked now. */
      status: z.enum(["pending", "recorded", "repeated", "rejected", "unknown"]),
      error: problem.optional(),
    }),
  ),
});
export type Outcome = Readonly<z.infer<typeof outcomesAnswer>["value"][number]>;

/** `refused`: the request as a whole, for what is in it; none of its events was taken. */
type PostAnswer =
  | { readonly kind: "answered"; readonly value: readonly Posted[] }
  | { readonly kind: "refused"; readonly error: NonNullable<Posted["error"]> };

export type EventsClient = {
  /** The outcome of each event of the batch, by `index`. @throws CannotSendError */
  readonly post: (events: readonly EventLine[]) => Promise<PostAnswer>;
  /** At most 100 receipts. @throws CannotSendError */
  readonly outcomes: (receipts: readonly string[]) => Promise<readonly Outcome[]>;
};

/** Whoever may not send is told that there is nothing, or that it is forbidden. */
const ROLE_MISSING = new Set([401, 403, 404]);

/** The two operations of the ingest endpoint that a sender needs. */
export function createEventsClient(options: SenderOptions): EventsClient {
  const send = createSender(options);
  return {
    async post(events) {
      const reply = await send({
        path: "/api/events",
        contentType: "application/cloudevents-batch+json",
        body: `[${events.map(({ text }) => text).join(",")}]`,
      });
      if (isAboutTheContent(reply.status)) return { kind: "refused", error: problemOf(reply) };
      return { kind: "answered", value: read(reply, postAnswer).value };
    },
    async outcomes(receipts) {
      const body = JSON.stringify({ receipts });
      const reply = await send({ path: "/api/events/outcomes", contentType: "application/json", body });
      return read(reply, outcomesAnswer).value;
    },
  };
}

function isAboutTheContent(status: number): boolean {
  return status === 400 || status === 413 || status === 422;
}

function read<T>(reply: Reply, schema: z.ZodType<T>): T {
  if (reply.status >= 300) {
    const { code, message } = problemOf(reply);
    const hint = ROLE_MISSING.has(reply.status) ? ". The token needs the role Events.Send" : "";
    throw new CannotSendError(`The service refused with ${reply.status} ${code}: ${message}${hint}`);
  }
  const parsed = schema.safeParse(parseJson(reply.text));
  if (parsed.success) return parsed.data;
  throw new CannotSendError(`The answer of the service is not understood: ${z.prettifyError(parsed.error)}`);
}

function problemOf(reply: Reply): z.infer<typeof problem> {
  const parsed = z.object({ error: problem }).safeParse(parseJson(reply.text));
  return parsed.success ? parsed.data.error : { code: `Status${reply.status}`, message: "no reason given" };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
