import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agreementEvent } from "../fakes/events.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";

const ADMIN = { email: "admin@cost.example" } as const;
const STRANGER = { email: "stranger@cost.example" } as const;
const FORMS = ["customers/cust-t/reports", "customers/cust-b/reports", "customers/cust-t/workspaces/ws-x"];

describe.each([
  { cacheSeconds: "0", again: 1 },
  { cacheSeconds: "60", again: 0 },
])("with access remembered for $cacheSeconds s", ({ cacheSeconds, again }) => {
  let api: RunningApi;

  beforeAll(async () => {
    api = await startApi({ given: { ACCESS_CACHE_SECONDS: cacheSeconds } });
    await api.send([agreementEvent({ servicesAdmin: { name: "Admin", email: ADMIN.email } })]);
    await api.drained();
  });
  afterAll(() => api.stack.stop());

  const requestsOf = async (work: () => Promise<unknown>) => {
    const from = api.stack.cosmos?.requests().at(-1)?.index ?? -1;
    await work();
    return api.stack.cosmos?.requests().filter(({ index }) => index > from) ?? [];
  };

  it("whoever is refused costs one point read of one document, and then none until it is forgotten", async () => {
    for (const path of FORMS) {
      const email = `${path.replaceAll(/\W/g, "-")}@cost.example`;
      const first = await requestsOf(() => api.ask({ email }, { path }));
      expect(first.map(({ method, path: where }) => [method, where.includes("/colls/people/docs/")])).toEqual(
        [["GET", true]],
      );
      expect(await requestsOf(() => api.ask({ email }, { path }))).toHaveLength(again);
    }
  });

  it("whoever is let in pays no more for access", async () => {
    expect((await api.ask(ADMIN, { path: "me" })).status).toBe(200);
    const me = await requestsOf(() => api.ask(ADMIN, { path: "me" }));
    expect(me).toHaveLength(again);
    const read = await requestsOf(() => api.ask(ADMIN, { path: "customers/cust-t" }));
    expect(read.filter(({ path }) => path.includes("/colls/people/"))).toHaveLength(again);
    expect(read.filter(({ path }) => !path.includes("/colls/people/"))).toHaveLength(1);
  });

  it("a person whom nobody knows is remembered as such, and no longer after being named", async () => {
    expect((await api.ask(STRANGER, { path: "customers/cust-t" })).status).toBe(404);
    await api.send([
      agreementEvent(
        { servicesAdmin: { name: "Stranger", email: STRANGER.email } },
        { id: "amended", type: "support.agreement.amended.v1", time: "2026-11-01T00:00:00Z" },
      ),
    ]);
    await api.drained();
    expect((await api.ask(STRANGER, { path: "customers/cust-t" })).status).toBe(200);
    expect((await api.ask(ADMIN, { path: "customers/cust-t/reports" })).status).toBe(404);
  });
});
