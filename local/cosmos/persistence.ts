import { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import type { Commit, RestoredItem } from "./container.ts";
import { byteLength, isObject, type Json, type JsonObject } from "./json.ts";
import { withoutSystemProperties } from "./stored-item.ts";

/**
 * Everything, written through: a transaction is in the file before it is visible, and one transaction of the container
 * is one of the file. With `synchronous = normal` a crash of the process loses nothing; a power cut may lose the last
 * ones, but never a part of one.
 */
const SCHEMA = `
  pragma journal_mode = wal;
  pragma synchronous = normal;
  create table if not exists resource (
    rid text primary key, parent text not null, body text not null,
    lsn integer not null default 0, next_sequence integer not null default 1
  ) without rowid;
  create table if not exists item (
    container text not null, partition text not null, id text not null,
    sequence integer not null, lsn integer not null, body text not null,
    primary key (container, partition, id)
  ) without rowid;
  create table if not exists counter (name text primary key, value integer not null) without rowid;
`;

const resourceRow = z.object({
  rid: z.string(),
  parent: z.string(),
  body: z.string(),
  lsn: z.number(),
  next_sequence: z.number(),
});
const itemRow = z.object({
  partition: z.string(),
  id: z.string(),
  sequence: z.number(),
  lsn: z.number(),
  body: z.string(),
});

/** A database (its parent is empty) or a container. */
export type StoredResource = {
  readonly rid: string;
  readonly parent: string;
  readonly body: JsonObject;
  readonly lsn: number;
  readonly nextSequence: number;
};

export class DataFile {
  readonly #database: DatabaseSync;

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(SCHEMA);
  }

  nextNumber(): number {
    const row = this.#database
      .prepare(
        "insert into counter values ('resource', 1) on conflict (name) do update set value = value + 1 returning value",
      )
      .get();
    return z.object({ value: z.number() }).parse(row).value;
  }

  saveResource(rid: string, parent: string, body: JsonObject): void {
    this.#database
      .prepare(
        "insert into resource (rid, parent, body) values (?, ?, ?) on conflict (rid) do update set body = excluded.body",
      )
      .run(rid, parent, JSON.stringify(body));
  }

  removeResource(rid: string): void {
    this.#inTransaction(() => {
      this.#database
        .prepare("delete from item where container in (select rid from resource where rid = ? or parent = ?)")
        .run(rid, rid);
      this.#database.prepare("delete from resource where rid = ? or parent = ?").run(rid, rid);
    });
  }

  commit(container: string, { partition, changes, lsn, nextSequence }: Commit): void {
    const put = this.#database.prepare(
      "insert or replace into item (container, partition, id, sequence, lsn, body) values (?, ?, ?, ?, ?, ?)",
    );
    const remove = this.#database.prepare(
      "delete from item where container = ? and partition = ? and id = ?",
    );
    this.#inTransaction(() => {
      for (const { id, after } of changes) {
        if (after === undefined) remove.run(container, partition, id);
        else put.run(container, partition, id, after.sequence, after.lsn, JSON.stringify(after.document));
      }
      this.#database
        .prepare("update resource set lsn = ?, next_sequence = ? where rid = ?")
        .run(lsn, nextSequence, container);
    });
  }

  /** Parents before their children. */
  resources(): readonly StoredResource[] {
    const rows = this.#database.prepare("select * from resource order by parent = '' desc, rid").all();
    return z
      .array(resourceRow)
      .parse(rows)
      .map(({ rid, parent, body, lsn, next_sequence }) => ({
        rid,
        parent,
        body: parsedObject(body),
        lsn,
        nextSequence: next_sequence,
      }));
  }

  *items(container: string): Generator<RestoredItem> {
    const rows = this.#database.prepare("select * from item where container = ? order by lsn, sequence");
    for (const row of rows.iterate(container)) {
      const { partition, id, sequence, lsn, body } = itemRow.parse(row);
      const document = parsedObject(body);
      const etag = z.string().parse(document["_etag"]);
      const bytes = byteLength(withoutSystemProperties(document));
      yield { partition, item: { id, document, etag, bytes, sequence, lsn } };
    }
  }

  close(): void {
    this.#database.close();
  }

  #inTransaction(work: () => void): void {
    this.#database.exec("begin immediate");
    try {
      work();
      this.#database.exec("commit");
    } catch (error) {
      this.#database.exec("rollback");
      throw error;
    }
  }
}

function parsedObject(text: string): JsonObject {
  const value: Json = JSON.parse(text);
  if (!isObject(value)) throw new Error("the data file holds something else than a document");
  return value;
}
