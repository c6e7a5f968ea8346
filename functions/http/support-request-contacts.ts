import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { requireMatch } from "../../src/platform/conditional.ts";
import { listSchema } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import { changeRequest } from "../../src/support/change-request.ts";
import { addContact, contactIdOf, removeContact } from "../../src/support/contacts.ts";
import { plainLine } from "../../src/support/plain-text.ts";
import { CONTACTS_MAX, type SupportRequest } from "../../src/support/request.ts";
import { personAt } from "../../src/support/sharing.ts";
import {
  doingFor,
  requestParams,
  requestRoute,
  requireAbility,
  seenAs,
  seenRequest,
  senderOf,
} from "./support-request.ts";

const NAME_LENGTH_MAX = 128;

const route = `${requestRoute}/contacts`;
const params = requestParams.extend({ contactId: z.string().regex(/^[\w-]{22}$/) });
const email = z.email().max(254).toLowerCase();

const contactSchema = z
  .object({
    contactId: z.string(),
    name: z.string().nullable(),
    email: z.string(),
    addedAt: z.iso.datetime(),
  })
  .meta({ id: "SupportRequestContact" });

const view = (request: SupportRequest, { name, email, addedAt }: SupportRequest["contacts"][number]) => ({
  contactId: contactIdOf(request, email),
  name,
  email,
  addedAt,
});

export function supportRequestContactEndpoints(app: App) {
  const listContacts = defineEndpoint(
    {
      name: "listSupportRequestContacts",
      method: "GET",
      route,
      tag: "Support requests",
      summary: "List the contacts of a support request in the order in which they were added",
      access: { kind: "signedIn" },
      params: requestParams,
      responses: {
        200: {
          description: "All of them. The ETag is the request's.",
          schema: listSchema(contactSchema),
        },
      },
    },
    async (request) => {
      const { known } = await seenRequest(app, request);
      const value = known.value.contacts.map((each) => view(known.value, each));
      return { status: 200, etag: known.etag, body: { value } };
    },
  );

  const addOne = defineEndpoint(
    {
      name: "addSupportRequestContact",
      method: "POST",
      route,
      tag: "Support requests",
      summary: "Add a contact to a support request, as its advocate",
      description: `The contact is told so by e-mail, and may see no more of the request than before. At most ${CONTACTS_MAX}; whoever was added already stays as they are, and whom the support desk named stays also when its events name them no more.`,
      access: { kind: "signedIn" },
      params: requestParams,
      body: {
        kind: "json",
        schema: z.strictObject({ name: plainLine(NAME_LENGTH_MAX).optional(), email }),
        example: { name: "Jan Nowak", email: "jan.nowak@narew.example" },
      },
      repeatable: true,
      responses: { 201: { description: "Is a contact now.", schema: contactSchema } },
    },
    async (request) => {
      const { key, viewer } = await seenRequest(app, request);
      const { name, email } = request.body;
      const doing = doingFor(request, key);
      const { value, etag } = await changeRequest(app.support, key, async (known) => {
        const seen = seenAs(key, viewer, known);
        requireAbility(seen, "addContact");
        const person = await personAt(app.directory.directory, seen.known.value, email);
        return addContact(doing, senderOf(request), seen.known, { ...person, name: name ?? person.name });
      });
      const added = value.contacts.find((each) => each.email === email);
      // The repeat of a request whose contact was taken off since is answered as the first one was.
      const contact = added ?? { name: name ?? null, email, addedAt: doing.at };
      return { status: 201, etag, body: view(value, contact) };
    },
  );

  const removeOne = defineEndpoint(
    {
      name: "removeSupportRequestContact",
      method: "DELETE",
      route: `${route}/{contactId}`,
      tag: "Support requests",
      summary: "Remove a contact from a support request, as its advocate",
      description: "`If-Match` names the version of the request.",
      access: { kind: "signedIn" },
      params,
      responses: { 204: { description: "Is no contact any more." } },
    },
    async (request) => {
      const { key, viewer } = await seenRequest(app, request);
      await changeRequest(app.support, key, (known) => {
        const seen = seenAs(key, viewer, known);
        requireAbility(seen, "addContact");
        requireMatch(request.conditions, seen.known.etag);
        return removeContact(doingFor(request, key), seen.known, request.params.contactId);
      });
      return { status: 204 };
    },
  );

  return [listContacts, addOne, removeOne];
}
