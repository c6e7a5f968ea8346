/**
 * What a support contact and an advocate did in the demo, through the API, as anybody would.
 * Invariant: done again, it changes nothing.
 */
import * as z from "zod";
import { type Ask, asker, type Target } from "./ask.ts";
import { DEMO_WORKSPACE } from "./people.ts";
import { DEMO_ADVOCATE, DEMO_CONTACT, openedSchema } from "./support-events.ts";

const { customerId } = DEMO_WORKSPACE;
const WORKSPACE = "ws-default";
const workspace = `customers/${customerId}/workspaces/${WORKSPACE}`;

const SERVICES_ADMIN = { email: "admin@narew.example" };
const COLLEAGUE = "contact2@narew.example";

/** A contact opened a request, added a note to it and shared it with a group that a colleague is in. */
export async function openedRequest(target: Target): Promise<z.infer<typeof openedSchema>> {
  const ask = asker(target);
  const groupId = await groupOf(ask, COLLEAGUE);
  const opened = await ask(DEMO_CONTACT, "POST", "supportRequests", openedSchema, {
    customerId,
    workspaceId: WORKSPACE,
    title: "Backups fail since Monday",
    description: "The nightly backup ends with error 0x80070020 on two of five servers.",
    problemType: "configuration",
    product: "Windows Server",
    severity: "moderate",
  });
  const request = `supportRequests/${opened.requestId}`;
  await ask(DEMO_CONTACT, "POST", `${request}/notes`, z.unknown(), {
    text: "The two servers were updated on Sunday; the other three were not.",
  });
  await ask(DEMO_CONTACT, "PUT", `${request}/shares/group`, z.unknown(), { groupId });
  return opened;
}

async function groupOf(ask: Ask, email: string): Promise<string> {
  const groupSchema = z.object({ groupId: z.string() });
  const { groupId } = await ask(SERVICES_ADMIN, "POST", `${workspace}/groups`, groupSchema, {
    name: "Zespół kopii zapasowych",
  });
  const membersSchema = z.object({ value: z.array(z.object({ memberId: z.string(), email: z.string() })) });
  const { value } = await ask(SERVICES_ADMIN, "GET", `${workspace}/members`, membersSchema);
  const memberId = value.find((each) => each.email === email)?.memberId;
  await ask(SERVICES_ADMIN, "PUT", `${workspace}/groups/${groupId}/members/${memberId}`, z.unknown());
  return groupId;
}

/** Appointments can be had with the advocate on working days. */
export async function setUpAdvocate(target: Target): Promise<void> {
  const caller = { ...DEMO_ADVOCATE, roles: ["Advocate"] } as const;
  const day = [
    { from: "09:00", to: "12:00" },
    { from: "13:00", to: "17:00" },
  ];
  await asker(target)(caller, "PUT", "me/advocateCalendar", z.unknown(), {
    timeZone: "Europe/Stockholm",
    week: {
      monday: day,
      tuesday: day,
      wednesday: day,
      thursday: day,
      friday: day,
      saturday: [],
      sunday: [],
    },
    holidays: [],
    slotMinutes: 60,
  });
}
