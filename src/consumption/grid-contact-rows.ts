/** The grid of an entitlement's support contacts: people and not deliveries, from the directory. */
import type { DirectoryStore } from "../access/directory-store.ts";
import type { Member } from "../access/member.ts";
import type { CustomerId } from "../agreements/ids.ts";
import { compareText } from "../agreements/terms.ts";
import { parseFilter } from "../platform/filter.ts";
import { matches } from "../platform/filter-evaluation.ts";
import { type Chosen, includes } from "./chosen.ts";
import type { Line } from "./figures.ts";
import { type ContactField, contactFields, oneOrder } from "./grid.ts";
import { compareCells } from "./grid-cells.ts";
import { type Contact, contactsOn, type SeatedContacts } from "./grid-contacts.ts";
import type { RowsAsked } from "./grid-query.ts";
import type { Position } from "./row-store.ts";

type ContactRow = ReturnType<typeof contactRow>;

function contactRow({ memberId, since, workspaceId }: Contact, member: Member | undefined) {
  return {
    rowId: memberId,
    name: member?.name ?? null,
    email: member?.email ?? null,
    roles: member?.roles ?? [],
    status: member?.status ?? null,
    supportContactSince: since,
    workspaceId,
    quantity: 1 as const,
  };
}

const fieldNames: readonly ContactField[] = [
  "name",
  "email",
  "roles",
  "status",
  "supportContactSince",
  "workspaceId",
];

const textsOf = (row: ContactRow) => ({ ...row, roles: row.roles.join(", ") });

export type ContactRows = {
  /** In order, after a position. */
  readonly after: (position: Position | undefined) => readonly ContactRow[];
  readonly positionOf: (row: ContactRow) => Position;
};

/**
 * One query. A case number has no contacts.
 * @throws InvalidRequestError for a filter or an order that the grid does not have.
 */
export async function readContactRows(
  directory: Pick<DirectoryStore, "members">,
  customerId: CustomerId,
  of: { readonly contacts: SeatedContacts; readonly line: Line; readonly chosen: Chosen },
  asked: RowsAsked & { readonly orderby?: string | undefined },
): Promise<ContactRows> {
  const filter = asked.filter === undefined ? undefined : parseFilter(asked.filter, contactFields);
  const { field, direction } = oneOrder(asked.orderby, fieldNames, { field: "email", direction: "asc" });
  const seated = contactsOn(of.contacts, of.line.agreementId, of.line).filter(({ workspaceId }) =>
    includes(of.chosen, workspaceId),
  );
  const contacts = asked.case === undefined ? seated : [];
  const ids = contacts.map(({ memberId }) => memberId);
  const members = ids.length === 0 ? [] : await directory.members(customerId, ids);
  const byId = new Map(members.map(({ value }) => [value.memberId, value]));
  const search = asked.search?.toLowerCase();
  const rows = contacts
    .map((contact) => contactRow(contact, byId.get(contact.memberId)))
    .filter((row) => filter === undefined || matches(filter, textsOf(row), contactFields))
    .filter(({ name, email }) => search === undefined || `${name}\n${email}`.toLowerCase().includes(search));
  const positionOf = (row: ContactRow): Position => ({ key: textsOf(row)[field], id: row.rowId });
  const sign = direction === "desc" ? -1 : 1;
  const compare = (left: Position, right: Position): number =>
    sign * (compareCells(left.key, right.key) || compareText(left.id, right.id));
  const inOrder = rows.toSorted((left, right) => compare(positionOf(left), positionOf(right)));
  return {
    positionOf,
    after: (position) =>
      inOrder.filter((row) => position === undefined || compare(positionOf(row), position) > 0),
  };
}
