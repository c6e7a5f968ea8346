import type * as z from "zod";
import type { BodyContract } from "./contract.ts";
import { type ErrorDetail, InvalidRequestError } from "./errors.ts";

/** Headers and bodies are parsed by the endpoint's schemas; every fault is told, up to a limit, with where it is. */

const DETAILS_MAX = 20;

/** `lines[2].amount`; the whole for an empty path. */
const fieldPath = (path: readonly PropertyKey[], whole: string): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "") || whole;

/** Of a union only the branch that came nearest is of use to whoever reads the error: the one with fewest issues. */
const leafIssues = (issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] => {
  if (issue.code !== "invalid_union") return [issue];
  const [nearest] = issue.errors
    .filter((branch) => branch.length > 0)
    .toSorted((a, b) => a.length - b.length);
  if (nearest === undefined) return [issue];
  return nearest.flatMap((inner) => leafIssues({ ...inner, path: [...issue.path, ...inner.path] }));
};

const invalid = (code: string, error: z.ZodError, whole: string): InvalidRequestError => {
  const details = error.issues
    .flatMap(leafIssues)
    .slice(0, DETAILS_MAX)
    .map(
      (issue): ErrorDetail => ({
        code: "InvalidValue",
        message: issue.message,
        target: fieldPath(issue.path, whole),
      }),
    );
  const [first] = details;
  const message = first === undefined ? `The ${whole} is not valid.` : `${first.target}: ${first.message}`;
  return new InvalidRequestError(code, message, {
    target: first?.target,
    ...(details.length > 1 ? { details } : {}),
    cause: error,
  });
};

/** @throws InvalidRequestError `InvalidHeaderValue`. Headers that the endpoint does not name are let be. */
export const parseHeaders = (schema: z.ZodObject | undefined, headers: Headers): unknown => {
  if (schema === undefined) return {};
  const given = Object.keys(schema.shape).flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  throw invalid("InvalidHeaderValue", parsed.error, "headers");
};

/** @throws InvalidRequestError `InvalidRequestBody`. */
export const parseBody = (contract: BodyContract | undefined, content: unknown): unknown => {
  if (contract?.kind !== "json") return content;
  const parsed = contract.schema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw invalid("InvalidRequestBody", parsed.error, "body");
};
