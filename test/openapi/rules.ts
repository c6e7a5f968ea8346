import * as z from "zod";

/**
 * The rules of OpenAPI 3.1.1 for the parts of it that this API uses: the form of every object, and what a form cannot
 * say. A part that is not named here is reported, so that using more of OpenAPI means writing down its rules.
 */

const name = z.string().regex(/^[A-Za-z0-9._-]+$/);
const reference = z.strictObject({ $ref: z.string().startsWith("#/components/") });

const jsonType = z.enum(["null", "boolean", "object", "array", "number", "string", "integer"]);
const size = z.int().min(0);
/** JSON Schema 2020-12: no `nullable`, and exclusive bounds are numbers. */
const schema = z.strictObject({
  get items() {
    return schema.optional();
  },
  get properties() {
    return z.record(z.string(), schema).optional();
  },
  get propertyNames() {
    return schema.optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), schema]).optional();
  },
  get anyOf() {
    return z.array(schema).min(1).optional();
  },
  get oneOf() {
    return z.array(schema).min(1).optional();
  },
  get allOf() {
    return z.array(schema).min(1).optional();
  },
  $ref: z.string().startsWith("#/components/schemas/").optional(),
  type: z.union([jsonType, z.array(jsonType).min(1)]).optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  format: z.string().optional(),
  pattern: z.string().refine(isPattern, "is no regular expression").optional(),
  enum: z.array(z.json()).min(1).optional(),
  const: z.json().optional(),
  default: z.json().optional(),
  examples: z.array(z.json()).optional(),
  required: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  multipleOf: z.number().positive().optional(),
  minLength: size.optional(),
  maxLength: size.optional(),
  minItems: size.optional(),
  maxItems: size.optional(),
  uniqueItems: z.boolean().optional(),
  minProperties: size.optional(),
  maxProperties: size.optional(),
  readOnly: z.boolean().optional(),
  writeOnly: z.boolean().optional(),
  contentEncoding: z.string().optional(),
  contentMediaType: z.string().optional(),
});

const parameter = z.strictObject({
  name: z.string().min(1),
  in: z.enum(["path", "query", "header"]),
  required: z.boolean(),
  description: z.string().optional(),
  schema,
});
const header = z.strictObject({ description: z.string().optional(), schema });
const content = z.record(
  z.string().regex(/^[^\s/]+\/[^\s/]+(; ?[\w-]+=[\w-]+)*$/, "is no media type"),
  z.strictObject({ schema: schema.optional(), example: z.json().optional() }),
);
const response = z.strictObject({
  description: z.string().min(1),
  headers: z.record(z.string(), z.union([reference, header])).optional(),
  content: content.optional(),
});
const operation = z.strictObject({
  operationId: name,
  tags: z.array(z.string()),
  summary: z.string().min(1),
  description: z.string().optional(),
  deprecated: z.boolean().optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  "x-access-rule": z.json(),
  parameters: z.array(z.union([reference, parameter])),
  requestBody: z.strictObject({ required: z.boolean(), content }).optional(),
  responses: z
    .record(z.string().regex(/^([1-5]\d\d|default)$/), z.union([reference, response]))
    .refine((responses) => Object.keys(responses).length > 0),
});
const pathItem = z.partialRecord(z.enum(["get", "put", "post", "patch", "delete"]), operation);

const documentSchema = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  info: z.strictObject({
    title: z.string().min(1),
    description: z.string().optional(),
    version: z.string().min(1),
  }),
  servers: z.array(z.strictObject({ url: z.string() })),
  tags: z.array(z.strictObject({ name: z.string() })),
  paths: z.record(z.string().startsWith("/"), pathItem),
  components: z.strictObject({
    schemas: z.record(name, schema),
    parameters: z.record(name, parameter),
    headers: z.record(name, header),
    responses: z.record(name, response),
    securitySchemes: z.record(
      name,
      z.strictObject({ type: z.literal("http"), scheme: z.string(), bearerFormat: z.string().optional() }),
    ),
  }),
});

type Document = z.infer<typeof documentSchema>;
type Operation = z.infer<typeof operation>;

/** One sentence for each rule that the document breaks. */
export function problemsOf(document: unknown): readonly string[] {
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success) return parsed.error.issues.flatMap((issue) => describe(issue, []));
  const operations = Object.entries(parsed.data.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, one]) => ({ path, method, operation: one })),
  );
  return [
    ...referenceProblems(parsed.data),
    ...repeated(operations.map((each) => each.operation.operationId)).map(
      (id) => `operationId ${id} is used twice`,
    ),
    ...repeated(Object.keys(parsed.data.paths).map(shapeOf)).map((path) => `path ${path} occurs twice`),
    ...operations.flatMap((each) =>
      operationProblems(each.operation, each.path, parsed.data).map(
        (problem) => `${each.method.toUpperCase()} ${each.path}: ${problem}`,
      ),
    ),
  ];
}

/** Of several forms the last is the full one; the others are references and short forms. */
function describe(issue: z.core.$ZodIssue, within: readonly PropertyKey[]): readonly string[] {
  const path = [...within, ...issue.path];
  const full = issue.code === "invalid_union" ? issue.errors.at(-1) : undefined;
  return full === undefined
    ? [`${path.map(String).join(".")}: ${issue.message}`]
    : full.flatMap((inner) => describe(inner, path));
}

function operationProblems(one: Operation, path: string, document: Document): readonly string[] {
  const { parameters: shared, securitySchemes } = document.components;
  const parameters = one.parameters.flatMap((each) => {
    const known = "$ref" in each ? shared[each.$ref.replace("#/components/parameters/", "")] : each;
    return known === undefined ? [] : [known];
  });
  const inPath = parameters.filter((each) => each.in === "path");
  const declared = inPath.map((each) => each.name).toSorted();
  const inTemplate = [...path.matchAll(/\{([^}]*)\}/g)].map(([, found = ""]) => found).toSorted();
  const tags = new Set(document.tags.map((tag) => tag.name));
  const schemes = one.security.flatMap((each) => Object.keys(each));
  return [
    ...(declared.join() === inTemplate.join() ? [] : [`declares the path parameters [${declared.join()}]`]),
    ...inPath.filter((each) => !each.required).map((each) => `path parameter ${each.name} is not required`),
    ...repeated(parameters.map((each) => `${each.in} ${each.name}`)).map(
      (each) => `has two parameters ${each}`,
    ),
    ...one.tags.filter((tag) => !tags.has(tag)).map((tag) => `tag ${tag} is not declared`),
    ...schemes
      .filter((scheme) => securitySchemes[scheme] === undefined)
      .map((each) => `scheme ${each} is unknown`),
  ];
}

function referenceProblems(document: Document): readonly string[] {
  return [...new Set(referencesIn(document))]
    .filter((each) => !isThere(document.components, each.replace("#/components/", "").split("/")))
    .map((each) => `${each} does not exist`);
}

function referencesIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    key === "$ref" && typeof inner === "string" ? [inner] : referencesIn(inner),
  );
}

function isThere(components: Document["components"], [kind = "", ...path]: readonly string[]): boolean {
  const group = Object.entries(components).find(([each]) => each === kind)?.[1] ?? {};
  return path.length === 1 && Object.hasOwn(group, path[0] ?? "");
}

function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((each, index) => names.indexOf(each) !== index))];
}

/** Paths that differ in nothing but the names of their parameters are the same. */
function shapeOf(path: string): string {
  return path.replace(/\{[^}]*\}/g, "{}");
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, "u").unicode;
  } catch {
    return false;
  }
}
