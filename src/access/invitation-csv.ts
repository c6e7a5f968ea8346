/**
 * A list of people to invite, as spreadsheets write it. Invariant: every line has a result; a bad one stops no other.
 */
import { CsvError, parse } from "csv-parse/sync";
import * as z from "zod";
import { languageSchema } from "../agreements/agreement-event.ts";
import { InvalidRequestError } from "../platform/errors.ts";
import type { InvitationLine } from "./invite-people.ts";
import { INVITATIONS_AT_ONCE_MAX } from "./invite-people.ts";
import { givenRoleSchema } from "./member.ts";
import { grantedPermissionSchema } from "./permissions.ts";

const COLUMNS = ["email", "name", "language", "roles", "permissions"] as const;
const NAME_LENGTH_MAX = 256;

const words = <S extends z.ZodType<string, string>>(word: S) =>
  z
    .string()
    .default("")
    .transform((text) => text.split(/[\s;,]+/).filter((part) => part !== ""))
    .pipe(z.array(word));
/** An empty field, or one of spaces alone, is as none. */
const optional = <S extends z.ZodType<unknown, string>>(schema: S) =>
  z
    .string()
    .trim()
    .transform((text) => (text === "" ? undefined : text))
    .pipe(schema.optional())
    .optional();

const rowSchema = z.object({
  email: z.string().trim().toLowerCase().pipe(z.email("must be an e-mail address").max(254)),
  name: optional(z.string().max(NAME_LENGTH_MAX)),
  language: optional(languageSchema),
  roles: words(givenRoleSchema.exclude(["supportContact"])),
  permissions: words(grantedPermissionSchema),
});

/**
 * @param bytes CSV after RFC 4180 in UTF-8, with or without a byte order mark, separated by commas or semicolons.
 * @throws InvalidRequestError when it is no CSV, lacks the column `email`, has unknown columns or too many lines.
 */
export function readInvitationCsv(bytes: Uint8Array): readonly InvitationLine[] {
  const records = readRecords(bytes);
  const [header, ...rows] = records;
  const columns = header?.record.map((name) => name.trim().toLowerCase()) ?? [];
  const unknown = columns.find((name) => !COLUMNS.some((known) => known === name));
  if (!columns.includes("email") || unknown !== undefined || new Set(columns).size !== columns.length) {
    throw invalid(`the first line must name the columns, of ${COLUMNS.join(", ")}; email is required`);
  }
  if (rows.length === 0) throw invalid("there is no line to invite anybody");
  if (rows.length > INVITATIONS_AT_ONCE_MAX) {
    throw invalid(`there are ${rows.length} lines, more than ${INVITATIONS_AT_ONCE_MAX}`);
  }
  return rows.map(({ record, line }) => lineOf(columns, record, line));
}

function lineOf(columns: readonly string[], record: readonly string[], line: number): InvitationLine {
  if (record.length !== columns.length) {
    const message = `the line has ${record.length} fields, the first one has ${columns.length}`;
    return { line, email: record[columns.indexOf("email")], code: "InvalidLine", message };
  }
  const row = Object.fromEntries(columns.map((name, index) => [name, record[index] ?? ""]));
  const parsed = rowSchema.safeParse(row);
  if (parsed.success) return { line, request: parsed.data };
  const [issue] = parsed.error.issues;
  const message = `${String(issue?.path[0] ?? "line")}: ${issue?.message ?? "is not valid"}`;
  return { line, email: row["email"], code: "InvalidLine", message };
}

const recordsSchema = z.array(z.object({ record: z.array(z.string()), info: z.object({ lines: z.int() }) }));

function readRecords(bytes: Uint8Array): { readonly record: readonly string[]; readonly line: number }[] {
  // A line break inside quotes would count as two lines, and a file with both kinds would be one line.
  const text = decode(bytes).replaceAll("\r\n", "\n");
  const firstLine = text.slice(0, text.search(/[\r\n]|$/));
  const delimiter = firstLine.includes(";") && !firstLine.includes(",") ? ";" : ",";
  try {
    const records: unknown = parse(text, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    });
    return recordsSchema.parse(records).map(({ record, info }) => ({ record, line: info.lines }));
  } catch (error) {
    if (error instanceof CsvError) throw invalid(error.message);
    throw error;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid("it is not in UTF-8");
  }
}

const invalid = (why: string): InvalidRequestError =>
  new InvalidRequestError("InvalidCsv", `The file cannot be read: ${why}.`, { target: "body" });
