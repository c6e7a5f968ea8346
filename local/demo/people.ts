/**
 * What people did in the demo: an account manager set up a second workspace, its administrator came in and invited others,
 * and a customer administrator sees all of it. All through the API, as anybody would.
 * Invariant: done again, it changes nothing.
 */
import { createHash } from "node:crypto";
import * as z from "zod";
import type { RunningTokens } from "../tokens/server.ts";
import { DEMO_CSAM } from "./customers.ts";

export const DEMO_WORKSPACE = {
  customerId: "cust-narew",
  customerName: "Narew Logistyka",
  name: "Magazyn",
  administrator: "ewa@narew.example",
  invited: "jan@narew.example",
  customerAdministrator: "dyrektor@narew.example",
} as const;

const API_VERSION = "2026-11-01";

type Target = {
  readonly apiUrl: string;
  readonly tokenFor: RunningTokens["tokenFor"];
  readonly signal: AbortSignal;
};
type Ask = <Schema extends z.ZodType>(
  email: string,
  method: "GET" | "POST" | "PUT",
  path: string,
  schema: Schema,
  body?: unknown,
) => Promise<z.output<Schema>>;

/** @returns the id of the workspace. @throws Error with what was asked and answered. */
export async function setUpPeople(target: Target): Promise<string> {
  const ask = asker(target);
  const { customerId, name, administrator, invited, customerAdministrator } = DEMO_WORKSPACE;
  const customer = `customers/${customerId}`;
  const { workspaceId } = await ask(
    DEMO_CSAM,
    "POST",
    `${customer}/workspaces`,
    z.object({ workspaceId: z.string() }),
    {
      name,
      agreements: [{ agreementId: "agr-narew-base", packageIds: ["pkg-narew-credits"] }],
      administrator: { email: administrator, name: "Ewa Zielińska" },
    },
  );
  await ask(DEMO_CSAM, "POST", `${customer}/roleAssignments`, z.unknown(), {
    email: customerAdministrator,
    name: "Marek Wiśniewski",
    role: "customerAdministrator",
  });
  const { invitations } = await ask(
    administrator,
    "GET",
    "me",
    z.object({ invitations: z.array(z.object({ invitationId: z.string() })) }),
  );
  for (const { invitationId } of invitations)
    await ask(administrator, "POST", `me/invitations/${invitationId}/accept`, z.unknown());
  const workspace = `${customer}/workspaces/${workspaceId}`;
  await ask(administrator, "POST", `${workspace}/invitations`, z.unknown(), {
    invitations: [{ email: invited, name: "Jan Nowak", permissions: ["customerActivity"] }],
  });
  await ask(administrator, "POST", `${workspace}/groups`, z.unknown(), { name: "Zespół baz danych" });
  return workspaceId;
}

function asker({ apiUrl, tokenFor, signal }: Target): Ask {
  return async (email, method, path, schema, body) => {
    const token = await tokenFor(email === DEMO_CSAM ? { email, roles: ["Csam"] } : { email });
    const response = await fetch(`${apiUrl}/api/${path}?api-version=${API_VERSION}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(method === "POST" ? { "repeatability-request-id": requestIdOf(`${email} ${path}`) } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
    return schema.parse(JSON.parse(text));
  };
}

/** The same for the same request, in the form of a UUID. */
function requestIdOf(what: string): string {
  const hex = createHash("sha256").update(what).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
