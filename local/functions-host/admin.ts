import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import type { FunctionDefinition } from "./function-definition.ts";
import { readBody } from "./http-message.ts";
import { errorMessage } from "./log.ts";

/**
 * `GET /admin/functions` lists the functions; `POST /admin/functions/NAME` with `{ "input": "…" }` runs a timer or a
 * queue function at once and answers 202 without waiting, as the platform's host does. With `?wait=true`, which is an
 * addition of this host, it answers 200 when the run has ended, or 500 with the message of what it threw.
 */
export type Admin = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;

/** Runs a function with that input; what it throws has been logged. Undefined for a function that cannot be run so. */
export type RunFunction = (name: string, input: string) => Promise<void> | undefined;

const INPUT_LIMIT_BYTES = 1024 * 1024;

const inputBody = z.object({ input: z.string().default("") });

/** No body at all is as good as one without input. */
function parseInput(body: Buffer | undefined): z.ZodSafeParseResult<z.infer<typeof inputBody>> {
  const text = body?.toString("utf8") ?? "";
  try {
    return inputBody.safeParse(text === "" ? {} : JSON.parse(text));
  } catch {
    return inputBody.safeParse(text);
  }
}

export function createAdmin(functions: readonly FunctionDefinition[], run: RunFunction): Admin {
  return async (request, response, url) => {
    const [collection, name, ...rest] = url.pathname.replace(/^\/admin\//, "").split("/");
    if (collection?.toLowerCase() !== "functions" || rest.length > 0) return answerJson(response, 404);
    if (request.method === "GET" && (name === undefined || name === ""))
      return answerJson(response, 200, functions.map(describe));
    if (request.method !== "POST" || name === undefined) return answerJson(response, 404);

    const called = decodeURIComponent(name).toLowerCase();
    const definition = functions.find((one) => one.name.toLowerCase() === called);
    if (definition === undefined) return answerJson(response, 404);
    const body = parseInput(await readBody(request, INPUT_LIMIT_BYTES));
    if (!body.success) return answerJson(response, 400, { message: z.prettifyError(body.error) });
    const running = run(definition.name, body.data.input);
    if (running === undefined)
      return answerJson(response, 400, { message: "an HTTP function is run by a request to its own route" });
    await answerRun(response, running, url.searchParams.get("wait") === "true");
  };
}

async function answerRun(
  response: ServerResponse,
  running: Promise<void>,
  isAwaited: boolean,
): Promise<void> {
  if (!isAwaited) {
    answerJson(response, 202);
    // Logged where it was thrown.
    return running.catch(() => undefined);
  }
  try {
    await running;
    answerJson(response, 200);
  } catch (error) {
    answerJson(response, 500, { message: errorMessage(error) });
  }
}

function describe({ name, metadata }: FunctionDefinition): object {
  const bindings = Object.entries(metadata.bindings).map(([key, binding]) => ({ ...binding, name: key }));
  return { name, isDisabled: false, config: { bindings } };
}

function answerJson(response: ServerResponse, status: number, body?: unknown): void {
  const text = body === undefined ? "" : JSON.stringify(body);
  response.writeHead(status, text === "" ? {} : { "content-type": "application/json" }).end(text);
  response.req.resume();
}
