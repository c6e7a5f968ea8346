import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { NotFoundError } from "../../src/platform/errors.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import { changeRequest } from "../../src/support/change-request.ts";
import {
  addNote,
  NOTE_KIND,
  NOTE_LENGTH_MAX,
  NOTES_MAX,
  type Note,
  newNoteId,
  noteDocumentId,
  noteIdSchema,
  noteSchema,
} from "../../src/support/note.ts";
import { plainText } from "../../src/support/plain-text.ts";
import { contactSchema, type RequestKey } from "../../src/support/request.ts";
import { requestLink } from "../../src/support/request-view.ts";
import {
  doingFor,
  requestParams,
  requestRoute,
  requireAbility,
  seenAs,
  seenRequest,
  senderOf,
} from "./support-request.ts";

const PAGE_ITEMS = 50;

const route = `${requestRoute}/notes`;

const noteViewSchema = z
  .object({
    noteId: z.string(),
    text: z.string().meta({ description: "Plain text: what looks like HTML in it is none." }),
    createdAt: z.iso.datetime(),
    createdBy: contactSchema,
    link: z.url(),
  })
  .meta({ id: "SupportRequestNote" });

const view = ({ noteId, text, at, by }: Note, requestId: string, url: URL) => ({
  noteId,
  text,
  createdAt: at,
  createdBy: by,
  link: requestLink(url, requestId, "notes", noteId),
});

const positionSchema = z.object({ at: z.string(), id: z.string() });

export function supportRequestNoteEndpoints(app: App) {
  const readNote = async ({ customerId, number }: RequestKey, noteId: string): Promise<Note | undefined> => {
    const found = await app.support.parts.read(customerId, noteDocumentId(number, noteId), noteSchema);
    return found?.value;
  };

  const listNotes = defineEndpoint(
    {
      name: "listSupportRequestNotes",
      method: "GET",
      route,
      tag: "Support requests",
      summary: "List the notes of a support request, newest first",
      access: { kind: "signedIn" },
      params: requestParams,
      query: z.object(pagingQuery(PAGE_ITEMS)),
      responses: { 200: { description: "A page of notes.", schema: listSchema(noteViewSchema) } },
    },
    async (request) => {
      const { query, url, now, params } = request;
      const { key } = await seenRequest(app, request);
      const scope = { name: "listSupportRequestNotes", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, positionSchema);
      const asked = { kinds: [NOTE_KIND], after: page.after, limit: page.limit + 1 };
      const found = await app.support.parts.page(key, asked, noteSchema);
      const notes = found.map(({ value }) => value);
      const { value, ...link } = finishPage(scope, page, notes, ({ at, id }) => ({ at, id }));
      return {
        status: 200,
        body: { value: value.map((each) => view(each, params.requestId, url)), ...link },
      };
    },
  );

  const getNote = defineEndpoint(
    {
      name: "getSupportRequestNote",
      method: "GET",
      route: `${route}/{noteId}`,
      tag: "Support requests",
      summary: "Get one note of a support request",
      access: { kind: "signedIn" },
      params: requestParams.extend({ noteId: noteIdSchema }),
      responses: { 200: { description: "The note.", schema: noteViewSchema } },
    },
    async (request) => {
      const { params, url } = request;
      const { key } = await seenRequest(app, request);
      const note = await readNote(key, params.noteId);
      if (note === undefined) throw new NotFoundError(`no note ${params.noteId} of the request`);
      return { status: 200, body: view(note, params.requestId, url) };
    },
  );

  const addOne = defineEndpoint(
    {
      name: "addSupportRequestNote",
      method: "POST",
      route,
      tag: "Support requests",
      summary: "Add a note to a support request",
      description: `Whoever sees the request reads it, and search finds the request by its words. A note stays as it is. At most ${NOTES_MAX} of one request.`,
      access: { kind: "signedIn" },
      params: requestParams,
      body: {
        kind: "json",
        schema: z.strictObject({ text: plainText(NOTE_LENGTH_MAX) }),
        example: { text: "The third server fails too, with the same error." },
      },
      repeatable: true,
      responses: { 201: { description: "The note.", schema: noteViewSchema } },
    },
    async (request) => {
      const { params, url, body } = request;
      const { key, viewer } = await seenRequest(app, request);
      const doing = doingFor(request, key);
      const noteId = newNoteId(key, doing);
      const isThere = (await readNote(key, noteId)) !== undefined;
      await changeRequest(app.support, key, (known) => {
        const seen = seenAs(key, viewer, known);
        requireAbility(seen, "addNote");
        return isThere ? undefined : addNote(doing, senderOf(request), seen.known, body.text);
      });
      // Read again: of two same requests made at once, the other one's may be the one that is kept.
      const note = await readNote(key, noteId);
      if (note === undefined) throw new Error(`the note ${noteId} is not there after it was added`);
      return { status: 201, body: view(note, params.requestId, url) };
    },
  );

  return [listNotes, getNote, addOne];
}
