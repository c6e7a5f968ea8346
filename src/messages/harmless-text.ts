/** What others wrote, as it may stand in what is made here: it stays within its line and its element. Pure. */

/** Line ends and other control characters, and what turns the direction of the text that follows. */
const BREAKING = /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]+/gu;

/** A name as it may stand in a header, a line of text or an attribute. */
export function inOneLine(name: string): string {
  return name.toWellFormed().replaceAll(BREAKING, " ").trim();
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For the content of an element and for the value of an attribute in quotes. */
export const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
