/**
 * Texts as the support desk sends them, made fit to be shown: what no reader shows goes, and what is too long is cut. Nothing
 * is refused for it, since the event is kept whole. Pure.
 */
import { plainText, startOf } from "./plain-text.ts";

const LINE_ENDS = /\r\n|[\r\n\u0085\u2028\u2029]/g;
const CONTROLS = /(?![\n\t])\p{Cc}/gu;

/** Of several lines. @param lengthMax in UTF-16 units */
export function deskText(text: string, lengthMax: number): string {
  const shown = text.toWellFormed().replaceAll(LINE_ENDS, "\n").replaceAll(CONTROLS, "").trim();
  const cut = startOf(shown, lengthMax).trimEnd();
  // What it refuses now is empty, or has too many accents to be put in order.
  const tidied = plainText(lengthMax).safeParse(cut);
  return tidied.success ? tidied.data : cut;
}

/** In one line. @param lengthMax in UTF-16 units */
export const deskLine = (text: string, lengthMax: number): string =>
  deskText(text.replaceAll(/\s+/g, " "), lengthMax);
