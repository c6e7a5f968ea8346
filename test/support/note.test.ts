import { describe, expect, it } from "vitest";
import { addNote, NOTES_MAX } from "../../src/support/note.ts";
import { NOTE_WORDS_MAX, supportRequestSchema } from "../../src/support/request.ts";
import { startAttachments } from "./attachment-world.ts";
import { CREATOR, doingAt, someRequest, versionOf } from "./some-requests.ts";

const SENDER = { email: CREATOR, name: "Zoe" };
const AT = "2026-03-02T10:00:00.000Z";
const words = (from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `word${from + index}`).join(" ");

describe("notes of one request", () => {
  it("are found by the words of the first ones, where there are too many words", () => {
    const first = addNote(doingAt(AT, "1"), SENDER, versionOf(someRequest()), words(0, NOTE_WORDS_MAX - 1));
    const second = addNote(doingAt(AT, "2"), SENDER, versionOf(first.after), "newer newest");
    expect(second.after.noteWords).toHaveLength(NOTE_WORDS_MAX);
    expect(first.after.noteWords.every((word) => second.after.noteWords.includes(word))).toBe(true);
    const third = addNote(doingAt(AT, "3"), SENDER, versionOf(second.after), "anything at all");
    expect(third.after.noteWords).toEqual(second.after.noteWords);
    expect(third.after.noteCount).toBe(3);
    expect(supportRequestSchema.parse(third.after)).toEqual(third.after);
  });

  it("have each word once", () => {
    const first = addNote(doingAt(AT, "1"), SENDER, versionOf(someRequest()), "Disk disk DISK");
    const second = addNote(doingAt(AT, "2"), SENDER, versionOf(first.after), "disk failed");
    expect(second.after.noteWords).toEqual(["disk", "failed"]);
  });

  it("are of a limited number", () => {
    const last = versionOf(someRequest({ noteCount: NOTES_MAX - 1 }));
    const { after } = addNote(doingAt(AT, "1"), SENDER, last, "the last one");
    expect(() => addNote(doingAt(AT, "2"), SENDER, versionOf(after), "one more")).toThrow(
      /at most 1000 notes/,
    );
  });

  it("leave none of their text in the audit trail", () => {
    const { audit } = addNote(doingAt(AT, "1"), SENDER, versionOf(someRequest()), "a secret");
    expect(audit.map(({ action }) => action)).toEqual(["supportRequestNoteAdded"]);
    expect(JSON.stringify(audit)).not.toContain("secret");
  });
});

describe("attachments of one request", () => {
  it("are of a limited number, counting those that were refused or removed", async () => {
    const world = startAttachments(undefined, { attachmentsEver: 1_000 });
    const adding = world.announce(world.access, "announcing", "a.log", { byteLength: 5 });
    await expect(adding).rejects.toThrow(/at most 1000 attachments in all/);
  });
});
