/** What all endpoints of one support request have in common: who asks, whether the request exists for them, what they may. */
import * as z from "zod";
import type { Doing } from "../../src/access/audit-entry.ts";
import { doingOf } from "../../src/access/audit-entry.ts";
import type { Grant } from "../../src/access/grant.ts";
import type { Versioned } from "../../src/platform/cosmos.ts";
import { ForbiddenError, NotFoundError } from "../../src/platform/errors.ts";
import type { Principal } from "../../src/platform/tokens.ts";
import type { App } from "../../src/platform/wiring.ts";
import { type RequestKey, requestKeyOf, type SupportRequest } from "../../src/support/request.ts";
import type { Sender } from "../../src/support/request-messages.ts";
import { type Ability, abilitiesOf, sees, type Viewer, viewerOf } from "../../src/support/viewer.ts";

export const requestRoute = "supportRequests/{requestId}";
const requestIdSchema = z.string().min(1).max(200).meta({
  description: "As lists give it: the customer and the request's number, joined by a tilde.",
});
export const requestParams = z.object({ requestId: requestIdSchema });

type Asked = { readonly principal: Principal; readonly grant: Grant };

export type Seen = {
  readonly key: RequestKey;
  readonly viewer: Viewer;
  readonly known: Versioned<SupportRequest>;
  readonly abilities: ReadonlySet<Ability>;
};

/** Where the caller is somebody at the customer. @throws NotFoundError */
export function viewerAt({ principal, grant }: Asked, customerId: string): Viewer {
  const customer = grant.customers.get(customerId);
  if (customer === undefined) throw new NotFoundError(`nobody at customer ${customerId}`);
  return viewerOf(customer, principal.email);
}

type AskedForOne = Asked & { readonly params: { readonly requestId: string } };

/** Which request is asked for, and by whom, before anything is read. @throws NotFoundError */
export function askedRequest(asked: AskedForOne): Pick<Seen, "key" | "viewer"> {
  const key = requestKeyOf(asked.params.requestId);
  if (key === undefined) throw new NotFoundError("no id of a request");
  return { key, viewer: viewerAt(asked, key.customerId) };
}

/** One point read. @throws NotFoundError where the caller does not see it, as where it does not exist (AC-08). */
export async function seenRequest({ support }: Pick<App, "support">, asked: AskedForOne): Promise<Seen> {
  const { key, viewer } = askedRequest(asked);
  return seenAs(key, viewer, await support.requests.read(key));
}

/** The same for a request that was read already, such as again within a change. @throws NotFoundError */
export function seenAs(key: RequestKey, viewer: Viewer, known: Versioned<SupportRequest> | undefined): Seen {
  if (known === undefined || !sees(viewer, known.value)) throw new NotFoundError(`no request ${key.number}`);
  return { key, viewer, known, abilities: abilitiesOf(viewer, known.value) };
}

const REFUSALS: Readonly<Record<Ability, string>> = {
  changeStatus: "The caller may read this request and not change its status.",
  addNote: "The caller may read this request and not add notes to it.",
  attach: "The caller may read this request and not attach anything to it.",
  removeAttachment: "The caller may remove only attachments of this request that the caller announced.",
  share: "The caller may read this request and not share it.",
  addContact: "Only the assigned advocate adds and removes contacts.",
  schedule: "The caller may read this request and not arrange appointments for it.",
};

/** @throws ForbiddenError for whoever sees the request and may not do this. */
export function requireAbility({ abilities }: Seen, ability: Ability): void {
  if (!abilities.has(ability)) throw new ForbiddenError("NotAllowedForRequest", REFUSALS[ability]);
}

type Changing = Asked & Parameters<typeof doingOf>[0] & { readonly params: { readonly requestId: string } };

/** Who changes something of the request, which the caller must be allowed; asked again at each attempt. */
export function doingFor(request: Changing, key: RequestKey): Doing {
  return doingOf(request, key.customerId);
}

/** Who does it, as people are told by e-mail. */
export const senderOf = ({ principal }: Pick<Asked, "principal">): Sender => ({
  email: (principal.email ?? principal.subject).toLowerCase(),
  name: principal.name,
});
