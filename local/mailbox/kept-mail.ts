/** The newest mails that came in, in a file of SQLite or in memory. What is older than the newest 500 is gone. */
import { DatabaseSync } from "node:sqlite";
import * as z from "zod";

const MAILS_MAX = 500;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    subject TEXT NOT NULL,
    source BLOB NOT NULL
  ) STRICT;
`;

const summaryRow = z
  .object({
    id: z.int(),
    received_at: z.string(),
    sender: z.string(),
    recipients: z.string(),
    subject: z.string(),
  })
  .transform(({ received_at: receivedAt, sender: from, recipients, ...rest }) => ({
    ...rest,
    receivedAt,
    from,
    to: z.array(z.string()).parse(JSON.parse(recipients)),
  }));
const sourceRow = z.object({ source: z.instanceof(Uint8Array) }).optional();

/** Without its content; `to` are the recipients that the server was given, in lower case. */
export type MailSummary = Readonly<z.infer<typeof summaryRow>>;

export type KeptMail = {
  readonly add: (mail: Omit<MailSummary, "id"> & { readonly source: Uint8Array }) => void;
  /** Newest first; with `to`, those to that address alone. */
  readonly list: (to: string | undefined) => readonly MailSummary[];
  readonly find: (id: number) => MailSummary | undefined;
  /** As it came in. */
  readonly source: (id: number) => Uint8Array | undefined;
  readonly empty: () => void;
  readonly close: () => void;
};

const COLUMNS = "id, received_at, sender, recipients, subject";

export function keepMail(file: string | undefined): KeptMail {
  const database = new DatabaseSync(file ?? ":memory:");
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  database.exec(SCHEMA);
  const insert = database.prepare(
    "INSERT INTO mail (received_at, sender, recipients, subject, source) VALUES (?, ?, ?, ?, ?)",
  );
  const forget = database.prepare(
    `DELETE FROM mail WHERE id NOT IN (SELECT id FROM mail ORDER BY id DESC LIMIT ${MAILS_MAX})`,
  );
  const all = database.prepare(`SELECT ${COLUMNS} FROM mail ORDER BY id DESC`);
  const toOne = database.prepare(
    `SELECT ${COLUMNS} FROM mail WHERE EXISTS (SELECT 1 FROM json_each(recipients) WHERE value = ?) ORDER BY id DESC`,
  );
  const one = database.prepare(`SELECT ${COLUMNS} FROM mail WHERE id = ?`);
  const source = database.prepare("SELECT source FROM mail WHERE id = ?");
  return {
    add: (mail) => {
      insert.run(mail.receivedAt, mail.from, JSON.stringify(mail.to), mail.subject, mail.source);
      forget.run();
    },
    list: (to) =>
      (to === undefined ? all.all() : toOne.all(to.toLowerCase())).map((row) => summaryRow.parse(row)),
    find: (id) => summaryRow.optional().parse(one.get(id)),
    source: (id) => sourceRow.parse(source.get(id))?.source,
    empty: () => database.exec("DELETE FROM mail"),
    close: () => database.close(),
  };
}
