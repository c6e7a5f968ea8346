/**
 * What people did in the demo: an account manager set up a second workspace, its administrator came in and invited others,
 * and a customer administrator sees all of it. All through the API, as anybody would.
 * Invariant: done again, it changes nothing.
 */
import * as z from "zod";
import { asker, type Target } from "./ask.ts";
import { DEMO_CSAM } from "./customers.ts";

export const DEMO_WORKSPACE = {
  customerId: "cust-narew",
  customerName: "Narew Logistyka",
  name: "Magazyn",
  administrator: "ewa@narew.example",
  invited: "jan@narew.example",
  customerAdministrator: "dyrektor@narew.example",
} as const;

const CSAM = { email: DEMO_CSAM, roles: ["Csam"] } as const;

/** @returns the id of the workspace. @throws Error with what was asked and answered. */
export async function setUpPeople(target: Target): Promise<string> {
  const ask = asker(target);
  const { customerId, name, invited, customerAdministrator } = DEMO_WORKSPACE;
  const administrator = { email: DEMO_WORKSPACE.administrator };
  const customer = `customers/${customerId}`;
  const { workspaceId } = await ask(
    CSAM,
    "POST",
    `${customer}/workspaces`,
    z.object({ workspaceId: z.string() }),
    {
      name,
      agreements: [{ agreementId: "agr-narew-base", packageIds: ["pkg-narew-credits"] }],
      administrator: { ...administrator, name: "Ewa Zielińska" },
    },
  );
  await ask(CSAM, "POST", `${customer}/roleAssignments`, z.unknown(), {
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
