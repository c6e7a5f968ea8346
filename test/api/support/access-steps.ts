/** The steps that a world of workspaces is made of, each through the API by somebody who may. */
import * as z from "zod";
import type { TokenRequest } from "../../../local/tokens/claims.ts";
import { eventually } from "../../local/service-bus-fixture.ts";
import type { Answer } from "./answer.ts";
import type { Ask, RunningApi } from "./running-api.ts";
import { UPSTREAM } from "./running-api.ts";
import { listSchema, rejectedEventSchema } from "./shapes.ts";

const REPORT_LIMIT_MS = 30_000;

export type Workspace = { readonly customerId: string; readonly workspaceId: string };
export const pathOf = ({ customerId, workspaceId }: Workspace): string =>
  `customers/${customerId}/workspaces/${workspaceId}`;

/** @throws Error when the answer is no success. */
export async function done(api: RunningApi, caller: TokenRequest, request: Ask): Promise<Answer> {
  const answer = await api.ask(caller, request);
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new Error(`${request.method ?? "GET"} ${request.path} for ${caller.email}: ${answer.text}`);
}

export const memberSchema = z.object({
  memberId: z.string(),
  personId: z.string(),
  email: z.string(),
  name: z.string().nullable(),
  language: z.string(),
  roles: z.array(z.string()),
  permissions: z.array(z.string()),
  groupIds: z.array(z.string()),
  defaultGroupId: z.string().nullable(),
  status: z.string(),
  joinedAt: z.string().nullable(),
  supportContactSince: z.string().nullable(),
});
export type Member = z.infer<typeof memberSchema>;

export type Given = { readonly roles?: readonly string[]; readonly permissions?: readonly string[] };

/** @returns the id of the invitation, which becomes the member's. */
export async function invite(
  api: RunningApi,
  by: TokenRequest,
  to: Workspace,
  person: TokenRequest,
  given: Given & { readonly name?: string } = {},
): Promise<string> {
  const json = { invitations: [{ email: person.email, ...given }] };
  const answer = await done(api, by, { method: "POST", path: `${pathOf(to)}/invitations`, json });
  const results = answer.read(
    z.object({ value: z.array(z.object({ outcome: z.string(), invitationId: z.string().nullable() })) }),
  );
  const [result] = results.value;
  if (result?.outcome === "invited" && result.invitationId !== null) return result.invitationId;
  throw new Error(`${person.email} was not invited: ${answer.text}`);
}

export async function accept(api: RunningApi, person: TokenRequest, invitationId: string): Promise<Member> {
  const path = `me/invitations/${invitationId}/accept`;
  return (await done(api, person, { method: "POST", path })).read(memberSchema);
}

export async function join(
  api: RunningApi,
  by: TokenRequest,
  to: Workspace,
  person: TokenRequest,
  given: Given = {},
): Promise<Member> {
  return accept(api, person, await invite(api, by, to, person, { ...given, name: person.email }));
}

/** By address. */
export async function membersOf(
  api: RunningApi,
  by: TokenRequest,
  workspace: Workspace,
): Promise<ReadonlyMap<string, Member>> {
  const query = { maxpagesize: "1000" };
  const answer = await done(api, by, { path: `${pathOf(workspace)}/members`, query });
  return new Map(answer.read(listSchema(memberSchema)).value.map((each) => [each.email, each]));
}

export async function createWorkspace(
  api: RunningApi,
  by: TokenRequest,
  customerId: string,
  json: { readonly name: string; readonly administrator: TokenRequest; readonly [more: string]: unknown },
): Promise<Workspace> {
  const administrator = { email: json.administrator.email, name: json.administrator.email };
  const created = await done(api, by, {
    method: "POST",
    path: `customers/${customerId}/workspaces`,
    json: { ...json, administrator },
  });
  const { workspaceId } = created.read(z.object({ workspaceId: z.string() }));
  const me = await done(api, json.administrator, { path: "me" });
  const { invitations } = me.read(
    z.object({ invitations: z.array(z.object({ invitationId: z.string(), workspaceId: z.string() })) }),
  );
  const own = invitations.find((each) => each.workspaceId === workspaceId);
  await accept(api, json.administrator, own?.invitationId ?? "");
  return { customerId, workspaceId };
}

/** With these members. @returns its id. */
export async function createGroup(
  api: RunningApi,
  by: TokenRequest,
  workspace: Workspace,
  name: string,
  memberIds: readonly string[],
): Promise<string> {
  const path = `${pathOf(workspace)}/groups`;
  const json = { name, description: `${name}: what it is for` };
  const created = await done(api, by, { method: "POST", path, json });
  const { groupId } = created.read(z.object({ groupId: z.string() }));
  for (const memberId of memberIds)
    await done(api, by, { method: "PUT", path: `${path}/${groupId}/members/${memberId}` });
  return groupId;
}

export async function assign(
  api: RunningApi,
  by: TokenRequest,
  customerId: string,
  email: string,
  role: string,
): Promise<string> {
  const path = `customers/${customerId}/roleAssignments`;
  const answer = await done(api, by, { method: "POST", path, json: { email, role } });
  return answer.read(z.object({ roleAssignmentId: z.string() })).roleAssignmentId;
}

/** @returns the id of the report when its files are there. */
export async function makeReport(
  api: RunningApi,
  by: TokenRequest,
  customerId: string,
  agreementId: string,
): Promise<string> {
  const path = `customers/${customerId}/reports`;
  const json = { reportKind: "cpod", agreementId, period: { month: "2026-03" } };
  const asked = await done(api, by, { method: "POST", path, json });
  const { id } = asked.read(z.object({ id: z.string() }));
  await eventually(async () => {
    const { status } = (await done(api, by, { path: `${path}/${id}` })).read(
      z.object({ status: z.string() }),
    );
    if (status === "failed") throw new Error(`report ${id} failed`);
    return status === "succeeded" ? true : undefined;
  }, REPORT_LIMIT_MS);
  return id;
}

/** The id under which the rejection of an event is kept. */
export async function rejectionOf(api: RunningApi, eventId: string): Promise<string> {
  const list = await done(api, UPSTREAM, { path: "rejectedEvents", query: { maxpagesize: "1000" } });
  const { value } = list.read(listSchema(rejectedEventSchema));
  const rejected = value.find(({ event }) => event.id === eventId);
  if (rejected === undefined) throw new Error(`there is no rejection of ${eventId}`);
  return rejected.id;
}
