import { CosmosClient } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCosmos } from "../../local/cosmos/server.ts";
import { createCosmosResources, readResources } from "../../local/resources.ts";
import { type BatchOperation, commitBatch } from "../../src/platform/cosmos.ts";
import { requestNumberSchema, type SupportRequest } from "../../src/support/request.ts";
import { cosmosRequestStore, type RequestStore } from "../../src/support/request-store.ts";
import { ownSql, sees, type Viewer, visibilitySql } from "../../src/support/viewer.ts";
import { CUSTOMER_ID, documents, kept, people, viewerFor } from "./visibility-cases.ts";
import { expectedOwn, expectedToSee, type Someone } from "./visibility-rules.ts";

const ABSENT = requestNumberSchema.parse("SR-none");
const BATCH_MAX = 100;
/** Every so many of all people: in steps that meet each standing and each standpoint. */
const STEP = 23;
const PAGED_STEP = 10;
const LIMIT_MS = 60_000;

let store: RequestStore;
let close: () => Promise<void>;

beforeAll(async () => {
  const server = await startCosmos({ port: 0, ranges: 3 });
  const { cosmos } = await readResources(new URL("../../infra/resources.json", import.meta.url).pathname);
  await createCosmosResources(server, cosmos);
  const client = new CosmosClient({ endpoint: server.endpoint, key: server.key });
  const container = client.database(cosmos.database).container("customers");
  store = cosmosRequestStore(container);
  close = async () => {
    client.dispose();
    await server.close();
  };
  const creates = documents.map((document): BatchOperation<SupportRequest> => ({ type: "create", document }));
  for (let from = 0; from < creates.length; from += BATCH_MAX)
    await commitBatch(container, CUSTOMER_ID, creates.slice(from, from + BATCH_MAX));
}, LIMIT_MS);

afterAll(() => close());

type Chosen = { readonly person: Someone; readonly viewer: Viewer };

const chosen: readonly Chosen[] = people.flatMap((person, index) => {
  const viewer = index % STEP === 0 ? viewerFor(person) : undefined;
  return viewer === undefined ? [] : [{ person, viewer }];
});

const numbersSeen = ({ person }: Chosen) =>
  kept.filter(({ asked }) => expectedToSee(person, asked)).map(({ document }) => document.number);
const ownCount = ({ person }: Chosen) => kept.filter(({ asked }) => expectedOwn(person, asked)).length;

const plain = { filter: undefined, search: undefined } as const;

describe("in one store with every request", () => {
  test(
    "a list holds exactly what the rules show, in order and after a page",
    async () => {
      for (const each of chosen.filter((_, index) => index % PAGED_STEP === 0)) {
        const visible = visibilitySql(each.viewer);
        const expected = numbersSeen(each);
        const opened = documents.filter((document) => sees(each.viewer, document));
        expect(opened.map(({ number }) => number)).toEqual(expected);
        const page = { ...plain, visible, sort: "number", descending: false, after: undefined } as const;
        const listed = await store.page(CUSTOMER_ID, { ...page, limit: documents.length });
        expect(listed.map(({ number }) => number)).toEqual(expected);
        const middle = listed[listed.length >> 1];
        if (middle === undefined) continue;
        const after = { key: middle.number, id: middle.id };
        const rest = await store.page(CUSTOMER_ID, { ...page, after, limit: 5 });
        const from = (listed.length >> 1) + 1;
        expect(rest.map(({ number }) => number)).toEqual(expected.slice(from, from + 5));
      }
    },
    LIMIT_MS,
  );

  test(
    "a count counts them and no more, of all, of own ones, and of those that a filter or a search leaves",
    async () => {
      const filter = {
        query: "c.isIncentiveRelated = @filter0",
        parameters: [{ name: "@filter0", value: true }],
      };
      const search = { words: [], number: "SR-0000" };
      const counts = await Promise.all(
        chosen.map(async (each) => {
          const visible = visibilitySql(each.viewer);
          const count = (more: object) => store.count(CUSTOMER_ID, { ...plain, visible, ...more });
          return [
            await count({}),
            await count({ visible: ownSql(each.viewer) }),
            await count({ filter }),
            await count({ search }),
          ];
        }),
      );
      const incentive = new Set(
        documents.filter((each) => each.isIncentiveRelated).map(({ number }) => number),
      );
      const expected = chosen.map((each) => {
        const seen = numbersSeen(each);
        return [
          seen.length,
          ownCount(each),
          seen.filter((number) => incentive.has(number)).length,
          seen.filter((number) => number.startsWith("SR-0000")).length,
        ];
      });
      expect(counts).toEqual(expected);
      expect(chosen.length).toBeGreaterThan(50);
    },
    LIMIT_MS,
  );

  test(
    "of given numbers those are known to be visible that the rules show",
    async () => {
      const numbers = documents.map(({ number }) => number);
      for (const each of chosen.filter((_, index) => index % 4 === 0)) {
        const known = await store.known(CUSTOMER_ID, [...numbers, ABSENT], visibilitySql(each.viewer));
        expect(known.all).toEqual(new Set(numbers));
        expect(known.visible).toEqual(new Set(numbersSeen(each)));
      }
    },
    LIMIT_MS,
  );
});
