import { expect } from "vitest";
import type { Answer } from "./answer.ts";
import { errorSchema } from "./shapes.ts";

/** What an answer to anybody must never hold: stacks, places in the code, addresses and keys of the parts. */
const INSIDE = [
  /\n\s+at /,
  /node_modules/,
  /\.ts:\d+/,
  /file:\/\//,
  /\/src\//,
  /AccountKey|SharedAccessKey/,
  /ZodError|SyntaxError|TypeError/,
];

/** No failure, nothing from inside, and a request id; `secrets` are texts that must not come back either. */
export function expectHarmless(answer: Answer, what: string, secrets: readonly string[] = []): void {
  // 501 is an answer too: it says of a promise that somebody asked for that it is not made.
  if (answer.status !== 501) expect(answer.status, what).toBeLessThan(500);
  expect(answer.headers.get("x-ms-request-id"), what).toMatch(/^[\da-f-]{36}$/);
  expect(answer.headers.get("x-content-type-options"), what).toBe("nosniff");
  const whole = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n") + answer.text;
  for (const pattern of INSIDE) expect(whole, what).not.toMatch(pattern);
  for (const secret of secrets) expect(whole.includes(secret), what).toBe(false);
}

/** A refusal as the guidelines want it: a body with the code that the header has too. */
export function expectRefusal(answer: Answer, what: string, secrets: readonly string[] = []): string {
  expectHarmless(answer, what, secrets);
  expect(answer.status, what).toBeGreaterThanOrEqual(400);
  expect(answer.headers.get("content-type"), what).toBe("application/json");
  const { code } = answer.read(errorSchema).error;
  expect(answer.headers.get("x-ms-error-code"), what).toBe(code);
  return code;
}
