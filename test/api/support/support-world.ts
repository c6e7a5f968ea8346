/** A customer with two workspaces and people of every kind, for what concerns its support requests. */
import * as z from "zod";
import type { TokenRequest } from "../../../local/tokens/claims.ts";
import { agreementEvent, basePackage, CUSTOMER, entitlement } from "../../fakes/events.ts";
import { assign, createGroup, createWorkspace, done, join, type Workspace } from "./access-steps.ts";
import { type RunningApi, startApi } from "./running-api.ts";

const PERIOD = { startDate: "2024-01-01", endDate: "2099-12-31" };
const at = (name: string): string => `${name}@cust-t.example`;

export const WORKSPACE = "ws-default";

/** Tokens, by what the person is. The contacts are named by the agreement, so they are members at once. */
export const PEOPLE = {
  /** Services admin, and so administrator of the first workspace. */
  admin: { email: "admin@cust-t.example" },
  contact: { email: at("zoe") },
  otherContact: { email: at("adam") },
  /** A plain member of the first workspace. */
  member: { email: at("mia") },
  /** In the group of the first workspace. */
  groupMember: { email: at("gus") },
  /** With View all support requests in the first workspace. */
  viewsAll: { email: at("vera") },
  /** Administers the other workspace. */
  elsewhere: { email: at("olga") },
  customerAdministrator: { email: at("cora") },
  requestAdmin: { email: at("rita") },
  csam: { email: "csam@provider.example", roles: ["Csam"] },
  advocate: { email: "advocate@provider.example", roles: ["Advocate"] },
  otherAdvocate: { email: "advocate2@provider.example", roles: ["Advocate"] },
  incidentManager: { email: "incidents@provider.example", roles: ["IncidentManager"] },
  stranger: { email: "stranger@elsewhere.example" },
} as const satisfies Readonly<Record<string, TokenRequest>>;
export type PersonName = keyof typeof PEOPLE;

export const AGREEMENT = "agr-t";

export type SupportWorld = {
  readonly api: RunningApi;
  readonly otherWorkspace: string;
  readonly groupId: string;
  /** Opens a request as somebody, by default the contact. */
  readonly open: (facts?: Readonly<Record<string, unknown>>, by?: TokenRequest) => Promise<OpenedRequest>;
};

const openedSchema = z.looseObject({
  requestId: z.string(),
  number: z.string(),
  status: z.string(),
  allowed: z.array(z.string()),
});
export type OpenedRequest = z.infer<typeof openedSchema>;

export async function startSupportWorld(options: Parameters<typeof startApi>[0] = {}): Promise<SupportWorld> {
  const api = await startApi(options);
  const named = (name: string) => ({ name: `${name} Contact`, email: at(name) });
  await api.send([
    agreementEvent({
      ...PERIOD,
      agreementId: AGREEMENT,
      supportContacts: [named("zoe"), named("adam")],
      accountTeam: [
        { ...PEOPLE.csam, name: "Csam", role: "csam" },
        { email: PEOPLE.advocate.email, name: "Alma Advocate", role: "advocate" },
        { email: PEOPLE.otherAdvocate.email, name: "Otto Advocate", role: "advocate" },
        { email: PEOPLE.incidentManager.email, name: "Ines", role: "incidentManager" },
      ],
      packages: [
        basePackage({
          ...PERIOD,
          entitlements: [
            entitlement("ent-contacts", "supportContacts", { unit: "contacts", allowance: 20 }),
            entitlement("ent-prs", "problemResolution", { unit: "minutes", allowance: null }),
          ],
        }),
      ],
    }),
  ]);
  await api.drained();
  const first: Workspace = { customerId: CUSTOMER, workspaceId: WORKSPACE };
  const { admin, csam, elsewhere, customerAdministrator, requestAdmin } = PEOPLE;
  const second = await createWorkspace(api, csam, CUSTOMER, {
    name: "Other",
    agreements: [{ agreementId: AGREEMENT, packageIds: [] }],
    administrator: elsewhere,
  });
  await join(api, admin, first, PEOPLE.member);
  const { memberId } = await join(api, admin, first, PEOPLE.groupMember);
  await join(api, admin, first, PEOPLE.viewsAll, { permissions: ["viewAllSupportRequests"] });
  const groupId = await createGroup(api, admin, first, "Database team", [memberId]);
  await assign(api, csam, CUSTOMER, customerAdministrator.email, "customerAdministrator");
  await assign(api, customerAdministrator, CUSTOMER, requestAdmin.email, "supportRequestAdmin");
  return {
    api,
    otherWorkspace: second.workspaceId,
    groupId,
    open: async (facts = {}, by = PEOPLE.contact) => {
      const json = { ...SOME_REQUEST, groupId: null, ...facts };
      return (await done(api, by, { method: "POST", path: "supportRequests", json })).read(openedSchema);
    },
  };
}

export const SOME_REQUEST = {
  customerId: CUSTOMER,
  workspaceId: WORKSPACE,
  title: "Backups fail since Monday",
  description: "The nightly backup ends with error 0x80070020 on two of five servers.",
  problemType: "configuration",
  severity: "moderate",
} as const;

/** An event by which the support desk says how a request stands; the same id is the same event. */
export function upsertedEvent(
  id: string,
  number: string,
  facts: Readonly<Record<string, unknown>> = {},
): string {
  const { time = "2026-03-01T10:00:00Z", ...data } = facts;
  return JSON.stringify({
    specversion: "1.0",
    id,
    source: "/servicedesk",
    type: "support.request.upserted.v1",
    time,
    data: {
      customerId: CUSTOMER,
      number,
      title: `Request ${number}`,
      severity: "moderate",
      status: "open",
      openedAt: "2026-03-01T09:00:00Z",
      ...data,
    },
  });
}
