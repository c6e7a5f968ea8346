import type * as z from "zod";

/**
 * The contract of an endpoint, as data. From the list of contracts come the registered functions, the OpenAPI document
 * and the test of every role against every endpoint; nothing else knows the routes.
 *
 * Request schemas read texts from the wire; response schemas describe what is on the wire, without transforms.
 */

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * Who may call. `anyCustomer` is for what belongs to no route of a customer: whoever holds the permission for the whole of
 * one customer at least, or has the application role; the handler is told of which customers.
 * The last three are about the customer that the route names: whoever holds the permission for all of it,
 * in some of its workspaces (the handler is told which), or in the workspace that the route names.
 */
export type AccessRule<Permission extends string = string> =
  | { readonly kind: "anonymous" }
  | { readonly kind: "signedIn" }
  | { readonly kind: "application"; readonly role: string }
  | { readonly kind: "anyCustomer"; readonly permission: Permission; readonly orRole?: string }
  | { readonly kind: "customer" | "workspaces" | "workspace"; readonly permission: Permission };

type JsonBody<S extends z.ZodType = z.ZodType> = {
  readonly kind: "json";
  readonly schema: S;
  /** Default: `application/json`. */
  readonly contentTypes?: readonly string[];
  readonly maxBytes?: number;
  /** Default 64. Infinity: the endpoint judges the depth itself, and follows nothing by unbounded recursion. */
  readonly maxDepth?: number;
  readonly example?: unknown;
};

/** A file or another body that is not JSON. `*` accepts any content type. */
type BytesBody = {
  readonly kind: "bytes";
  readonly contentTypes: readonly string[];
  readonly maxBytes: number;
};

export type BodyContract = JsonBody | BytesBody;

type JsonResponse<S extends z.ZodType = z.ZodType> = {
  readonly description: string;
  readonly schema: S;
  readonly headers?: Readonly<Record<string, string>>;
  readonly example?: unknown;
};

/** A download: the handler gives bytes or a stream and the content type. */
type BytesResponse = {
  readonly description: string;
  readonly contentTypes: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
};

type EmptyResponse = {
  readonly description: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type ResponseContract = JsonResponse | BytesResponse | EmptyResponse;

export type Contract<
  A extends AccessRule = AccessRule,
  P extends z.ZodObject = z.ZodObject,
  Q extends z.ZodObject = z.ZodObject,
  H extends z.ZodObject = z.ZodObject,
  B extends BodyContract | undefined = BodyContract | undefined,
  R extends Readonly<Record<number, ResponseContract>> = Readonly<Record<number, ResponseContract>>,
> = {
  /** Unique; the name of the function and the operation id. */
  readonly name: string;
  readonly method: Method;
  /** Functions template without the prefix, e.g. `customers/{customerId}/activity`. */
  readonly route: string;
  /** A further path for the same, for a last segment with a dot, which the platform does not take as a route. */
  readonly alias?: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: A;
  /** One field for each `{name}` of the route. A value that does not fit names nothing: 404. */
  readonly params?: P;
  readonly query?: Q;
  /** Further request headers, named in lower case. */
  readonly headers?: H;
  readonly body?: B;
  readonly responses: R;
  /** False for a GET that does more than read: HEAD is then not allowed. Default true. */
  readonly head?: boolean;
  /** False for what no client programs against: health, documentation. Default true. */
  readonly versioned?: boolean;
  /** The handler makes a repeated `Repeatability-Request-ID` harmless. Default false: such a request gets 501. */
  readonly repeatable?: boolean;
  /**
   * Of a write: the handler changes nothing where `If-Match` names another version. Default: every method but POST.
   * With false such a request gets 501, and `If-None-Match` gets it from every write.
   */
  readonly conditional?: boolean;
  readonly deprecated?: boolean;
  /** Left out of the OpenAPI document: the pages that show it. */
  readonly undocumented?: boolean;
};

/** Whether `If-Match` on this write is a promise that is kept; a GET knows `If-None-Match` instead. */
export const isConditionalWrite = ({ method, conditional = method !== "POST" }: Contract): boolean =>
  method !== "GET" && conditional;

/** @throws RangeError for a contract that the platform or this service could not honour. */
export const checkContract = (contract: Contract): void => {
  const fault = contractFault(contract);
  if (fault !== undefined) throw new RangeError(`Endpoint ${contract.name}: ${fault}.`);
};

const NAME = /^[a-z][A-Za-z0-9]{1,127}$/;
const SEGMENT = /^(?:\{[a-z][A-Za-z0-9]*\}|[A-Za-z0-9~-]+)$/;

const routeParameters = (route: string): readonly string[] =>
  [...route.matchAll(/\{([^}]*)\}/g)].map((match) => match[1] ?? "");

const neededInRoute = ({ kind }: AccessRule): readonly string[] => {
  if (kind === "workspace") return ["customerId", "workspaceId"];
  return kind === "customer" || kind === "workspaces" ? ["customerId"] : [];
};

const contractFault = (contract: Contract): string | undefined => {
  const { name, method, route, access, params, body, responses } = contract;
  if (!NAME.test(name)) return "the name is letters and digits and starts with a small letter";
  // The platform gives undefined for `{id:int}` and takes a dot in the last segment for a file.
  const segment = route.split("/").find((part) => !SEGMENT.test(part));
  if (segment !== undefined)
    return `the route has the segment '${segment}', which is neither a word nor {name}`;
  const inRoute = routeParameters(route).toSorted().join();
  const inSchema = Object.keys(params?.shape ?? {})
    .toSorted()
    .join();
  if (inRoute !== inSchema) return `the route names '${inRoute}' and params '${inSchema}'`;
  const needed = neededInRoute(access);
  const absent = needed.find((name) => !inRoute.split(",").includes(name));
  if (absent !== undefined) return `a ${access.kind} rule needs {${absent}} in the route`;
  if (method === "GET" && body !== undefined) return "a GET has no body";
  if (!Object.keys(responses).some((status) => /^[23]/.test(status)))
    return "there is no response of success";
  return undefined;
};
