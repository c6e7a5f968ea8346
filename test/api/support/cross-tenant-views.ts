/**
 * From where each caller stands: what is its own, what is hidden from it, and what there is not. For every hidden name
 * there is one of the same letters that nothing has, so that the two differ in nothing but that.
 */
import { ID } from "./access-events.ts";
import { type Person, WORD } from "./access-people.ts";
import type { AccessWorld, Named } from "./access-world.ts";

/** By the name of the route's parameter, and besides. */
export type Names = Readonly<Record<string, string>>;

export type View = {
  readonly caller: Person;
  readonly own: Names;
  readonly hidden: Names;
  /** In no answer to the caller, in small letters. */
  readonly secrets: readonly string[];
};

type Hidden = "default" | "second" | "b";
type Side = Hidden | "absent";

/** Those who may do most come twice: they get furthest. */
const SEEN_FROM: readonly (readonly [caller: Person, own: Side, hidden: readonly Hidden[]])[] = [
  ["servicesAdminOfA", "default", ["second", "b"]],
  ["administratorOfDefault", "default", ["second", "b"]],
  ["administratorOfDefault", "default", ["second", "b"]],
  ["contactOfA", "default", ["second", "b"]],
  ["memberOfA", "default", ["second", "b"]],
  ["activityReaderOfA", "default", ["second", "b"]],
  ["inviterOfA", "default", ["second", "b"]],
  ["groupManagerOfA", "default", ["second", "b"]],
  ["administratorOfSecond", "second", ["default", "b"]],
  ["administratorOfSecond", "second", ["default", "b"]],
  ["personalInSecond", "second", ["default", "b"]],
  ["customerAdministratorOfA", "default", ["b"]],
  ["csamOfA", "default", ["b"]],
  ["csamOfA", "default", ["b"]],
  ["coordinatorOfA", "default", ["b"]],
  ["advocateOfA", "default", ["b"]],
  ["incidentManagerOfA", "default", ["b"]],
  ["requestAdminOfA", "default", ["b"]],
  ["requestReaderOfA", "default", ["second", "b"]],
  ["adminOfB", "b", ["default", "second"]],
  ["csamOfB", "b", ["default", "second"]],
  ["invitedToA", "absent", ["default", "b"]],
  ["removedFromA", "absent", ["default", "b"]],
  ["memberOfAWithPersonalAccount", "absent", ["default", "b"]],
  ["staffOfNobody", "absent", ["default", "second", "b"]],
];

export function viewsOf({ named }: AccessWorld): readonly View[] {
  return SEEN_FROM.flatMap(([caller, own, sides]) =>
    sides.map((side) => ({
      caller,
      own: namesOf(named[own]),
      hidden: hiddenNames(named, own, side),
      secrets: sides.flatMap((each) => secretsOf(named[each], each, own)),
    })),
  );
}

function namesOf(named: Named): Names {
  const { customerId, workspaceId, memberId, groupId, pendingId, memberPersonId, agreementId } = named;
  const {
    webhookId,
    deliveryId,
    subscriptionId,
    runId,
    reportDeliveryId,
    requestId,
    number,
    title,
    shareId,
    openedBy,
    communicationId,
    noteId,
    appointmentId,
    attachmentId,
  } = named;
  const { addOnId, entitlementId, reportId, roleAssignmentId, rejectedEventId, email, groupName } = named;
  return {
    customerId,
    workspaceId,
    memberId,
    groupId,
    invitationId: pendingId,
    personId: memberPersonId,
    agreementId,
    packageId: addOnId,
    entitlementId,
    reportId,
    roleAssignmentId,
    rejectedEventId,
    webhookId,
    deliveryId,
    subscriptionId,
    runId,
    reportDeliveryId,
    requestId,
    number,
    title,
    shareId,
    communicationId,
    noteId,
    appointmentId,
    attachmentId,
    openedBy,
    email,
    groupName,
    word: groupName.split(" ")[0] ?? "",
    format: "csv",
  };
}

function hiddenNames(named: AccessWorld["named"], own: Side, side: Hidden): Names {
  const { format: _, customerId = "", workspaceId = "", ...others } = namesOf(named[side]);
  const isOtherCustomer = customerId !== named[own].customerId;
  return {
    ...others,
    ...(isOtherCustomer ? { customerId } : ID.wholeOfA),
    ...(workspaceId === named[own].workspaceId ? {} : { workspaceId }),
  };
}

/** The ids that both sides have of a customer that both belong to, or that any customer may have, are none. */
function secretsOf(named: Named, side: Hidden, own: Side): readonly string[] {
  const { memberId, contactId, groupId, memberPersonId, pendingId, tiredId, workspaceId } = named;
  const { webhookId, deliveryId, number, shareId, communicationId, noteId, appointmentId, attachmentId } =
    named;
  const ofReports = [named.subscriptionId, named.reportDeliveryId];
  const made = [
    memberId,
    contactId,
    groupId,
    memberPersonId,
    pendingId,
    tiredId,
    number,
    shareId,
    communicationId,
    noteId,
    appointmentId,
    attachmentId,
  ];
  if (side === "b") return [...made, webhookId, deliveryId, ...ofReports, WORD.b, ID.b.customerId].map(small);
  const whole = [webhookId, deliveryId, ...ofReports, WORD.wholeOfA, ...Object.values(ID.wholeOfA)];
  const places = side === "second" ? [WORD.secondOfA, workspaceId] : [WORD.defaultOfA];
  const ofCustomer = own === "b" || own === "absent" ? ["amberfox", ...Object.values(ID.a)] : [];
  return [...made, ...whole, ...places, ...ofCustomer].map(small);
}

const small = (text: string): string => text.toLowerCase();

/** Of the same letters, and nobody's. */
export function nothingLike(name: string, value: string): string {
  if (name === "email" || name === "openedBy") return value.replaceAll(/\w+(?=[@.\w]*[@.])/g, mirrored);
  if (name === "webhookId") return value.replace(/(?<=^wh-).*/, mirrored);
  const [kept = "", rest] = value.split("~");
  return rest === undefined ? mirrored(value) : `${kept}~${mirrored(rest)}`;
}

const mirrored = (text: string): string => Array.from(text).toReversed().join("");
