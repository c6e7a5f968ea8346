import type { Container } from "@azure/cosmos";
import type * as z from "zod";
import {
  isOneOf,
  type Query,
  queryAll,
  readItem,
  sql,
  type Versioned,
  versioned,
} from "../platform/cosmos.ts";
import { beyond } from "../platform/keyset.ts";
import type { RequestKey } from "./request.ts";

export type PartPosition = { readonly at: string; readonly id: string };

type PartPage = {
  readonly kinds: readonly string[];
  readonly after: PartPosition | undefined;
  readonly limit: number;
};

/** What belongs to a request, in its partition. */
export type PartStore = {
  /** One point read. */
  readonly read: <Schema extends z.ZodType>(
    customerId: RequestKey["customerId"],
    id: string,
    schema: Schema,
  ) => Promise<Versioned<z.infer<Schema>> | undefined>;
  /** Of one request, newest first: one query. */
  readonly page: <Schema extends z.ZodType>(
    key: RequestKey,
    page: PartPage,
    schema: Schema,
  ) => Promise<readonly Versioned<z.infer<Schema>>[]>;
};

export function cosmosPartStore(container: Container): PartStore {
  return {
    read: (customerId, id, schema) => readItem(container, id, customerId, schema),
    page: (key, page, schema) => queryAll(container, key.customerId, pageQuery(key, page), versioned(schema)),
  };
}

function pageQuery({ number }: RequestKey, { kinds, after, limit }: PartPage): Query {
  const kind = isOneOf("c.kind", "kind", kinds);
  const rest = after === undefined ? undefined : beyond("c.at", true, { key: after.at, id: after.id });
  const base = sql(
    `SELECT TOP @limit * FROM c WHERE c.requestNumber = @number AND ${kind.text}${rest === undefined ? "" : ` AND ${rest.query}`} ORDER BY c.at DESC, c.id DESC`,
    { ...kind.parameters, number, limit },
  );
  return { query: base.query, parameters: [...base.parameters, ...(rest?.parameters ?? [])] };
}
