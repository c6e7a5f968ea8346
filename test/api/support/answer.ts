import type * as z from "zod";

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** @throws SyntaxError when the body is no JSON, ZodError when it is not of that shape. */
  readonly read: <Schema extends z.ZodType>(schema: Schema) => z.output<Schema>;
};

export function readAnswer(status: number, headers: Headers, text: string): Answer {
  return { status, headers, text, read: (schema) => schema.parse(JSON.parse(text)) };
}

/** What differs between any two answers. */
const OWN_HEADERS = ["date", "x-ms-request-id"];

/** Everything that a client can see of an answer, without what differs between any two. */
export function visible({ status, headers, text }: Answer) {
  const others = [...headers].filter(([name]) => !OWN_HEADERS.includes(name));
  return { status, headers: Object.fromEntries(others), text };
}
