import { InvalidRequestError } from "./errors.ts";

/**
 * Every request names the version of the contract that it was written for; nothing is assumed for one that does not.
 * Codes and messages: Microsoft Azure REST API Guidelines, "API Versioning".
 */

export const API_VERSION = "2026-11-01";
const SUPPORTED: readonly string[] = [API_VERSION];
const ECHO_MAX_CHARACTERS = 40;

/** @throws InvalidRequestError `MissingApiVersionParameter` or `UnsupportedApiVersionValue`. */
export const requireApiVersion = (search: URLSearchParams): string => {
  const given = search.getAll("api-version");
  const [version] = given;
  if (version === undefined || version === "") {
    throw new InvalidRequestError(
      "MissingApiVersionParameter",
      "The api-version query parameter (?api-version=) is required for all requests",
      { target: "api-version" },
    );
  }
  if (given.length === 1 && SUPPORTED.includes(version)) return version;
  const shown = given.join(",").slice(0, ECHO_MAX_CHARACTERS);
  throw new InvalidRequestError(
    "UnsupportedApiVersionValue",
    `Unsupported api-version '${shown}'. The supported api-versions are '${SUPPORTED.join("', '")}'.`,
    { target: "api-version", innererror: { supported: SUPPORTED } },
  );
};
