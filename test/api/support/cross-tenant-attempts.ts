/** Seeded attempts to reach what is hidden, each with the same attempt at what there is not. */
import { API_VERSION } from "../../../src/platform/api-version.ts";
import type { Contract } from "../../../src/platform/contract.ts";
import type { Random } from "../../fakes/random.ts";
import { harmlessToRequests, requestBodies, requestQueries } from "./cross-tenant-requests.ts";
import { somehow } from "./cross-tenant-spellings.ts";
import { type Names, nothingLike, type View } from "./cross-tenant-views.ts";
import type { RawRequest } from "./raw-request.ts";

export type Attempt = {
  readonly kind: string;
  readonly view: View;
  readonly request: RawRequest;
  /** Undefined where there is nothing to compare with: then only what the answer holds counts. */
  readonly twin: RawRequest | undefined;
  /** What the requests brought with them, in every form in which it can come back. */
  readonly sent: readonly string[];
};

export type Source = { readonly random: Random; readonly contracts: readonly Contract[] };

const encode = encodeURIComponent;
const pickFrom = <Item>(random: Random, items: readonly Item[]): Item => {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new RangeError("there is nothing to pick from");
  return item;
};

export type Write = { readonly json?: unknown; readonly headers?: Readonly<Record<string, string>> };

/** Of those that change something: what could be asked of one's own without changing it. */
const harmless: Readonly<Record<string, Write>> = {
  createWorkspace: { json: { name: "n", agreements: [], administrator: { email: "x@elsewhere.example" } } },
  updateWorkspace: { json: { name: "n" }, headers: { "if-match": '"other"' } },
  updateMember: { json: { defaultGroupId: "none" } },
  updateOwnMembership: { json: { defaultGroupId: "none" } },
  inviteMembers: { json: { invitations: [] } },
  importInvitations: { json: "nothing", headers: { "content-type": "text/csv" } },
  createGroup: { json: { name: "" } },
  updateGroup: { json: { name: "n" }, headers: { "if-match": '"other"' } },
  assignRole: { json: { email: "x@elsewhere.example", role: "servicesAdmin" } },
  putNoticeSettings: { json: {}, headers: { "if-match": '"other"' } },
  createWebhook: { json: { url: "https://10.0.0.1/", events: [] } },
  updateWebhook: { json: { status: "disabled" }, headers: { "if-match": '"other"' } },
  rotateWebhookSecret: { headers: { "if-match": '"other"' } },
  deleteWebhook: { headers: { "if-match": '"other"' } },
  createReportSubscription: { json: { name: "n", reportKind: "cpod", agreementId: "none" } },
  updateReportSubscription: { json: { name: "n" }, headers: { "if-match": '"other"' } },
  deleteReportSubscription: { headers: { "if-match": '"other"' } },
  pauseReportSubscription: { headers: { "if-match": '"other"' } },
  resumeReportSubscription: { headers: { "if-match": '"other"' } },
  previewReportSchedule: { json: {} },
  ...harmlessToRequests,
  requestReport: { json: { reportKind: "cpod", agreementId: "none", period: { month: "2026-03" } } },
};

export function rawOf(method: string, path: string, { json, headers = {} }: Write = {}): RawRequest {
  const target = `/api/${path}${path.includes("?") ? "&" : "?"}api-version=${API_VERSION}`;
  if (json === undefined) return { method, target, headers };
  const body = [typeof json === "string" ? json : JSON.stringify(json)];
  return { method, target, headers: { "content-type": "application/json", ...headers }, body };
}

/** With every placeholder filled, as it goes into the address. */
const fill = (route: string, textFor: (name: string) => string): string =>
  route.replaceAll(/\{(\w+)\}/g, (_, name: string) => textFor(name));

const parametersOf = (route: string): readonly string[] =>
  [...route.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);

/** A text in every form in which an answer could give it back. */
export function formsOf(text: string): readonly string[] {
  const forms = [text, encode(text), new URLSearchParams({ x: text }).toString().slice(2)];
  const decoded = decodedOf(text);
  const all = [...forms, decoded, encode(decoded), JSON.stringify(decoded).slice(1, -1)];
  return [...new Set(all.flatMap((form) => [form, form.toLowerCase()]))].filter((form) => form !== "");
}

function decodedOf(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

type Written = (value: string, own: string) => string;
const plainly: Written = (value) => encode(value);

/** Some of the route's parameters are hidden ones; the others are the caller's own. */
function pathAttempt(kind: string, { random, contracts }: Source, view: View, written: Written): Attempt {
  const usable = contracts.filter(({ route }) => hiddenIn(route, view.hidden).length > 0);
  const { route, method, name: contractName } = pickFrom(random, usable);
  const names = hiddenIn(route, view.hidden);
  // Mostly the last one alone: what is wrong further up is refused before anybody looks at the rest.
  const always = random.below(3) === 0 ? pickFrom(random, names) : names.at(-1);
  const swapped = new Set(names.filter((name) => name === always || random.below(5) === 0));
  const sent: string[] = [];
  const pathWith = (value: (name: string) => string): string =>
    fill(route, (name) => {
      const own = view.own[name] ?? "none";
      if (!swapped.has(name)) return encode(own);
      const text = written(value(name), own);
      sent.push(text, value(name));
      return text;
    });
  const verb = method === "GET" && random.below(10) === 0 ? "HEAD" : method;
  const write = method === "GET" ? {} : harmless[contractName];
  const request = rawOf(
    verb,
    pathWith((name) => view.hidden[name] ?? ""),
    write,
  );
  const twin = rawOf(
    verb,
    pathWith((name) => nothingLike(name, view.hidden[name] ?? "")),
    write,
  );
  return { kind, view, request, twin, sent: sent.flatMap(formsOf) };
}

const hiddenIn = (route: string, hidden: Names): readonly string[] =>
  parametersOf(route).filter((name) => Object.hasOwn(hidden, name));

export const byPath = (source: Source, view: View): Attempt => pathAttempt("path", source, view, plainly);

export const bySpelling = (source: Source, view: View): Attempt =>
  pathAttempt("spelling", source, view, somehow(source.random));

/** The path, with a slash before it or below one's own customer, the name of the parameter, and which hidden name goes into it. */
const queries = [
  ...requestQueries,
  ["activity", "workspaces", "workspaceId"],
  ["activity", "agreements", "agreementId"],
  ["activity", "packages", "packageId"],
  ["entitlements/{entitlementId}", "workspaces", "workspaceId"],
  ["entitlements/{entitlementId}/rows", "workspaces", "workspaceId"],
  ["entitlements/{entitlementId}/cases", "workspaces", "workspaceId"],
  ["entitlements/{entitlementId}/history?interval=month", "workspaces", "workspaceId"],
  ["expirations", "workspaces", "workspaceId"],
  ["expirations", "agreements", "agreementId"],
  ["additionalCases/rows", "workspaces", "workspaceId"],
  ["additionalCases/rows", "agreements", "agreementId"],
  ["additionalCases", "workspaces", "workspaceId"],
  ["additionalCases", "agreements", "agreementId"],
  ["workspaces/{workspaceId}/members", "group", "groupId"],
  ["workspaces/{workspaceId}/members", "search", "email"],
  ["workspaces/{workspaceId}/members", "search", "word"],
  ["workspaces/{workspaceId}/members", "cursor", "email"],
  ["people/{personId}/access?operation=getActivity", "workspace", "workspaceId"],
  ["people/{personId}/access", "operation", "personId"],
  ["reports", "cursor", "reportId"],
  ["reportSubscriptions", "cursor", "subscriptionId"],
  ["reportSubscriptions/{subscriptionId}/runs", "cursor", "runId"],
  ["/reportDeliveries/{reportDeliveryId}", "link", "reportDeliveryId"],
  ["reports/{reportId}/files/csv-delivery", "link", "reportId"],
] as const;

export function byQuery({ random }: Source, view: View): Attempt {
  const usable = queries.filter(([, , name]) => Object.hasOwn(view.hidden, name));
  const [route, parameter, name] = pickFrom(random, usable);
  const own = view.own[name] ?? "";
  const value = view.hidden[name] ?? "";
  const spelled = somehow(random);
  const form = random.below(6);
  const textFor = (text: string): string => {
    if (form === 0) return `${parameter}=${encode(own)},${encode(text)}`;
    if (form === 1) return `${parameter}=${encode(text)},${encode(own)}`;
    if (form === 2) return `${parameter}=${encode(own)}&${parameter}=${encode(text)}`;
    if (form === 3) return `${parameter}[]=${encode(text)}`;
    if (form === 4) return `${parameter}=${spelled(text, own)}`;
    return `${parameter}=${encode(text)}`;
  };
  const rest = fill(route, (key) => encode(view.own[key] ?? ""));
  const path = rest.startsWith("/")
    ? rest.slice(1)
    : `customers/${encode(view.own["customerId"] ?? "")}/${rest}`;
  const pathWith = (text: string): string => `${path}${path.includes("?") ? "&" : "?"}${textFor(text)}`;
  const nothing = nothingLike(name, value);
  const sent = [value, nothing, spelled(value, own), spelled(nothing, own)].flatMap(formsOf);
  return {
    kind: "query",
    view,
    request: rawOf("GET", pathWith(value)),
    twin: rawOf("GET", pathWith(nothing)),
    sent,
  };
}

const rowFilters = [
  ["workspaceId", "workspaceId"],
  ["number", "word"],
  ["title", "word"],
  ["product", "word"],
  ["primaryContact", "email"],
] as const;
const auditFilters = [
  ["workspaceId", "workspaceId"],
  ["target", "workspaceId"],
  ["target", "memberId"],
  ["target", "customerId"],
  ["target", "agreementId"],
  ["actorEmail", "email"],
] as const;
const requestFilters = [
  ["workspaceId", "workspaceId"],
  ["number", "number"],
  ["product", "word"],
  ["createdBy", "email"],
  ["primaryContact", "openedBy"],
  ["agreementId", "agreementId"],
] as const;
const conditions: readonly ((field: string, text: string, own: string) => string)[] = [
  (field, text) => `${field} eq '${text}'`,
  (field, text) => `${field} ne '${text}'`,
  (field, text) => `${field} in ('${text}')`,
  (field, text, own) => `${field} in ('${own}', '${text}')`,
  (field, text) => `contains(${field}, '${text.slice(1)}')`,
  (field, text) => `startswith(${field}, '${text.slice(0, -1)}')`,
  (field, text) => `not (${field} ne '${text}')`,
  (field, text, own) => `${field} eq '${own}' or ${field} eq '${text}'`,
  (field, text, own) => `not ${field} eq '${own}' and not ${field} eq '${text}'`,
  (field, text) => `${field} ge '${text}' and ${field} le '${text}'`,
];

export function byFilter({ random }: Source, view: View): Attempt {
  const { customerId = "", entitlementId = "" } = view.own;
  const lists = [
    [`customers/${customerId}/entitlements/${entitlementId}/rows`, rowFilters],
    [`customers/${customerId}/auditEntries`, auditFilters],
    ["supportRequests", requestFilters],
  ] as const;
  const [list, filters] = pickFrom(random, lists);
  const usable = filters.filter(([, name]) => Object.hasOwn(view.hidden, name));
  const [field, name] = pickFrom(random, usable);
  const value = view.hidden[name] ?? "";
  const condition = pickFrom(random, conditions);
  const pathWith = (text: string): string =>
    `${list}?maxpagesize=2&filter=${encode(condition(field, text, view.own[name] ?? ""))}`;
  const nothing = nothingLike(name, value);
  return {
    kind: "filter",
    view,
    request: rawOf("GET", pathWith(value)),
    twin: rawOf("GET", pathWith(nothing)),
    sent: [value, nothing].flatMap(formsOf),
  };
}

export type BodyCase = readonly [method: string, path: string, name: string, json: (text: string) => unknown];

/** Bodies that would change something of one's own only if the hidden name stood for something. */
export function byBody({ random }: Source, view: View): Attempt {
  const { own, hidden } = view;
  const customer = `customers/${own["customerId"] ?? ""}`;
  const workspace = `${customer}/workspaces/${own["workspaceId"] ?? ""}`;
  const administrator = { email: "x@elsewhere.example" };
  const workspaceOf = (agreements: readonly unknown[]) => ({ name: "n", agreements, administrator });
  const cases: readonly BodyCase[] = [
    ["PATCH", `${workspace}/me`, "groupId", (text) => ({ defaultGroupId: text })],
    ["PATCH", `${workspace}/members/${own["memberId"]}`, "groupId", (text) => ({ defaultGroupId: text })],
    ["PATCH", `${workspace}/members/${own["memberId"]}`, "groupId", (text) => ({ groupIds: [text] })],
    ["PATCH", `${workspace}/members/${own["memberId"]}`, "workspaceId", (text) => ({ workspaceId: text })],
    ["PATCH", workspace, "agreementId", (text) => ({ agreements: [{ agreementId: text }] })],
    ["POST", `${customer}/workspaces`, "agreementId", (text) => workspaceOf([{ agreementId: text }])],
    [
      "POST",
      `${customer}/workspaces`,
      "agreementId",
      (text) => workspaceOf([{ agreementId: own["agreementId"] }, { agreementId: text }]),
    ],
    [
      "POST",
      `${customer}/workspaces`,
      "packageId",
      (text) => workspaceOf([{ agreementId: own["agreementId"], packageIds: [text] }]),
    ],
    [
      "POST",
      `${customer}/reports`,
      "agreementId",
      (text) => ({ reportKind: "cpod", agreementId: text, period: { month: "2026-03" } }),
    ],
    [
      "POST",
      `${customer}/reports`,
      "agreementId",
      (text) => ({
        reportKind: "cpod",
        agreementId: [own["agreementId"], text],
        period: { month: "2026-03" },
      }),
    ],
    ["POST", `${customer}/roleAssignments`, "email", (text) => ({ email: text, role: "servicesAdmin" })],
    [
      "POST",
      `${workspace}/invitations`,
      "workspaceId",
      (text) => ({ workspaceId: text, invitations: [{ email: "x@elsewhere.example" }] }),
    ],
    ["POST", `${workspace}/groups`, "memberId", (text) => ({ name: "n", memberIds: [text] })],
    [
      "PUT",
      `${customer}/noticeSettings`,
      "email",
      (text) => ({
        isEnabled: true,
        allowancePercents: [],
        expiryDays: [],
        tellsAdministrators: true,
        extraRecipients: [text],
      }),
    ],
    ...requestBodies(own),
    ["POST", "events/outcomes", "customerId", (text) => ({ receipts: [text] })],
  ];
  const usable = cases.filter(([, , name]) => Object.hasOwn(hidden, name));
  const [method, path, name, json] = pickFrom(random, usable);
  const value = hidden[name] ?? "";
  const written = random.below(3) === 0 ? (text: string) => text.toUpperCase() : (text: string) => text;
  const nothing = nothingLike(name, value);
  return {
    kind: "body",
    view,
    request: rawOf(method, path, { json: json(written(value)) }),
    twin: rawOf(method, path, { json: json(written(nothing)) }),
    sent: [value, nothing, written(value), written(nothing)].flatMap(formsOf),
  };
}
