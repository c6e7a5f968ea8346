/** What can be asked of a request and of what belongs to it, by the list of endpoints alone: a new one is asked too. */
import type { TokenRequest } from "../../../local/tokens/claims.ts";
import type { Contract } from "../../../src/platform/contract.ts";
import type { Ask, RunningApi } from "./running-api.ts";

const ROUTE = "supportRequests/{requestId}";
/** In no list, and of the form of most ids. */
const NO_PART = "0".repeat(22);

export const belowRequest = (route: string): boolean => route === ROUTE || route.startsWith(`${ROUTE}/`);

const pathFor = (route: string, requestId: string, ids: ReadonlyMap<string, string>): string =>
  route.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(name === "requestId" ? requestId : (ids.get(name) ?? NO_PART)),
  );

/** The ids that the parameters of the route can have: of the first of each list that leads there. */
export async function partIdsOf(
  api: RunningApi,
  by: TokenRequest,
  route: string,
  requestId: string,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const [whole, name = ""] of route.matchAll(/\{(\w+)\}/g)) {
    if (name === "requestId") continue;
    const list = pathFor(route.slice(0, route.indexOf(whole) - 1), requestId, ids);
    const answer = await api.ask(by, { path: list });
    const id = answer.status === 200 ? firstId(JSON.parse(answer.text), name) : undefined;
    if (id !== undefined) ids.set(name, id);
  }
  return ids;
}

function firstId(list: unknown, name: string): string | undefined {
  if (typeof list !== "object" || list === null || !("value" in list) || !Array.isArray(list.value)) return;
  const items: readonly unknown[] = list.value;
  for (const item of items) {
    const entries = new Map<string, unknown>(
      Object.entries(typeof item === "object" && item !== null ? item : {}),
    );
    const id = entries.get(name);
    if (typeof id === "string") return id;
  }
  return undefined;
}

/** As it is meant, and with whatever could make the answer depend on what is there. */
export function asksOf(
  { method, route, body, head, repeatable }: Contract,
  requestId: string,
  ids: ReadonlyMap<string, string>,
  etag: string,
): readonly Ask[] {
  const path = pathFor(route, requestId, ids);
  const json = body?.kind === "json" ? body.example : body === undefined ? undefined : "some bytes";
  const [contentType] = body?.contentTypes ?? [];
  const type = contentType === undefined ? {} : { "content-type": contentType.replace("*", "text/plain") };
  const ask = { method, path, json, headers: type };
  const headers: readonly Readonly<Record<string, string>>[] =
    method === "GET"
      ? [{}, { "if-none-match": etag }, { "if-none-match": "*" }]
      : [{}, { "if-match": etag }, { "if-match": '"other"' }, { "if-match": "*" }];
  return [
    ...headers.map((each) => ({ ...ask, headers: { ...type, ...each } })),
    ...(method === "GET" && head !== false ? [{ ...ask, method: "HEAD" }] : []),
    ...(method === "GET"
      ? [
          { ...ask, path: `${path}?surprise=1` },
          { ...ask, method: "PUT", json: {} },
        ]
      : []),
    ...(body === undefined ? [] : [{ ...ask, json: "{ not json" }]),
    ...(repeatable === true ? [{ ...ask, headers: { ...type, "repeatability-request-id": REPEATED } }] : []),
  ];
}

const REPEATED = "3f0c9a52-6f1e-4a0b-9d6f-2f3f0a9b7c11";
