import * as z from "zod";
import type { Line, LineFault } from "./lines.ts";

/** An event as its line has it; `text` is what is posted, so that no number or member is changed on the way. */
export type EventLine = {
  readonly line: number;
  readonly id: string;
  readonly text: string;
  readonly bytes: number;
  /** Set for an agreement: what follows refers to it, so it must be recorded first. */
  readonly agreementOf: string | undefined;
};

export type BadLine = {
  readonly line: number;
  readonly code: LineFault | "LineNotJson" | "LineNotAnEvent";
};

export type Batch = {
  readonly kind: "agreements" | "others";
  readonly events: readonly EventLine[];
};

export type BatchLimits = { readonly events: number; readonly bytes: number };

const AGREEMENT = /^support\.agreement\./;

/** Only what ordering needs. Whether it is a good event is for the service to say. */
const eventShape = z.looseObject({
  id: z.string().optional().catch(undefined),
  type: z.string().optional().catch(undefined),
  data: z
    .looseObject({ customerId: z.string().optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

/** Undefined for an empty line. */
export function readEvent(line: Line): EventLine | BadLine | undefined {
  if (line.kind === "bad") return { line: line.number, code: line.code };
  if (line.text === "") return undefined;
  const json = parseJson(line.text);
  if (json === undefined) return { line: line.number, code: "LineNotJson" };
  const event = eventShape.safeParse(json);
  if (!event.success) return { line: line.number, code: "LineNotAnEvent" };
  const { id = "", type = "", data } = event.data;
  return {
    line: line.number,
    id,
    text: line.text,
    bytes: Buffer.byteLength(line.text),
    agreementOf: AGREEMENT.test(type) ? (data?.customerId ?? "") : undefined,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Invariants: events keep their order; a batch is within the limits; agreements share no batch with other events, nor
 * with another agreement of the same customer.
 */
export async function* toBatches(
  events: AsyncIterable<EventLine>,
  limits: BatchLimits,
): AsyncGenerator<Batch> {
  let open: EventLine[] = [];
  let bytes = 0;
  for await (const event of events) {
    const full = open.length >= limits.events || bytes + event.bytes + 1 > limits.bytes;
    if (open.length > 0 && (full || mustNotShare(open, event))) {
      yield close(open);
      open = [];
      bytes = 0;
    }
    open.push(event);
    bytes += event.bytes + 1;
  }
  if (open.length > 0) yield close(open);
}

function mustNotShare(open: readonly EventLine[], event: EventLine): boolean {
  if (event.agreementOf === undefined) return open[0]?.agreementOf !== undefined;
  return open.some(({ agreementOf }) => agreementOf === undefined || agreementOf === event.agreementOf);
}

function close(events: readonly EventLine[]): Batch {
  return { kind: events[0]?.agreementOf === undefined ? "others" : "agreements", events };
}
