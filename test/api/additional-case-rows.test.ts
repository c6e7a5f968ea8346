import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import {
  agreementEvent,
  basePackage,
  CUSTOMER,
  deliveryEvent,
  entitlement,
  reversalEvent,
} from "../fakes/events.ts";
import { seededRandom } from "../fakes/random.ts";
import { readAll } from "./support/pages.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";
import { additionalCasesSchema } from "./support/shapes.ts";

const ADMIN: TokenRequest = { email: "admin@cust-t.example" };
const PATH = `customers/${CUSTOMER}/additionalCases`;
const PERIOD = { startDate: "2024-01-01", endDate: "2026-03-31" };

const rowSchema = z.object({
  rowId: z.string(),
  kind: z.enum(["delivery", "reversal"]),
  number: z.string().nullable(),
  title: z.string().nullable(),
  service: z.string(),
  category: z.string().nullable(),
  reasons: z.array(z.string()),
  deliveredAt: z.string(),
  deliveredMinutes: z.int(),
  agreementId: z.string().nullable(),
  event: z.object({ id: z.string() }),
  reverses: z.object({ id: z.string() }).nullable(),
});
type Row = z.infer<typeof rowSchema>;
const link = z.object({ rowsLink: z.url() });
const viewSchema = additionalCasesSchema.extend({
  value: z.array(link.extend({ key: z.string(), minutes: z.int(), rows: z.int() })),
  services: z.array(link.extend({ service: z.string(), requests: z.int(), minutes: z.int() })),
  reasonLinks: z.record(z.string(), z.url()),
  rowsLink: z.url(),
});

const agreement = agreementEvent({
  ...PERIOD,
  packages: [basePackage({ ...PERIOD, entitlements: [entitlement("ent-adv", "advisory")] })],
});

const random = seededRandom(77);
const targets = [{}, { agreementId: "agr-nobody-knows" }, { agreementId: undefined }] as const;

/** Of two services, booked to the agreement, to one that nobody knows or to none; some with a category, some too late. */
const deliveries = Array.from({ length: 60 }, (_, index) => {
  const target = random.pick(targets);
  return deliveryEvent(`d-${index}`, {
    service: random.pick(["advisory", "problemResolution"]),
    packageId: undefined,
    entitlementId: undefined,
    quantity: 1 + random.below(30),
    deliveredAt: `2026-0${1 + random.below(5)}-1${random.below(3)}T10:00:00Z`,
    request:
      index % 10 === 0
        ? undefined
        : {
            number: `CASE-${random.below(12)}`,
            title: `Title ${index}`,
            category: random.pick([null, "SU", "X85"]),
          },
    ...target,
  });
});
const bookedSchema = z.object({
  data: z.object({
    agreementId: z.string().optional(),
    request: z.object({ number: z.string() }).optional(),
  }),
});
const booked = deliveries.map((body) => bookedSchema.parse(JSON.parse(body)).data);
/** Everything of these cases is taken back, and of one without a number. */
const TAKEN_BACK = ["CASE-2", "CASE-7"];
const WITHOUT_NUMBER = 10;
const whole = booked.flatMap(({ request }, index) =>
  TAKEN_BACK.includes(request?.number ?? "") || index === WITHOUT_NUMBER ? [index] : [],
);
const inPart = [3, 14, 25, 40].filter((index) => !whole.includes(index));
const reversals = [...whole, ...inPart].map((index) =>
  reversalEvent(`back-${index}`, `d-${index}`, {
    agreementId: booked[index]?.agreementId,
    ...(inPart.includes(index) ? { quantity: 1 } : {}),
  }),
);

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
  await api.send([agreement, ...deliveries, ...reversals]);
});
afterAll(() => api.stack.stop());

const rowsAt = (path: string, query: Readonly<Record<string, string>> = {}): Promise<Row[]> =>
  readAll(api, ADMIN, { path, query }, rowSchema);
const minutesOf = (rows: readonly Row[]): number =>
  rows.reduce((sum, { deliveredMinutes }) => sum + deliveredMinutes, 0);
const keyOf = ({ number, event, reverses }: Row): string => number ?? reverses?.id ?? event.id;
const groupsOf = (rows: readonly Row[]) => [...Map.groupBy(rows, keyOf).values()];
/** Of which something is left. */
const casesOf = (rows: readonly Row[]): number =>
  groupsOf(rows).filter((group) => minutesOf(group) > 0).length;

async function view(query: Readonly<Record<string, string>> = {}) {
  const answer = await api.ask(ADMIN, { path: PATH, query: { maxpagesize: "1000", ...query } });
  expect(answer.status, answer.text).toBe(200);
  return answer.read(viewSchema);
}

describe("the rows of additional cases", () => {
  const scopes: Readonly<Record<string, string>>[] = [
    {},
    { agreements: "agr-t-base" },
    { asOf: "2026-03-11T12:00:00Z" },
    { workspaces: "ws-default" },
  ];

  test.each(scopes)("are those behind every total that the view gives, for %o", async (scope) => {
    const shown = await view(scope);
    expect(shown.cases).toBeGreaterThan(3);
    const all = await rowsAt(shown.rowsLink, { maxpagesize: "7" });
    expect([casesOf(all), minutesOf(all), all.length]).toEqual([shown.cases, shown.minutes, shown.rows]);
    expect(new Set(all.map(({ rowId, agreementId }) => `${agreementId} ${rowId}`)).size).toBe(all.length);
    for (const { service, requests, minutes, rowsLink } of shown.services) {
      const rows = await rowsAt(rowsLink, { maxpagesize: "5" });
      expect(new Set(rows.map((row) => row.service))).toEqual(new Set([service]));
      expect([service, casesOf(rows), minutesOf(rows)]).toEqual([service, requests, minutes]);
    }
    expect(Object.keys(shown.reasonLinks).toSorted()).toEqual(Object.keys(shown.reasons).toSorted());
    for (const [reason, rowsLink] of Object.entries(shown.reasonLinks))
      expect([reason, casesOf(await rowsAt(rowsLink))]).toEqual([reason, shown.reasons[reason]]);
    for (const { key, minutes, rows, rowsLink } of shown.value) {
      const own = await rowsAt(rowsLink);
      expect([key, own.length, minutesOf(own)]).toEqual([key, rows, minutes]);
    }
  });

  test("of which everything was taken back are listed, and counted as no request", async () => {
    const shown = await view();
    const all = await rowsAt(`${PATH}/rows`);
    const gone = groupsOf(all).filter((group) => minutesOf(group) === 0);
    expect(gone.length).toBe(TAKEN_BACK.length + 1);
    expect(shown.cases).toBe(groupsOf(all).length - gone.length);
    const listed = new Map(shown.value.map(({ key, minutes, rows }) => [key, [minutes, rows]]));
    for (const number of TAKEN_BACK) {
      const rows = all.filter((row) => row.number === number);
      expect(rows.length).toBeGreaterThan(1);
      const own = shown.value.filter(({ key }) => key === number);
      expect(own.map(({ minutes }) => minutes)).toEqual(own.map(() => 0));
      expect(own.reduce((sum, each) => sum + each.rows, 0)).toBe(rows.length);
    }
    expect([...listed.values()].filter(([minutes, rows]) => minutes === 0 && rows === 2)).not.toEqual([]);
  });

  test("show of a reversal what it takes back", async () => {
    const rows = await rowsAt(`${PATH}/rows`);
    const back = rows.filter(({ kind }) => kind === "reversal");
    const here = new Set(rows.map(({ event }) => event.id));
    expect(back).toHaveLength([...whole, ...inPart].filter((index) => here.has(`d-${index}`)).length);
    expect(back.length).toBeGreaterThan(inPart.length);
    for (const { reverses, title, category, reasons, service } of back) {
      const taken = rows.find(({ event }) => event.id === reverses?.id);
      expect({ title, category, reasons, service }).toEqual({
        title: taken?.title,
        category: taken?.category,
        reasons: taken?.reasons,
        service: taken?.service,
      });
    }
  });

  test("say that all of them are there, and refuse what is no service, reason or case", async () => {
    const answer = await api.ask(ADMIN, { path: `${PATH}/rows` });
    expect(answer.read(z.object({ rows: z.string() })).rows).toBe("all");
    expect(await rowsAt(`${PATH}/rows`, { case: "CASE-NONE" })).toEqual([]);
    for (const query of [{ service: "none" }, { reason: "none" }, { case: "" }])
      expect((await api.ask(ADMIN, { path: `${PATH}/rows`, query })).status).toBe(400);
    expect((await api.ask({ email: "nobody@else.example" }, { path: `${PATH}/rows` })).status).toBe(404);
  });
});
