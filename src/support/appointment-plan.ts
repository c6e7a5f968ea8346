/**
 * What booking, moving and cancelling an appointment take, of the request as it is: see `appointment-booking.ts`, which asks
 * for the plan anew while others are faster. Whether the caller may is decided before.
 */
import type { Doing } from "../access/audit-entry.ts";
import type { Conditions } from "../platform/conditional.ts";
import { requireMatch } from "../platform/conditional.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { NotFoundError } from "../platform/errors.ts";
import {
  type Appointment,
  appointmentDocumentId,
  appointmentSchema,
  bookAppointment,
  cancelAppointment,
  moveAppointment,
  newAppointmentId,
  type Participant,
  requireChangeable,
  requireNone,
  requireOffered,
  showInZone,
} from "./appointment.ts";
import type { Plan } from "./appointment-booking.ts";
import { attendeesOf, customersPerson, type InvitedAccess, stillInvited } from "./appointment-people.ts";
import type { PartStore } from "./part-store.ts";
import type { RequestKey, SupportRequest } from "./request.ts";

export type PlanAccess = InvitedAccess & { readonly parts: Pick<PartStore, "read"> };

type Known = Versioned<SupportRequest>;

/** One point read. */
export const findAppointment = (
  { parts }: Pick<PlanAccess, "parts">,
  { customerId, number }: RequestKey,
  appointmentId: string,
): Promise<Versioned<Appointment> | undefined> =>
  parts.read(customerId, appointmentDocumentId(number, appointmentId), appointmentSchema);

/** One point read. @throws NotFoundError */
export async function readAppointment(
  access: Pick<PlanAccess, "parts">,
  key: RequestKey,
  appointmentId: string,
): Promise<Versioned<Appointment>> {
  const found = await findAppointment(access, key, appointmentId);
  if (found === undefined) throw new NotFoundError(`no appointment ${appointmentId} of the request`);
  return found;
}

type Wanted = {
  readonly start: string;
  readonly timeZone: string;
  readonly bookedBy: Participant;
  /** Addresses; undefined: nobody in particular was named. */
  readonly attendees: readonly string[] | undefined;
  /** It is the advocate of the request who books. */
  readonly isByAdvocate: boolean;
};

/** @returns undefined where the same request booked it before. @throws ConflictError, InvalidRequestError */
export async function planBooking(
  access: PlanAccess,
  doing: Doing,
  known: Known,
  { start, timeZone, bookedBy, attendees: named, isByAdvocate }: Wanted,
): Promise<Plan | undefined> {
  const request = known.value;
  const appointmentId = newAppointmentId(request, doing);
  if ((await findAppointment(access, request, appointmentId)) !== undefined) return undefined;
  const { email, name } = requireOffered(request);
  requireNone(request, doing.at);
  const others = (named ?? []).filter((each) => each !== bookedBy.email && each !== email);
  const attendees =
    named === undefined && isByAdvocate
      ? await customersPerson(access.directory, request)
      : await attendeesOf(access.directory, request, others);
  return {
    kind: "hold",
    ...{ email, appointmentId, start, timeZone, leaves: undefined },
    decide: ({ slot, calendar }) => {
      const advocate = { email, name, language: calendar.language, timeZone: calendar.hours.timeZone };
      return bookAppointment(doing, known, { appointmentId, timeZone, advocate, bookedBy, attendees }, slot);
    },
  };
}

type Asked = { readonly appointmentId: string; readonly conditions: Conditions };

/** @returns undefined where it begins then already and is shown in that zone. @throws NotFoundError, ConflictError, PreconditionFailedError */
export async function planMove(
  access: PlanAccess,
  doing: Doing,
  known: Known,
  {
    appointmentId,
    conditions,
    start,
    timeZone: asked,
  }: Asked & { readonly start: string; readonly timeZone: string | undefined },
): Promise<Plan | undefined> {
  const before = await readAppointment(access, known.value, appointmentId);
  requireMatch(conditions, before.etag);
  requireChangeable(before.value, doing.at);
  const { start: leaves, advocate } = before.value;
  const timeZone = asked ?? before.value.timeZone;
  if (leaves === start) {
    if (timeZone === before.value.timeZone) return undefined;
    const decide = () => showInZone(doing, known, before, timeZone);
    return { kind: "keep", email: advocate.email, appointmentId, leaves, decide };
  }
  const invited = await stillInvited(access, known.value, before.value, doing.at);
  return {
    kind: "hold",
    ...{ email: advocate.email, appointmentId, start, timeZone, leaves },
    decide: ({ slot }) => moveAppointment(doing, known, before, slot, { timeZone, ...invited }),
  };
}

/** @returns undefined where it is cancelled. @throws NotFoundError, ConflictError, PreconditionFailedError */
export async function planCancellation(
  access: PlanAccess,
  doing: Doing,
  known: Known,
  { appointmentId, conditions }: Asked,
): Promise<Plan | undefined> {
  const before = await readAppointment(access, known.value, appointmentId);
  if (before.value.status === "cancelled") return undefined;
  requireMatch(conditions, before.etag);
  requireChangeable(before.value, doing.at);
  const { start: leaves, advocate } = before.value;
  const invited = await stillInvited(access, known.value, before.value, doing.at);
  return {
    kind: "release",
    ...{ email: advocate.email, appointmentId, leaves },
    decide: () => cancelAppointment(doing, known, before, invited),
  };
}
