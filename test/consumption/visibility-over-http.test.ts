import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import type { TokenRequest } from "../../local/tokens/claims.ts";
import { linesOf, readAll, readRows } from "../api/support/pages.ts";
import { type RunningApi, startApi } from "../api/support/running-api.ts";
import { additionalCasesSchema, entitlementSchema, pageSchema } from "../api/support/shapes.ts";
import { agreementEvent, basePackage, CUSTOMER, deliveryEvent, entitlement } from "../fakes/events.ts";
import { eventually } from "../local/service-bus-fixture.ts";

const csam: TokenRequest = { email: "csam@provider.example", roles: ["Csam"] };
const anna: TokenRequest = { email: "anna@cust-t.example" };
const bruno: TokenRequest = { email: "bruno@cust-t.example" };
const path = `customers/${CUSTOMER}`;
/** In force whenever the tests run. */
const PERIOD = { startDate: "2024-01-01", endDate: "2099-12-31" };
const extra = { agreementId: "agr-t-extra", packageId: "pkg-extra", entitlementId: "ent-extra" };

const agreements = [
  agreementEvent({
    ...PERIOD,
    packages: [basePackage({ ...PERIOD, entitlements: [entitlement("ent-adv", "advisory")] })],
  }),
  agreementEvent(
    {
      ...PERIOD,
      agreementId: extra.agreementId,
      kind: "addOn",
      packages: [
        {
          ...basePackage({ ...PERIOD, packageId: extra.packageId, section: "addOn" }),
          entitlements: [entitlement(extra.entitlementId, "advisory")],
        },
      ],
    },
    { id: "extra" },
  ),
];

let api: RunningApi;
/** Anna's has the base agreement, Bruno's the add-on package. */
let workspaceA: string;
let workspaceB: string;

beforeAll(async () => {
  api = await startApi();
  await api.send(agreements);
  await api.drained();
  workspaceA = await createWorkspace(anna, { agreementId: "agr-t-base" });
  workspaceB = await createWorkspace(bruno, {
    agreementId: extra.agreementId,
    packageIds: [extra.packageId],
  });
  await api.send([
    deliveryEvent("d-default", { quantity: 5 }),
    ...[1, 2, 3].map((day) =>
      deliveryEvent(`d-a-${day}`, {
        quantity: day,
        workspaceId: workspaceA,
        deliveredAt: `2026-03-0${day}T10:00:00Z`,
      }),
    ),
    deliveryEvent("d-b", {
      ...extra,
      quantity: 100,
      workspaceId: workspaceB,
      deliveredAt: "2026-06-01T10:00:00Z",
    }),
    deliveryEvent("stray-b", { quantity: 40, workspaceId: workspaceB, deliveredAt: "2026-05-01T10:00:00Z" }),
  ]);
  await api.drained();
});
afterAll(() => api.stack.stop());

async function createWorkspace(administrator: TokenRequest, agreement: unknown): Promise<string> {
  const json = {
    name: administrator.email,
    agreements: [agreement],
    administrator: { email: administrator.email, name: administrator.email },
  };
  const created = await api.ask(csam, { method: "POST", path: `${path}/workspaces`, json });
  expect(created.status, created.text).toBe(201);
  const invited = z.object({ invitations: z.array(z.object({ invitationId: z.string() })) });
  const invitationId = await eventually(
    async () => (await api.ask(administrator, { path: "me" })).read(invited).invitations[0]?.invitationId,
  );
  const accepted = await api.ask(administrator, {
    method: "POST",
    path: `me/invitations/${invitationId}/accept`,
  });
  expect(accepted.status, accepted.text).toBeLessThan(300);
  return created.read(z.object({ workspaceId: z.string() })).workspaceId;
}

async function read<Schema extends z.ZodType>(
  caller: TokenRequest,
  resource: string,
  schema: Schema,
  query: Readonly<Record<string, string>> = {},
): Promise<z.output<Schema>> {
  const answer = await api.ask(caller, { path: `${path}/${resource}`, query });
  expect(answer.status, answer.text).toBe(200);
  return answer.read(schema);
}

/**
 * The whole answer: nothing that a test does not know of may differ either, but for links, which repeat what was asked for.
 */
const anything = z
  .looseObject({})
  .transform((body): unknown => JSON.parse(JSON.stringify(body, withoutLinks)));

const withoutLinks = (name: string, member: unknown): unknown => (/Links?$/.test(name) ? undefined : member);

async function statusOf(
  caller: TokenRequest,
  resource: string,
  query: Readonly<Record<string, string>> = {},
) {
  const { status, text } = await api.ask(caller, { path: `${path}/${resource}`, query });
  return [status, JSON.parse(text)?.error?.code];
}

describe("Customer Activity by workspace, on the running host", () => {
  it("is for a workspace administrator what the CSAM sees by choosing that workspace", async () => {
    for (const [caller, workspace] of [
      [anna, workspaceA],
      [bruno, workspaceB],
    ] as const) {
      const chosen = { workspaces: workspace };
      for (const asOf of [{}, { asOf: "2026-03-02T12:00:00Z" }]) {
        const expected = await read(csam, "activity", anything, { ...chosen, ...asOf });
        expect(await read(caller, "activity", anything, asOf)).toEqual(expected);
        expect(await read(caller, "activity", anything, { ...chosen, ...asOf })).toEqual(expected);
        expect(await read(caller, "additionalCases", anything, asOf)).toEqual(
          await read(csam, "additionalCases", anything, { ...chosen, ...asOf }),
        );
      }
    }
  });

  it("shows of each workspace its own, and of several the sum", async () => {
    const pageOf = (caller: TokenRequest, query = {}) => read(caller, "activity", pageSchema, query);
    const own = await pageOf(anna);
    expect(own.workspaces).toEqual([{ workspaceId: workspaceA }]);
    expect(own.agreements.map(({ agreementId }) => agreementId)).toEqual(["agr-t-base"]);
    expect([...linesOf(own).values()]).toMatchObject([
      { entitlementId: "ent-adv", consumed: 6, rows: 3, remaining: 589 },
    ]);
    expect(own.dataAsOf).toBe("2026-03-03T10:00:00.000Z");
    const other = await pageOf(bruno);
    expect(linesOf(other).get(extra.entitlementId)?.consumed).toBe(100);
    expect(other.additionalCases).toEqual({ minutes: 40, rows: 1 });
    const both = await pageOf(csam, { workspaces: `${workspaceA},${workspaceB}` });
    expect(linesOf(both).get("ent-adv")?.consumed).toBe(6);
    expect(linesOf(both).get(extra.entitlementId)?.consumed).toBe(100);
    const whole = await pageOf(csam);
    expect(linesOf(whole).get("ent-adv")?.consumed).toBe(11);
    expect(whole.workspaces).toHaveLength(3);
  });

  it("lists of a drill-down the rows of the caller's workspaces, and its last delivery", async () => {
    const entitlementPath = `${path}/entitlements/ent-adv`;
    const rows = await readRows(api, anna, entitlementPath, { maxpagesize: "2" });
    expect(rows.map(({ event }) => event.id)).toEqual(["d-a-3", "d-a-2", "d-a-1"]);
    expect(await readRows(api, csam, entitlementPath)).toHaveLength(4);
    expect(await read(anna, "entitlements/ent-adv", entitlementSchema)).toMatchObject({
      consumed: 6,
      dataAsOf: "2026-03-03T10:00:00.000Z",
    });
    const filter = { filter: "workspaceId eq 'ws-default'" };
    expect(await readRows(api, anna, entitlementPath, filter)).toEqual([]);
  });

  it("answers for what is of other workspaces as for what there is not", async () => {
    const absent = await statusOf(anna, "activity", { workspaces: "ws-nobody-knows" });
    expect(absent).toEqual([404, expect.any(String)]);
    expect(await statusOf(anna, "activity", { workspaces: workspaceB })).toEqual(absent);
    expect(await statusOf(anna, "activity", { workspaces: `${workspaceA},ws-default` })).toEqual(absent);
    expect(await statusOf(anna, "additionalCases", { workspaces: workspaceB })).toEqual(absent);
    expect(await statusOf(anna, "activity", { agreements: extra.agreementId })).toEqual(absent);
    expect(await statusOf(anna, "activity", { agreements: "agr-nobody-knows" })).toEqual(absent);
    for (const id of [extra.entitlementId, "ent-nobody-knows"]) {
      expect(await statusOf(anna, `entitlements/${id}`)).toEqual(absent);
      expect(await statusOf(anna, `entitlements/${id}/rows`)).toEqual(absent);
    }
    expect(await statusOf({ email: "nobody@elsewhere.example" }, "activity")).toEqual(absent);
  });

  it("moves a case to its entitlement when the missing link is made, and back (CA-16)", async () => {
    const link = `${path}/workspaces/${workspaceB}/agreements/agr-t-base`;
    const stateNow = async () => {
      const page = await read(bruno, "activity", pageSchema);
      return [linesOf(page).get("ent-adv")?.consumed, page.additionalCases.minutes];
    };
    expect(await stateNow()).toEqual([undefined, 40]);
    expect((await api.ask(csam, { method: "PUT", path: link })).status).toBe(200);
    expect(await stateNow()).toEqual([40, 0]);
    const cases = await read(bruno, "additionalCases", additionalCasesSchema);
    expect([cases.cases, cases.dataAsOf]).toEqual([0, null]);
    expect((await api.ask(csam, { method: "DELETE", path: link })).status).toBe(200);
    expect(await stateNow()).toEqual([undefined, 40]);
    const rows = z.object({ key: z.string(), reasons: z.array(z.string()) });
    expect(await readAll(api, bruno, { path: `${path}/additionalCases` }, rows)).toEqual([
      { key: "CASE-stray-b", reasons: ["agreementNotInWorkspace"] },
    ]);
    expect(await api.verifyLedgers()).toMatchObject({ differences: 0 });
  });
});
