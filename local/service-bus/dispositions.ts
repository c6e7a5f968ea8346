import rhea, { type Session } from "rhea";
import frames from "rhea/lib/frames.js";
import type { AmqpError } from "./errors.ts";

/**
 * Answers one delivery with a frame of its own. rhea joins neighbours that are settled in the same tick and gives the
 * second the outcome of the first, so that a refused message would look accepted.
 * @param delivery.from which side sent the delivery
 */
export function writeOutcome(
  session: Session,
  delivery: { readonly id: number; readonly from: "client" | "broker" },
  error: AmqpError | undefined,
): void {
  if (!session.is_open()) return;
  const outcome = error === undefined ? rhea.message.accepted() : rhea.message.rejected({ error });
  session.output(
    frames.disposition({
      role: delivery.from === "client",
      first: delivery.id,
      last: delivery.id,
      settled: true,
      state: outcome.described(),
    }),
  );
}
