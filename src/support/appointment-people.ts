/**
 * Whom an appointment's invitation may name. Invariant: inviting tells nobody of a request who is not told of it anyway
 * (SR-02, SR-04): its creator, primary contact, those it is shared with and members of its group, as long as they are
 * members of the workspace, and its contacts. Who booked it stays invited as long as the person is one of them, or sees the
 * request, as administrators and its advocate do.
 */
import type { DirectoryStore } from "../access/directory-store.ts";
import { type Member, memberIdOf } from "../access/member.ts";
import type { CustomerStore } from "../agreements/customer-store.ts";
import { InvalidRequestError } from "../platform/errors.ts";
import type { Appointment, Participant } from "./appointment.ts";
import { personViewer } from "./person-viewer.ts";
import type { SupportRequest } from "./request.ts";
import { sees } from "./viewer.ts";

type Directory = Pick<DirectoryStore, "members">;

/** Whom an appointment that the advocate arranges is with where nobody is named: one query at most. */
export async function customersPerson(directory: Directory, request: SupportRequest): Promise<Participant[]> {
  const email = request.primaryContact?.email ?? request.createdBy;
  if (email === null) return [];
  return [attendeeOf(request, email, (await membersAt(directory, request, [email])).get(email))].flatMap(
    (each) => each ?? [],
  );
}

/** One query, or none. @throws InvalidRequestError `UnknownAttendee`. */
export async function attendeesOf(
  directory: Directory,
  request: SupportRequest,
  emails: readonly string[],
): Promise<Participant[]> {
  const asked = [...new Set(emails)];
  const members = await membersAt(directory, request, asked);
  const found = asked.map((email) => ({ email, attendee: attendeeOf(request, email, members.get(email)) }));
  const unknown = found.filter(({ attendee }) => attendee === undefined).map(({ email }) => email);
  if (unknown.length === 0) return found.flatMap(({ attendee }) => attendee ?? []);
  throw new InvalidRequestError(
    "UnknownAttendee",
    `attendees: ${unknown.join(", ")} neither sees the request nor is one of its contacts. Share the request first, or let its advocate add a contact.`,
    { target: "attendees" },
  );
}

export type InvitedAccess = {
  readonly directory: Pick<DirectoryStore, "members" | "ofPerson">;
  readonly customers: Pick<CustomerStore, "read">;
};

/**
 * Those who were invited and may still be told of it. One query, and two calls more where who booked it is an administrator
 * or staff, or has left.
 */
export async function stillInvited(
  { directory, customers }: InvitedAccess,
  request: SupportRequest,
  { attendees, bookedBy, advocate }: Pick<Appointment, "attendees" | "bookedBy" | "advocate">,
  now: string,
): Promise<Pick<Appointment, "attendees" | "isBookerInvited">> {
  const members = await membersAt(
    directory,
    request,
    [...attendees, bookedBy].map(({ email }) => email),
  );
  const isTold = ({ email }: Participant) => attendeeOf(request, email, members.get(email)) !== undefined;
  const seesIt = async ({ email }: Participant): Promise<boolean> => {
    const customer = (await customers.read(request.customerId))?.value;
    if (customer === undefined) return false;
    const found = await personViewer(directory, customer, email, now);
    return found !== undefined && sees(found.viewer, request);
  };
  // The advocate takes part anyway, with whom it was booked.
  const isBookerInvited = bookedBy.email === advocate.email || isTold(bookedBy) || (await seesIt(bookedBy));
  return { attendees: attendees.filter(isTold), isBookerInvited };
}

async function membersAt(
  directory: Directory,
  { customerId, workspaceId }: SupportRequest,
  emails: readonly string[],
): Promise<ReadonlyMap<string, Member>> {
  if (emails.length === 0) return new Map();
  const ids = emails.map((email) => memberIdOf(customerId, workspaceId, email));
  const members = await directory.members(customerId, ids);
  return new Map(members.map(({ value }) => [value.email, value]));
}

function attendeeOf(
  request: SupportRequest,
  email: string,
  member: Member | undefined,
): Participant | undefined {
  const { createdBy, primaryContact, sharedWith, groupId, contacts, language } = request;
  const isTakenIn =
    [createdBy, primaryContact?.email, ...sharedWith].includes(email) ||
    (groupId !== null && member?.groupIds.includes(groupId) === true);
  if (member?.status === "active" && isTakenIn)
    return { email, name: member.name ?? null, language: member.language };
  const contact = contacts.find((each) => each.email === email);
  return contact === undefined
    ? undefined
    : { email, name: contact.name, language: member?.language ?? language };
}
