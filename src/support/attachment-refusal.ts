/** Why an attachment was refused, as its owner is told: what is wrong, and what helps. Pure. */
import * as z from "zod";
import type { RefusalReason } from "./file-content.ts";

const WHOLE_FILE = "Attach the file again.";
const ARCHIVE = "Pack the files anew, or attach them one by one.";

const MESSAGES = {
  empty: "The file is empty.",
  tooLarge: "The file has more than 100 MiB.",
  typeNotAllowed:
    "Files of this type cannot be attached: programs, scripts, pages and documents with macros are refused. Attach a PDF, an image, plain text, or a document without macros.",
  nameMismatch: "The content is of another type than the name says. Give the file the ending of its type.",
  malware: "The file is harmful.",
  activeContent: "The file has scripts, macros or other programs in it. Save it without them.",
  archiveMalformed: `The archive is damaged, or has more in it than its directory says. ${ARCHIVE}`,
  archiveEncrypted: "The archive has a password, so that nobody can look into it. Pack it without one.",
  archiveMethodUnsupported: `The archive is compressed in an unusual way. ${ARCHIVE}`,
  archiveTooManyEntries: `The archive has more than 10,000 files. ${ARCHIVE}`,
  archiveEntryName: `The archive has a name in it that leads out of its folder, or a link. ${ARCHIVE}`,
  archiveEntriesOverlap: `Files in the archive share their content. ${ARCHIVE}`,
  archiveSizesWrong: `The archive says other sizes than its files have. ${ARCHIVE}`,
  archiveTooLarge: `Unpacked, the archive is too large. ${ARCHIVE}`,
  archiveRatioTooHigh: `The archive becomes more than a hundred times as large when it is unpacked. ${ARCHIVE}`,
  archiveProgram: "There is a program or a script in the archive. Pack the files anew without it.",
  archiveNested: `There is an archive in the archive. ${ARCHIVE}`,
  sizeMismatch: `What arrived has another size than was said. ${WHOLE_FILE}`,
  checksumMismatch: `What arrived has another SHA-256 than was said: it was damaged on its way. ${WHOLE_FILE}`,
  uploadChanged: `The upload was written to after it was completed. ${WHOLE_FILE}`,
  uploadUnreadable: `The upload cannot be read: it was encrypted with a key of its own, or archived. ${WHOLE_FILE}`,
  uploadAbandoned: `The upload was not completed within a day. ${WHOLE_FILE}`,
  scanLimitExceeded: "The file has more in it than the malware scanner looks at. Attach it in parts.",
  notInspected: "For a day, whatever looked into the file failed at it. Attach it in another form.",
  notScanned: `The malware scanner could not be asked for a day. ${WHOLE_FILE}`,
} as const satisfies Readonly<Record<RefusalReason, string>> & Readonly<Record<string, string>>;

export type RefusalCode = keyof typeof MESSAGES;

const isRefusalCode = (text: string): text is RefusalCode => Object.hasOwn(MESSAGES, text);
export const refusalCodeSchema = z.custom<RefusalCode>(
  (value) => typeof value === "string" && isRefusalCode(value),
);

export const refusalMessage = (code: RefusalCode): string => MESSAGES[code];
