import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { agreementEvent, basePackage, CUSTOMER, deliveryEvent, entitlement } from "../fakes/events.ts";
import { type RunningApi, startApi } from "./support/running-api.ts";

const CSAM = { email: "csam@provider.example", roles: ["Csam"] } as const;
const ENTITLEMENTS = 50;
const WORKSPACES = 20;
const BYTES_MAX = 64 * 1024;

let api: RunningApi;

beforeAll(async () => {
  api = await startApi();
  const entitlements = Array.from({ length: ENTITLEMENTS }, (_, index) =>
    entitlement(`ent-${index}`, "proactive", { name: `Proactive service number ${index} of the agreement` }),
  );
  const team = [{ email: CSAM.email, role: "csam" }];
  const packages = [basePackage({ entitlements })];
  await api.send([agreementEvent({ accountTeam: team, packages })]);
  await api.drained();
});

afterAll(() => api.stack.stop());

test(`the page of ${ENTITLEMENTS} entitlements used in ${WORKSPACES} workspaces has at most 64 KB`, async () => {
  const path = `customers/${CUSTOMER}`;
  const ids = ["ws-default"];
  while (ids.length < WORKSPACES) {
    const json = {
      name: `Workspace number ${ids.length} of the customer`,
      agreements: [{ agreementId: "agr-t-base" }],
      administrator: { email: `admin${ids.length}@cust-t.example` },
    };
    const made = await api.ask(CSAM, { method: "POST", path: `${path}/workspaces`, json });
    ids.push(made.read(z.object({ workspaceId: z.string() })).workspaceId);
  }
  const deliveries = ids.flatMap((workspaceId, workspace) =>
    Array.from({ length: ENTITLEMENTS }, (_, index) =>
      deliveryEvent(`d-${workspace}-${index}`, {
        entitlementId: `ent-${index}`,
        service: "proactive",
        workspaceId,
      }),
    ),
  );
  expect(await api.send(deliveries)).toMatchObject({ recorded: deliveries.length });
  const page = await api.ask(CSAM, { path: `${path}/activity` });
  const { workspaces } = page.read(z.object({ workspaces: z.array(z.unknown()) }));
  expect(workspaces).toHaveLength(WORKSPACES);
  const bytes = Buffer.byteLength(page.text);
  expect(bytes).toBeLessThanOrEqual(BYTES_MAX);
  expect(page.text.split('"entitlementId"').length - 1).toBe(ENTITLEMENTS);
});
