/** When the support desk answered: the first and the last of its messages to the customer (SR-14). Pure. */
import * as z from "zod";

export const responseSchema = z.object({ firstAt: z.string().nullable(), lastAt: z.string().nullable() });
export type Responses = z.infer<typeof responseSchema>;

export const noResponses: Responses = { firstAt: null, lastAt: null };

/** The order of the answers does not matter. */
export function withResponse({ firstAt, lastAt }: Responses, at: string): Responses {
  return {
    firstAt: firstAt === null || at < firstAt ? at : firstAt,
    lastAt: lastAt === null || at > lastAt ? at : lastAt,
  };
}
