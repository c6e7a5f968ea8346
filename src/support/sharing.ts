/** Whom a request can be shared with: members of its workspace and its groups (SR-04). */
import type { DirectoryStore } from "../access/directory-store.ts";
import { memberIdOf } from "../access/member.ts";
import type { CustomerId, WorkspaceId } from "../agreements/ids.ts";
import { InvalidRequestError } from "../platform/errors.ts";

export type Shares = { readonly sharedWith: readonly string[]; readonly groupId: string | null };

type Directory = Pick<DirectoryStore, "members" | "group">;

/** Those of the addresses that are active members of the workspace: one query. */
export async function membersAmong(
  directory: Directory,
  customerId: CustomerId,
  workspaceId: WorkspaceId,
  emails: readonly string[],
): Promise<ReadonlySet<string>> {
  if (emails.length === 0) return new Set();
  const ids = emails.map((email) => memberIdOf(customerId, workspaceId, email));
  const members = await directory.members(customerId, ids);
  return new Set(members.filter(({ value }) => value.status === "active").map(({ value }) => value.email));
}

/** @throws InvalidRequestError for an address that is no member's, or a group that is not the workspace's. */
export async function requireKnownShares(
  directory: Directory,
  customerId: CustomerId,
  workspaceId: WorkspaceId,
  { sharedWith, groupId }: Shares,
): Promise<void> {
  const members = await membersAmong(directory, customerId, workspaceId, sharedWith);
  const strangers = sharedWith.filter((email) => !members.has(email));
  if (strangers.length > 0) {
    throw new InvalidRequestError(
      "NotAMember",
      `sharedWith: ${strangers.join(", ")} is no member of the workspace. Somebody outside is told by e-mail: see shares.`,
      { target: "sharedWith" },
    );
  }
  if (groupId === null) return;
  const group = await directory.group(customerId, groupId);
  if (group?.value.workspaceId === workspaceId && group.value.status === "active") return;
  throw new InvalidRequestError("UnknownGroup", "groupId: there is no such group in the workspace.", {
    target: "groupId",
  });
}
