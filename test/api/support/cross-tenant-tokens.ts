/** Cursors and download links that the service made for somebody, used by somebody else, elsewhere, or cut. */
import * as z from "zod";
import type { Random } from "../../fakes/random.ts";
import { type Person, people } from "./access-people.ts";
import { done, pathOf } from "./access-steps.ts";
import type { AccessWorld } from "./access-world.ts";
import { type Attempt, formsOf, rawOf } from "./cross-tenant-attempts.ts";
import type { View } from "./cross-tenant-views.ts";
import type { RunningApi } from "./running-api.ts";

type Token = { readonly text: string; readonly caller: Person; readonly path: string };
export type Tokens = { readonly cursors: readonly Token[]; readonly links: readonly Token[] };

export async function gatherTokens(api: RunningApi, { named }: AccessWorld): Promise<Tokens> {
  const lists: readonly (readonly [Person, string])[] = [
    ["customerAdministratorOfA", "customers/cust-a/auditEntries"],
    ["customerAdministratorOfA", `${pathOf(named.default)}/members`],
    ["customerAdministratorOfA", `${pathOf(named.second)}/members`],
    ["administratorOfSecond", `${pathOf(named.second)}/invitations`],
    ["servicesAdminOfA", `customers/cust-a/entitlements/${named.default.entitlementId}/rows`],
    ["csamOfA", "customers/cust-a/additionalCases"],
    ["csamOfA", "supportRequests"],
    ["csamOfA", `supportRequests/${encodeURIComponent(named.default.requestId)}/activity`],
    ["adminOfB", `${pathOf(named.b)}/members`],
    ["adminOfB", `customers/${named.b.customerId}/auditEntries`],
    ["adminOfB", `customers/${named.b.customerId}/entitlements/${named.b.entitlementId}/rows`],
    ["csamOfB", `customers/${named.b.customerId}/additionalCases`],
  ];
  const recipients: readonly (readonly [Person, string])[] = [
    ["customerAdministratorOfA", `customers/cust-a/reports/${named.default.reportId}`],
    ["csamOfA", `customers/cust-a/reports/${named.default.reportId}`],
    ["adminOfB", `customers/${named.b.customerId}/reports/${named.b.reportId}`],
    ["csamOfB", `customers/${named.b.customerId}/reports/${named.b.reportId}`],
  ];
  const tokensOf = (places: typeof lists, query: Record<string, string>, name: string) =>
    Promise.all(
      places.map(async ([caller, path]) => {
        const answer = await done(api, people[caller], { path, query });
        const link = linksSchema.parse(JSON.parse(answer.text));
        const url = new URL(link.nextLink ?? link.files?.[0]?.downloadLink ?? "");
        return { text: url.searchParams.get(name) ?? "", caller, path };
      }),
    );
  return {
    cursors: await tokensOf(lists, { maxpagesize: "1" }, "cursor"),
    links: await tokensOf(recipients, {}, "link"),
  };
}

const linksSchema = z.object({
  nextLink: z.url().optional(),
  files: z.array(z.object({ downloadLink: z.url() })).optional(),
});

/** One letter of what is sealed is another one. */
function broken(text: string): string {
  const [version = "", payload = "", seal = ""] = text.split(".");
  const at = payload.length >> 1;
  const letter = payload[at] === "A" ? "B" : "A";
  return `${version}.${payload.slice(0, at)}${letter}${payload.slice(at + 1)}.${seal}`;
}

const changes: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text,
  (text) => text.slice(0, -1),
  (text) => text.slice(0, text.length >> 1),
  (text) => text.split(".").slice(0, 2).join("."),
  (text) => `${text}=`,
  (text) => text.replace("v1", "V1"),
];

function attemptWith(
  kind: string,
  random: Random,
  view: View,
  token: Token,
  path: string,
  isOpen: boolean,
): Attempt {
  const change = changes[random.below(changes.length)] ?? ((text: string) => text);
  const parameter = kind === "cursor" ? "cursor" : "link";
  const pathWith = (text: string): string => `${path}?${parameter}=${encodeURIComponent(change(text))}`;
  return {
    kind,
    view,
    request: rawOf("GET", pathWith(token.text)),
    twin:
      isOpen && change(token.text) === token.text ? undefined : rawOf("GET", pathWith(broken(token.text))),
    sent: [token.text, change(token.text), change(broken(token.text))].flatMap(formsOf),
  };
}

/** A cursor says where to go on and not who may: of the list that it was made for it opens, with what is the caller's. */
export function byCursor(random: Random, view: View, { cursors }: Tokens): Attempt {
  const token = cursors[random.below(cursors.length)];
  if (token === undefined) throw new RangeError("there are no cursors");
  const { customerId, workspaceId, entitlementId } = view.own;
  const lists = [
    "customers",
    `customers/${customerId}/auditEntries`,
    `customers/${customerId}/additionalCases`,
    `customers/${customerId}/reports`,
    "supportRequests",
    `customers/${customerId}/entitlements/${entitlementId}/rows`,
    `customers/${customerId}/workspaces/${workspaceId}/members`,
    `customers/${customerId}/workspaces/${workspaceId}/invitations`,
    token.path,
  ];
  const path = lists[random.below(lists.length)] ?? "customers";
  return attemptWith("cursor", random, view, token, path, path === token.path);
}

export function byLink(random: Random, view: View, { links }: Tokens): Attempt {
  const others = links.filter(({ caller }) => caller !== view.caller);
  const token = others[random.below(others.length)];
  if (token === undefined) throw new RangeError("there are no links");
  const own = `customers/${view.own["customerId"]}/reports/${view.own["reportId"]}`;
  const path = random.below(2) === 0 ? own : token.path;
  return attemptWith("link", random, view, token, `${path}/files/csv`, false);
}
