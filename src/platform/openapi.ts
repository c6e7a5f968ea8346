import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { API_VERSION } from "./api-version.ts";
import { type BodyContract, type Contract, isConditionalWrite, type ResponseContract } from "./contract.ts";
import { errorSchema, problemSchema } from "./problem.ts";

/**
 * The OpenAPI 3.1 document of a list of contracts. It depends on them alone and on their order not at all, so that a
 * committed snapshot changes only when the contract does. Schemas with `.meta({ id })` become components. Every schema is
 * given in its input form: what a client may send, and for answers, which have no transforms, what is on the wire.
 */

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = { readonly [name: string]: Json };

const jsonSchema: z.ZodType<Json> = z.json();
const asJson = (value: unknown): Json => jsonSchema.parse(JSON.parse(JSON.stringify(value)));

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Turns zod schemas into JSON Schema and collects the named ones. */
const createSchemas = () => {
  const components = new Map<string, Json>();
  const convert = (schema: z.ZodType): Json => {
    // Inside a wrapper a named schema is a reference like everywhere else; at the top it would be written out.
    const document = asJson(
      z.toJSONSchema(z.object({ root: schema }), { io: "input", unrepresentable: "any", cycles: "ref" }),
    );
    if (!isObject(document) || !isObject(document["properties"]))
      throw new Error("zod gave no object schema");
    const definitions = document["$defs"];
    for (const [id, definition] of isObject(definitions) ? Object.entries(definitions) : []) {
      const moved = moveReferences(definition);
      const known = components.get(id);
      if (known !== undefined && !isDeepStrictEqual(known, moved)) {
        throw new RangeError(`Two schemas have the id ${id}.`);
      }
      components.set(id, moved);
    }
    return moveReferences(document["properties"]["root"] ?? {});
  };
  return { convert, components };
};

type Convert = (schema: z.ZodType) => Json;

const moveReferences = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(moveReferences);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, inner]): [string, Json] => [
    name,
    name === "$ref" && typeof inner === "string"
      ? inner.replace("#/$defs/", "#/components/schemas/")
      : moveReferences(inner),
  ]);
  return Object.fromEntries(entries);
};

const sorted = (entries: Iterable<readonly [string, Json]>): JsonObject =>
  Object.fromEntries([...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)));

const parameters = (schema: z.ZodObject | undefined, where: string, convert: Convert): readonly Json[] =>
  Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const converted = convert(field);
    const { description, ...rest } = isObject(converted) ? converted : {};
    // An optional field accepts undefined: that is what a parameter that is left out comes as.
    const required = where === "path" || !z.safeParse(field, undefined).success;
    return {
      name,
      in: where,
      required,
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });

const requestBody = (body: BodyContract | undefined, convert: Convert): JsonObject => {
  if (body === undefined) return {};
  const types = body.kind === "json" ? (body.contentTypes ?? ["application/json"]) : body.contentTypes;
  const media: JsonObject =
    body.kind === "json"
      ? {
          schema: convert(body.schema),
          ...(body.example === undefined ? {} : { example: asJson(body.example) }),
        }
      : {};
  const content = Object.fromEntries(types.map((type) => [type === "*" ? "*/*" : type, media]));
  return { requestBody: { required: true, content } };
};

const responseContent = (response: ResponseContract, convert: Convert): JsonObject => {
  if ("schema" in response) {
    const example = response.example === undefined ? {} : { example: asJson(response.example) };
    return { content: { "application/json": { schema: convert(response.schema), ...example } } };
  }
  if (!("contentTypes" in response)) return {};
  return {
    content: Object.fromEntries(response.contentTypes.map((type) => [type === "*" ? "*/*" : type, {}])),
  };
};

const textHeader = (description: string): JsonObject => ({ description, schema: { type: "string" } });
const header = (name: string): JsonObject => ({ $ref: `#/components/headers/${name}` });

const responses = (contract: Contract, convert: Convert): JsonObject => {
  const declared = Object.entries(contract.responses).map(([status, response]): [string, Json] => {
    const own = Object.entries(response.headers ?? {}).map(([name, text]): [string, Json] => [
      name,
      textHeader(text),
    ]);
    const tagged: [string, Json][] =
      contract.method === "GET" && status === "200" && !own.some(([name]) => /^etag$/i.test(name))
        ? [["ETag", header("ETag")]]
        : [];
    const repeated: [string, Json][] =
      contract.repeatable === true ? [["Repeatability-Result", header("Repeatability-Result")]] : [];
    const headers = sorted([...own, ...tagged, ...repeated, ["x-ms-request-id", header("x-ms-request-id")]]);
    return [status, { description: response.description, headers, ...responseContent(response, convert) }];
  });
  return { ...Object.fromEntries(declared), default: { $ref: "#/components/responses/Error" } };
};

const parameterReference = (name: string): Json => ({ $ref: `#/components/parameters/${name}` });

const operation = (contract: Contract, convert: Convert): JsonObject => {
  const { method, access } = contract;
  const shared = [
    ...(contract.versioned === false ? [] : ["api-version"]),
    ...(method === "GET" ? ["If-None-Match"] : []),
    ...(isConditionalWrite(contract) ? ["If-Match"] : []),
    ...(contract.repeatable === true ? ["Repeatability-Request-ID", "Repeatability-First-Sent"] : []),
  ];
  return {
    operationId: contract.name,
    tags: [contract.tag],
    summary: contract.summary,
    ...(contract.description === undefined ? {} : { description: contract.description }),
    ...(contract.deprecated === true ? { deprecated: true } : {}),
    security: access.kind === "anonymous" ? [] : [{ bearer: [] }],
    "x-access-rule": asJson(access),
    parameters: [
      ...parameters(contract.params, "path", convert),
      ...parameters(contract.query, "query", convert),
      ...parameters(contract.headers, "header", convert),
      ...shared.map(parameterReference),
    ],
    ...requestBody(contract.body, convert),
    responses: responses(contract, convert),
  };
};

export type ApiInfo = { readonly title: string; readonly description: string };

export const openApiDocument = (contracts: readonly Contract[], info: ApiInfo): JsonObject => {
  const { convert, components } = createSchemas();
  const shown = contracts
    .filter((contract) => contract.undocumented !== true)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const paths = new Map<string, JsonObject>();
  for (const contract of shown) {
    const path = `/${contract.alias ?? contract.route}`;
    const item = { ...paths.get(path), [contract.method.toLowerCase()]: operation(contract, convert) };
    paths.set(path, sorted(Object.entries(item)));
  }
  const error = convert(errorSchema);
  const problem = convert(problemSchema);
  return {
    openapi: "3.1.1",
    info: { ...info, version: API_VERSION },
    servers: [{ url: "/api" }],
    tags: [...new Set(shown.map(({ tag }) => tag))].toSorted().map((name) => ({ name })),
    paths: sorted(paths),
    components: {
      ...sharedComponents(error, problem),
      schemas: sorted(components),
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    },
  };
};

const sharedParameter = (
  name: string,
  where: string,
  description: string,
  schema: JsonObject,
  required = false,
) => ({
  [name]: { name, in: where, required, description, schema },
});

const sharedComponents = (error: Json, problem: Json): JsonObject => ({
  parameters: {
    ...sharedParameter("If-Match", "header", "Only if the resource is still this version; else 412.", {
      type: "string",
    }),
    ...sharedParameter("If-None-Match", "header", "304 if this is still the version.", { type: "string" }),
    ...sharedParameter(
      "Repeatability-First-Sent",
      "header",
      "When the request was first sent, as an HTTP date; only with Repeatability-Request-ID.",
      { type: "string" },
    ),
    ...sharedParameter(
      "Repeatability-Request-ID",
      "header",
      "The same id makes the same request count once; with another address or body it is another request.",
      { type: "string", format: "uuid" },
    ),
    ...sharedParameter(
      "api-version",
      "query",
      "The version of this contract.",
      { type: "string", enum: [API_VERSION] },
      true,
    ),
  },
  headers: {
    ETag: textHeader("Names this version of the resource."),
    "Repeatability-Result": textHeader("`accepted` where the request had a Repeatability-Request-ID."),
    "x-ms-error-code": textHeader("The code of the error, for programs."),
    "x-ms-request-id": textHeader("Names this request in the log."),
  },
  responses: {
    Error: {
      description: "Any error. The code is in the header and in the body.",
      headers: { "x-ms-error-code": header("x-ms-error-code"), "x-ms-request-id": header("x-ms-request-id") },
      content: { "application/json": { schema: error }, "application/problem+json": { schema: problem } },
    },
  },
});
