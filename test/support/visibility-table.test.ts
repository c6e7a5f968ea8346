import { describe, expect, test } from "vitest";
import * as z from "zod";
import { indexingPolicy } from "../../local/cosmos/indexing-policy.ts";
import { anyJson } from "../../local/cosmos/json.ts";
import { compileQuery } from "../../local/cosmos/query-compile.ts";
import { parseQuery } from "../../local/cosmos/sql-parse-query.ts";
import { covers } from "../../src/access/grant.ts";
import type { Condition } from "../../src/platform/cosmos.ts";
import { abilitiesOf, isOwn, ownSql, sees, type Viewer, visibilitySql } from "../../src/support/viewer.ts";
import { documents, people, requests, viewerFor, WORKSPACE_IDS } from "./visibility-cases.ts";
import {
  type Asked,
  expectedAbilities,
  expectedOwn,
  expectedToOpen,
  expectedToSee,
  expectedToSeeOrganization,
  reasonEntries,
  type Someone,
} from "./visibility-rules.ts";

const LIMIT_MS = 60_000;
const SURPRISES_SHOWN = 5;

const viewers: readonly { readonly person: Someone; readonly viewer: Viewer | undefined }[] = people.map(
  (person) => ({ person, viewer: viewerFor(person) }),
);

type Cell = {
  readonly person: Someone;
  readonly viewer: Viewer | undefined;
  readonly asked: Asked;
  readonly index: number;
};

/** Descriptions of the first cells that are otherwise than they should be, and how many were looked at. */
function surprises(isAsExpected: (cell: Cell) => boolean, step = 1) {
  const found: string[] = [];
  let cells = 0;
  for (const [at, { person, viewer }] of viewers.entries()) {
    for (let index = at % step; index < requests.length; index += step) {
      const asked = requests[index];
      if (asked === undefined) continue;
      cells += 1;
      const isFound = found.length < SURPRISES_SHOWN && !isAsExpected({ person, viewer, asked, index });
      if (isFound) found.push(JSON.stringify({ person, asked }));
    }
  }
  return { found, cells };
}

const documentAt = (index: number) => {
  const document = documents[index];
  if (document === undefined) throw new RangeError(`there is no request ${index}`);
  return document;
};

/** As a store keeps them. */
const stored = documents.map((each) => z.record(z.string(), anyJson).parse(JSON.parse(JSON.stringify(each))));

/** Whether a document meets the condition, evaluated in this process as the stand-in does. */
function matcher({ text, parameters }: Condition): (index: number) => boolean {
  const given = new Map(Object.entries(parameters).map(([name, value]) => [`@${name}`, value]));
  const query = parseQuery(`SELECT VALUE 1 FROM c WHERE ${text}`);
  const { rowsOf } = compileQuery(query, given, indexingPolicy.parse({}));
  return (index) => rowsOf(stored[index] ?? {}).length > 0;
}

describe("for every person and every request", () => {
  test(
    "a request is seen exactly where the rules say so",
    () => {
      const { found, cells } = surprises(
        ({ person, viewer, asked, index }) =>
          (viewer !== undefined && sees(viewer, documentAt(index))) === expectedToSee(person, asked),
      );
      expect(found).toEqual([]);
      expect(cells).toBe(people.length * requests.length);
      expect(cells).toBeGreaterThan(1_000_000);
    },
    LIMIT_MS,
  );

  test(
    "what may be done is what the rules give, and nothing with a request that is not seen",
    () => {
      const { found } = surprises(({ person, viewer, asked, index }) => {
        const abilities = viewer === undefined ? [] : [...abilitiesOf(viewer, documentAt(index))].toSorted();
        return abilities.join() === expectedAbilities(person, asked).join();
      }, 2);
      expect(found).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    "a query finds it exactly where it can be opened, and as an own one exactly where the person opened it",
    () => {
      const matchers = new Map(
        viewers.flatMap(({ viewer }) =>
          viewer === undefined
            ? []
            : [[viewer, { seen: matcher(visibilitySql(viewer)), own: matcher(ownSql(viewer)) }] as const],
        ),
      );
      const { found } = surprises(({ person, viewer, asked, index }) => {
        const matching = viewer && matchers.get(viewer);
        const isOwnOne = expectedOwn(person, asked);
        return (
          (matching?.seen(index) ?? false) === expectedToSee(person, asked) &&
          (matching?.own(index) ?? false) === isOwnOne &&
          (viewer !== undefined && isOwn(viewer, documentAt(index))) === isOwnOne
        );
      }, 5);
      expect(found).toEqual([]);
    },
    LIMIT_MS,
  );
});

test("requests are opened by support contacts of the workspace, and the organisation's listed by its Support request admin", () => {
  const found = viewers.filter(({ person, viewer }) => {
    const opensAsExpected = (["here", "there"] as const).every(
      (where) =>
        (viewer !== undefined && covers(viewer.opensIn, WORKSPACE_IDS[where])) ===
        expectedToOpen(person, where),
    );
    return !opensAsExpected || (viewer?.seesOrganization ?? false) !== expectedToSeeOrganization(person);
  });
  expect(found).toEqual([]);
});

describe("the combinations tell rules apart", () => {
  test.each(reasonEntries.map(([name]) => name))("where %s alone decides", (name) => {
    const others = reasonEntries.filter(([other]) => other !== name);
    const decided = people.some((person) =>
      requests.some(
        (asked) =>
          !asked.isIncentiveRelated &&
          expectedToSee(person, asked) &&
          !others.some(([, holds]) => holds(person, asked)),
      ),
    );
    expect(decided).toBe(true);
  });

  test("and where each of the other reasons holds of an incentive-related request and shows nothing", () => {
    for (const [name, holds] of reasonEntries.filter(([each]) => each !== "SR-05 creator")) {
      const hidden = people.some((person) =>
        requests.some(
          (asked) => asked.isIncentiveRelated && holds(person, asked) && !expectedToSee(person, asked),
        ),
      );
      expect([name, hidden]).toEqual([name, true]);
    }
  });
});

const namesNobody = {
  creator: "nobody",
  primaryContact: "nobody",
  advocate: "nobody",
  isSharedWithMe: false,
} as const;

test(
  "a token without an address is of nobody: no request belongs to it, is shared with it or named after it",
  () => {
    for (const { person, viewer } of viewers) {
      if (viewer === undefined) continue;
      const nameless = { ...viewer, email: "" };
      const isFound = matcher(visibilitySql(nameless));
      const wrong = requests.filter((asked, index) => {
        if (index % 7 !== 0) return false;
        const expected = expectedToSee(person, { ...asked, ...namesNobody });
        return sees(nameless, documentAt(index)) !== expected || isFound(index) !== expected;
      });
      expect(wrong).toEqual([]);
    }
  },
  LIMIT_MS,
);
