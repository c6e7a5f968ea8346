import { randomUUID } from "node:crypto";
import { Container, type ContainerState } from "./container.ts";
import {
  type ContainerDefinition,
  parseContainerDefinition,
  parseDatabaseId,
} from "./container-definition.ts";
import { badRequest, conflict, notFound } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import type { DataFile } from "./persistence.ts";
import { containerRid, databaseRid } from "./resource-ids.ts";

type Database = {
  readonly rid: string;
  readonly resource: JsonObject;
  readonly containers: Map<string, Container>;
};

/** The databases and containers by their names; definitions are durable before they are visible, as items are. */
export class Account {
  readonly #databases = new Map<string, Database>();
  readonly #rangeCount: number;
  readonly #file: DataFile | undefined;
  #lastNumber = 0;

  constructor(rangeCount: number, file: DataFile | undefined) {
    this.#rangeCount = rangeCount;
    this.#file = file;
    for (const { rid, parent, body, ...state } of file?.resources() ?? []) {
      if (parent === "") {
        this.#databases.set(parseDatabaseId(body), { rid, resource: body, containers: new Map() });
        continue;
      }
      const owner = [...this.#databases.values()].find((database) => database.rid === parent);
      if (owner === undefined) throw new Error("the data file holds a container without its database");
      const definition = { ...parseContainerDefinition(body), resource: body };
      const container = this.#newContainer(rid, selfOf(owner.rid, rid), definition, state);
      container.restore(file?.items(rid) ?? []);
      owner.containers.set(container.definition.id, container);
    }
  }

  databases(): readonly JsonObject[] {
    return [...this.#databases.values()].map(({ resource }) => resource);
  }

  /** @throws CosmosError 404 */
  database(id: string): Database {
    const database = this.#databases.get(id);
    if (database === undefined) throw notFound("Owner resource does not exist");
    return database;
  }

  createDatabase(body: JsonObject): JsonObject {
    const id = parseDatabaseId(body);
    if (this.#databases.has(id)) throw conflict();
    const rid = databaseRid(this.#nextNumber());
    const resource = withSystemProperties({ id, _colls: "colls/", _users: "users/" }, rid, `dbs/${rid}/`);
    this.#file?.saveResource(rid, "", resource);
    this.#databases.set(id, { rid, resource, containers: new Map() });
    return resource;
  }

  deleteDatabase(id: string): void {
    this.#file?.removeResource(this.database(id).rid);
    this.#databases.delete(id);
  }

  containers(databaseId: string): readonly JsonObject[] {
    return [...this.database(databaseId).containers.values()].map(({ definition }) => definition.resource);
  }

  /** @throws CosmosError 404 */
  container(databaseId: string, id: string): Container {
    const container = this.database(databaseId).containers.get(id);
    if (container === undefined) throw notFound("Owner resource does not exist");
    return container;
  }

  createContainer(databaseId: string, body: JsonObject): JsonObject {
    const database = this.database(databaseId);
    const definition = parseContainerDefinition(body);
    const { id } = definition;
    if (database.containers.has(id)) throw conflict();
    const rid = containerRid(database.rid, this.#nextNumber());
    const self = selfOf(database.rid, rid);
    const resource = withSystemProperties(definition.resource, rid, self);
    const state = { lsn: 0, nextSequence: 1 };
    this.#file?.saveResource(rid, database.rid, resource);
    database.containers.set(id, this.#newContainer(rid, self, { ...definition, resource }, state));
    return resource;
  }

  /** The indexing policy can change, the partition key cannot. */
  replaceContainer(databaseId: string, id: string, body: JsonObject): JsonObject {
    const database = this.database(databaseId);
    const container = this.container(databaseId, id);
    const definition = parseContainerDefinition(body);
    const path = JSON.stringify(container.definition.partitionKeyPath);
    if (definition.id !== id || JSON.stringify(definition.partitionKeyPath) !== path) {
      throw badRequest("Document collection partition key cannot be changed.");
    }
    const resource = withSystemProperties(definition.resource, container.rid, container.self);
    this.#file?.saveResource(container.rid, database.rid, resource);
    container.definition = { ...definition, resource };
    return resource;
  }

  deleteContainer(databaseId: string, id: string): void {
    this.#file?.removeResource(this.container(databaseId, id).rid);
    this.database(databaseId).containers.delete(id);
  }

  #newContainer(
    rid: string,
    self: string,
    definition: ContainerDefinition,
    state: ContainerState,
  ): Container {
    return new Container({ rid, self, rangeCount: this.#rangeCount }, definition, state, (commit) =>
      this.#file?.commit(rid, commit),
    );
  }

  #nextNumber(): number {
    this.#lastNumber += 1;
    return this.#file?.nextNumber() ?? this.#lastNumber;
  }
}

const selfOf = (database: string, container: string): string => `dbs/${database}/colls/${container}/`;

function withSystemProperties(resource: JsonObject, rid: string, self: string): JsonObject {
  return {
    ...resource,
    _rid: rid,
    _self: self,
    _etag: `"${randomUUID()}"`,
    _ts: Math.floor(Date.now() / 1000),
  };
}
