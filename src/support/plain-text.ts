import * as z from "zod";

/**
 * What people type: notes and descriptions of several lines, titles of one.
 * Invariants: equal texts are kept as equal strings (NFC, one kind of line end, nothing around it), and nothing is in
 * them that no reader shows or no encoding carries. Accepting what was accepted changes nothing.
 */

const LINE_ENDS = /\r\n|[\r\n\u0085\u2028\u2029]/g;
/** As the stream-safe format of UAX 15 has it: to sort more of them takes time by the square of their number. */
const MARKS_IN_A_ROW_MAX = 30;
const TOO_MANY_MARKS = new RegExp(`\\p{M}{${MARKS_IN_A_ROW_MAX + 1}}`, "u");
const HALF_CHARACTER = /\p{Surrogate}/u;
const CONTROL_OF_TEXT = /(?![\n\t])\p{Cc}/u;
const CONTROL_OF_LINE = /(?!\n)\p{Cc}/u;

/** At most this many UTF-16 code units, and at least one. @param maxLength in UTF-16 code units */
export const plainText = (maxLength: number) => cleanText(maxLength, CONTROL_OF_TEXT);

/** As `plainText`, and in one line without tabs. @param maxLength in UTF-16 code units */
export const plainLine = (maxLength: number) =>
  cleanText(maxLength, CONTROL_OF_LINE).refine((text) => !text.includes("\n"), "must be one line");

function cleanText(maxLength: number, control: RegExp) {
  return z
    .string()
    .overwrite((text) => (TOO_MANY_MARKS.test(text) ? text : tidied(text)))
    .min(1, "must not be empty")
    .max(maxLength, { abort: true })
    .check(({ value, issues }) => {
      // `max` counts whole characters, as a contract does; what is kept and cut elsewhere is counted in units.
      const isTooLong = value.length > maxLength;
      const message = isTooLong ? `has more than ${maxLength} UTF-16 units` : refusal(value, control);
      if (message !== undefined) issues.push({ code: "custom", input: value, message });
    });
}

const tidied = (text: string): string => text.replaceAll(LINE_ENDS, "\n").normalize("NFC").trim();

function refusal(text: string, control: RegExp): string | undefined {
  if (TOO_MANY_MARKS.test(text)) return `has more than ${MARKS_IN_A_ROW_MAX} accents on one letter`;
  const half = HALF_CHARACTER.exec(text);
  if (half !== null) return `has half a character, ${named(half)}: it is not well-formed Unicode`;
  const found = control.exec(text);
  return found === null ? undefined : `has the control character ${named(found)}`;
}

/** By its code, since it cannot be shown, and its place counted from 1 in what is left after trimming. */
function named({ 0: [character = ""], index }: RegExpExecArray): string {
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  return `U+${code} at position ${index + 1}`;
}

/** The start of a text, without half of a character at its end. @param length in UTF-16 code units, at most */
export function startOf(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "");
}
