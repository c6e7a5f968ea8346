import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import { assign, createWorkspace, join } from "./support/access-steps.ts";
import { readAll } from "./support/pages.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import {
  casesBefore,
  type Delivery,
  emailOf,
  isLogThere,
  type LoggedCase,
  lastCustomers,
  newestDeliveries,
  readEvents,
  readLog,
  upsertedBy,
} from "./support/support-log.ts";

const CASES = 890;
const CUSTOMERS = ["cust-a", "cust-b", "cust-c"] as const;
const DEFAULT_WORKSPACE = "ws-default";
const CSAM = { email: "csam@provider.example", roles: ["Csam"] } as const satisfies TokenRequest;
/** By then the cases are open, closed and waiting for their people. */
const MIDDLE = "2016-03-04T12:00:00.000Z";

const requestSchema = z.object({
  customerId: z.string(),
  number: z.string(),
  title: z.string(),
  product: z.string().nullable(),
  severity: z.string(),
  status: z.string(),
  createdAt: z.string(),
  changedAt: z.string(),
  workspaceId: z.string(),
  primaryContact: z.object({ email: z.string() }).nullable(),
});
const countedSchema = z.object({ count: z.int(), value: z.array(z.object({ number: z.string() })) });

const at = (name: string, customerId: string): TokenRequest => ({ email: `${name}@${customerId}.example` });

/** Cases of callers with an even number are those of a second workspace. */
const isElsewhere = (caller: string): boolean => Number(caller.split(" ")[1]) % 2 === 0;

type Narrowed = readonly [filter: string, holds: (each: LoggedCase) => boolean];

/** A year of a real service desk's log. It is not part of the project: where it is absent this is skipped. */
describe.skipIf(!isLogThere)(
  "the cases of a real service desk as support requests",
  { timeout: 120_000 },
  () => {
    let api: RunningApi;
    let log: readonly LoggedCase[];
    let deliveries: readonly Delivery[];
    const second = new Map<string, string>();
    const callers = new Map<string, string>();

    const workspaceOf = (customerId: string, caller: string): string =>
      isElsewhere(caller) ? (second.get(customerId) ?? "") : DEFAULT_WORKSPACE;

    beforeAll(async () => {
      log = readLog();
      const events = readEvents();
      deliveries = events.deliveries;
      expect(casesBefore(log)).toHaveLength(CASES);
      api = await startApi();
      await api.send(
        events.agreements.map(({ data, ...event }) => JSON.stringify({ ...event, data: running(data) })),
      );
      await api.drained();
      for (const customerId of CUSTOMERS) await setUp(customerId);
    }, 120_000);

    afterAll(() => api.stack.stop());

    /** A second workspace, people who see all of the customer, and the caller who has most cases there. */
    async function setUp(customerId: string): Promise<void> {
      const administrator = at("second", customerId);
      const agreements = [{ agreementId: `agr-${customerId.slice(-1)}-base`, packageIds: [] }];
      const created = await createWorkspace(api, CSAM, customerId, {
        name: "Second",
        agreements,
        administrator,
      });
      second.set(customerId, created.workspaceId);
      await assign(api, CSAM, customerId, at("director", customerId).email, "customerAdministrator");
      await assign(
        api,
        at("director", customerId),
        customerId,
        at("desk", customerId).email,
        "supportRequestAdmin",
      );
      const caller = mostFrequent(casesOf(customerId).map((each) => each.caller));
      callers.set(customerId, caller);
      const [inviter, workspaceId] = isElsewhere(caller)
        ? [administrator, created.workspaceId]
        : [at("admin", customerId), DEFAULT_WORKSPACE];
      await join(api, inviter, { customerId, workspaceId }, { email: emailOf(customerId, caller) });
    }

    const casesOf = (customerId: string, before?: string): readonly LoggedCase[] =>
      casesBefore(log, before).filter((each) => each.customerId === customerId);

    /** Numbers of a list of one page, and how many it says there are. */
    async function counted(who: TokenRequest, query: Readonly<Record<string, string>>) {
      const asked = { path: "supportRequests", query: { maxpagesize: "1000", count: "true", ...query } };
      const answer = await api.ask(who, asked);
      expect(answer.status, answer.text).toBe(200);
      const { count, value } = answer.read(countedSchema);
      return { count, numbers: value.map(({ number }) => number).toSorted() };
    }

    const expected = (cases: readonly LoggedCase[]) => ({
      count: cases.length,
      numbers: cases.map(({ number }) => number).toSorted(),
    });

    describe.each([
      { when: "on a day in the middle", until: MIDDLE, events: () => newestDeliveries(deliveries, MIDDLE) },
      { when: "at the end", until: undefined, events: () => newestDeliveries(deliveries) },
      { when: "after old events came late", until: undefined, events: () => firstDeliveries(deliveries) },
    ])("$when", ({ until, events }) => {
      beforeAll(async () => {
        const customers = lastCustomers(deliveries);
        const lines = events().map((each) => {
          const { number, primaryContact } = each.data.request;
          const customerId = customers.get(number) ?? "";
          return upsertedBy(each, customerId, workspaceOf(customerId, primaryContact));
        });
        const tally = await api.send(shuffled(lines));
        expect(tally).toMatchObject({ posted: lines.length, rejected: 0, pending: 0 });
      }, 120_000);

      test("are all there, newest first and page by page, as the log has them", async () => {
        for (const customerId of CUSTOMERS) {
          const query = { customer: customerId };
          const list = await readAll(
            api,
            at("director", customerId),
            { path: "supportRequests", query },
            requestSchema,
          );
          expect(list.map((each) => each.createdAt)).toEqual(
            list
              .map((each) => each.createdAt)
              .toSorted()
              .toReversed(),
          );
          const shown = list.map(({ primaryContact, ...each }) => ({ ...each, by: primaryContact?.email }));
          const logged = casesOf(customerId, until).map(({ caller, ...each }) => ({
            ...each,
            workspaceId: workspaceOf(customerId, caller),
            by: emailOf(customerId, caller),
          }));
          expect(byNumber(shown)).toEqual(byNumber(logged));
        }
        expect(await counted(CSAM, {})).toEqual(expected(casesBefore(log, until)));
      });

      test("are filtered by status, severity, product, workspace and time of creation", async () => {
        for (const customerId of CUSTOMERS) {
          const cases = casesOf(customerId, until);
          for (const [filter, holds] of filtersFor(customerId, cases)) {
            const found = await counted(at("director", customerId), { customer: customerId, filter });
            expect([customerId, filter, found]).toEqual([customerId, filter, expected(cases.filter(holds))]);
          }
        }
      });

      const filtersFor = (customerId: string, cases: readonly LoggedCase[]): readonly Narrowed[] => {
        const elsewhere = second.get(customerId) ?? "";
        const days = ["2016-02-29", "2016-03-01", "2016-03-02"].map(
          (day): Narrowed => [
            `createdAt ge ${day}T00:00:00Z and createdAt lt ${day}T12:00:00Z`,
            ({ createdAt }) => createdAt >= `${day}T00:00:00.000Z` && createdAt < `${day}T12:00:00.000Z`,
          ],
        );
        const products = [...new Set(cases.map(({ product }) => product))].map(
          (product): Narrowed => [`product eq '${product}'`, (each) => each.product === product],
        );
        return [
          ...["open", "attentionNeeded", "closed"].map(
            (status): Narrowed => [`status eq '${status}'`, (each) => each.status === status],
          ),
          ...["critical", "moderate", "minimal"].map(
            (severity): Narrowed => [`severity eq '${severity}'`, (each) => each.severity === severity],
          ),
          ...products,
          ...days,
          [`workspaceId eq '${elsewhere}'`, ({ caller }) => isElsewhere(caller)],
          [`workspaceId eq '${DEFAULT_WORKSPACE}'`, ({ caller }) => !isElsewhere(caller)],
          [
            `status ne 'closed' and (severity eq 'critical' or product eq 'Category 45') and workspaceId eq '${elsewhere}'`,
            ({ status, severity, product, caller }) =>
              status !== "closed" &&
              (severity === "critical" || product === "Category 45") &&
              isElsewhere(caller),
          ],
          [
            `createdAt ge 2016-03-01T08:00:00Z and createdAt lt 2016-03-02T08:00:00Z and severity eq 'minimal'`,
            ({ createdAt, severity }) =>
              createdAt >= "2016-03-01T08:00:00.000Z" &&
              createdAt < "2016-03-02T08:00:00.000Z" &&
              severity === "minimal",
          ],
        ];
      };

      test("are found by words of their number and title, and by the beginning of a number", async () => {
        const texts = [
          "category 42",
          "SUBCATEGORY 170",
          "170 category",
          "inc0000047",
          "INC00001",
          "INC0000047",
          "printer",
        ];
        for (const customerId of CUSTOMERS) {
          const cases = casesOf(customerId, until);
          for (const search of texts) {
            const found = await counted(at("director", customerId), { customer: customerId, search });
            const matching = cases.filter((each) => isFoundBy(each, search));
            expect([customerId, search, found]).toEqual([customerId, search, expected(matching)]);
          }
          const both = { customer: customerId, search: "category 53", filter: "severity eq 'moderate'" };
          const matching = cases.filter(
            (each) => each.severity === "moderate" && isFoundBy(each, "category 53"),
          );
          expect(await counted(at("director", customerId), both)).toEqual(expected(matching));
        }
      });

      test("are in the order that was asked for", async () => {
        const ranks: Readonly<Record<string, number>> = { critical: 1, moderate: 2, minimal: 3 };
        const keys: Readonly<Record<string, (each: LoggedCase) => string | number>> = {
          number: (each: LoggedCase) => each.number,
          changedAt: (each: LoggedCase) => each.changedAt,
          product: (each: LoggedCase) => each.product,
          severity: (each: LoggedCase) => ranks[each.severity] ?? 0,
        };
        for (const [field, keyOf] of Object.entries(keys)) {
          const cases = new Map(casesOf("cust-b", until).map((each) => [each.number, each]));
          const query = { customer: "cust-b", orderby: `${field} asc`, maxpagesize: "70" };
          const asked = { path: "supportRequests", query };
          const list = await readAll(api, at("director", "cust-b"), asked, requestSchema);
          const inOrder = list.map(({ number }) => {
            const logged = cases.get(number);
            return logged === undefined ? undefined : keyOf(logged);
          });
          expect([field, inOrder]).toEqual([field, sorted([...cases.values()].map(keyOf))]);
        }
      });

      test("are seen by those whose they are: their workspace's administrator, the desk, their caller", async () => {
        for (const customerId of CUSTOMERS) {
          const cases = casesOf(customerId, until);
          const first = cases.filter(({ caller }) => !isElsewhere(caller));
          const others = cases.filter(({ caller }) => isElsewhere(caller));
          expect(await counted(at("admin", customerId), {})).toEqual(expected(first));
          expect(await counted(at("second", customerId), {})).toEqual(expected(others));
          expect(await counted(at("desk", customerId), { scope: "organization" })).toEqual(expected(cases));
          const caller = callers.get(customerId) ?? "";
          const own = cases.filter((each) => each.caller === caller);
          expect(own.length).toBeGreaterThan(1);
          const who = { email: emailOf(customerId, caller) };
          expect(await counted(who, { scope: "mine" })).toEqual(expected(own));
          expect(await counted(who, { search: "category" })).toEqual(
            expected(own.filter((each) => isFoundBy(each, "category"))),
          );
        }
        expect(await counted(at("nobody", "cust-a"), {})).toEqual(expected([]));
      });
    });
  },
);

/** Of agreements that ended long ago no more workspaces are made. */
const running = (data: Readonly<Record<string, unknown>>) => {
  const { packages } = z.object({ packages: z.array(z.looseObject({})) }).parse(data);
  const endDate = "2099-12-31";
  return {
    ...data,
    endDate,
    packages: packages.map((each) => ({ ...each, endDate })),
    accountTeam: [{ email: CSAM.email, name: "Csam", role: "csam" }],
  };
};

const firstDeliveries = (deliveries: readonly Delivery[]): readonly Delivery[] =>
  deliveries.filter(({ id }) => id.endsWith("-1"));

/** Words are letters and digits; all of a search occur, or it is the beginning of the number. */
function isFoundBy({ number, title }: LoggedCase, search: string): boolean {
  const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const words = new Set(wordsOf(`${number} ${title}`));
  return number.startsWith(search) || wordsOf(search).every((word) => words.has(word));
}

/** The same order every time, which is not that of the log. */
const shuffled = (lines: readonly string[]): readonly string[] => {
  const digests = new Map(lines.map((line) => [line, createHash("sha256").update(line).digest("hex")]));
  return lines.toSorted((left, right) => compare(digests.get(left) ?? "", digests.get(right) ?? ""));
};

function mostFrequent(values: readonly string[]): string {
  const groups = [...Map.groupBy(values, (value) => value)];
  const [most] = groups.toSorted(([, left], [, right]) => right.length - left.length);
  return most?.[0] ?? "";
}

const compare = (left: string | number, right: string | number): number => {
  if (left === right) return 0;
  return left < right ? -1 : 1;
};
const sorted = (keys: readonly (string | number)[]) => keys.toSorted(compare);
const byNumber = <Item extends { readonly number: string }>(items: readonly Item[]) =>
  items.toSorted((left, right) => compare(left.number, right.number));
