/**
 * A note on a request (SR-10). Pure. Invariants: a note never changes once it is there; its words are found by search from
 * the transaction on that adds it; the same request to add one adds it once.
 */

import * as z from "zod";
import type { Doing } from "../access/audit-entry.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { ConflictError } from "../platform/errors.ts";
import type { Decided } from "./change-request.ts";
import { requestAudit } from "./open-request.ts";
import {
  contactSchema,
  NOTE_WORDS_MAX,
  type RequestKey,
  type RequestNumber,
  type SupportRequest,
} from "./request.ts";
import type { Sender } from "./request-messages.ts";
import { partShape } from "./request-part.ts";
import { wordsOf } from "./search-words.ts";
import { stableId } from "./stable-id.ts";

/** In UTF-16 code units. */
export const NOTE_LENGTH_MAX = 10_000;
/** Of one request. */
export const NOTES_MAX = 1_000;

export const NOTE_KIND = "requestNote";
export const noteIdSchema = z.string().regex(/^[\w-]{22}$/);

export const noteSchema = z.object({
  ...partShape,
  kind: z.literal(NOTE_KIND),
  noteId: z.string(),
  text: z.string(),
  by: contactSchema,
});
export type Note = z.infer<typeof noteSchema>;

export const noteDocumentId = (number: RequestNumber, noteId: string): string =>
  `${NOTE_KIND}~${number}~${noteId}`;

/** Follows from the request to add it. */
export const newNoteId = (key: RequestKey, doing: Doing): string => stableId(key, "note", doing.key);

/** @throws ConflictError where there are too many. */
export function addNote(
  doing: Doing,
  { email, name }: Sender,
  { value: known }: Versioned<SupportRequest>,
  text: string,
): NonNullable<Decided> {
  if (known.noteCount >= NOTES_MAX) {
    throw new ConflictError(
      "TooManyNotes",
      `A request has at most ${NOTES_MAX} notes: open a new request for what is still to be solved.`,
    );
  }
  const noteId = newNoteId(known, doing);
  const note: Note = {
    id: noteDocumentId(known.number, noteId),
    customerId: known.customerId,
    requestNumber: known.number,
    kind: NOTE_KIND,
    at: doing.at,
    noteId,
    text,
    by: { name: name ?? null, email },
  };
  const after: SupportRequest = {
    ...known,
    noteWords: withWordsOf(known.noteWords, text),
    noteCount: known.noteCount + 1,
    changedAt: doing.at,
    revision: known.revision + 1,
  };
  // The trail outlives what it tells of, and its readers are others: the text stays with the request.
  const facts = { target: `/notes/${noteId}`, after: { length: text.length } };
  return {
    after,
    writes: [{ document: note, etag: undefined }],
    audit: [requestAudit(doing, "supportRequestNoteAdded", known, after, facts)],
  };
}

/** Words once found stay found: of more than there is place for, those of the first notes. */
function withWordsOf(words: readonly string[], text: string): string[] {
  const known = new Set(words);
  const added = wordsOf([text], NOTE_WORDS_MAX).filter((word) => !known.has(word));
  return [...words, ...added.slice(0, NOTE_WORDS_MAX - words.length)];
}
