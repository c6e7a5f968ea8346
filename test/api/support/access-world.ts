/** Who calls, and two customers that know nothing of each other. */
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, SignJWT } from "jose";
import * as z from "zod";
import type { TokenRequest } from "../../../local/tokens/claims.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement } from "../../fakes/events.ts";
import { eventually } from "../../local/service-bus-fixture.ts";
import { type RunningApi, UPSTREAM } from "./running-api.ts";
import { listSchema, rejectedEventSchema } from "./shapes.ts";

const CSAM = "csam@provider.example";

/** Callers with a valid token. */
export const people = {
  nobody: { email: "nobody@elsewhere.example" },
  adminOfA: { email: "admin@cust-a.example" },
  adminOfB: { email: "admin@cust-b.example" },
  contactOfA: { email: "contact@cust-a.example" },
  csamOfA: { email: CSAM, roles: ["Csam"] },
  /** Assigned to A, and the directory does not say that this is a CSAM. */
  csamOfAWithoutRole: { email: CSAM },
  /** The directory says so, and nobody assigned a customer. */
  csamOfNobody: { email: "other@provider.example", roles: ["Csam"] },
  coordinatorOfA: { email: "coordinator@provider.example", roles: ["AccountCoordinator"] },
  /** Assigned to A as coordinator: another role of the provider's opens nothing there. */
  coordinatorOfAAsCsam: { email: "coordinator@provider.example", roles: ["Csam"] },
  upstream: UPSTREAM,
} as const satisfies Readonly<Record<string, TokenRequest>>;

export type Person = keyof typeof people;
export type Caller = Person | "without token" | "with forged token";

// The names are those of the object above, no more.
export const persons = z.array(z.custom<Person>()).parse(Object.keys(people));
export const callers: readonly Caller[] = ["without token", "with forged token", ...persons];

/** `own` and `other` from where A stands. */
export type Target = "a" | "b" | "absent";
export const targets = ["a", "b", "absent"] as const satisfies readonly Target[];

/** Of each target, what routes name. */
export type Named = {
  readonly customerId: string;
  readonly agreementId: string;
  readonly entitlementId: string;
  readonly reportId: string;
  readonly rejectedEventId: string;
};

export type AccessWorld = {
  readonly named: Readonly<Record<Target, Named>>;
  readonly tokenOf: (caller: Caller) => Promise<string | undefined>;
};

export async function createAccessWorld(api: RunningApi): Promise<AccessWorld> {
  await api.send([...eventsOf("a"), ...eventsOf("b")]);
  const [reportOfA, reportOfB] = await Promise.all([makeReport(api, "a"), makeReport(api, "b")]);
  await api.drained();
  const absent = {
    customerId: "cust-x",
    agreementId: "agr-x-base",
    entitlementId: "ent-x-adv",
    // Of the form of the others, so that it is not the form that answers.
    reportId: reportOfA.replaceAll(/\w/g, "0"),
    rejectedEventId: `${new Date().toISOString().slice(0, 7)}~${"x".repeat(22)}`,
  };
  const forged = await forgedToken(await api.tokenFor(people.adminOfA));
  return {
    named: {
      a: await namesOf(api, "a", reportOfA),
      b: await namesOf(api, "b", reportOfB),
      absent,
    },
    tokenOf: async (caller) => {
      if (caller === "without token") return undefined;
      return caller === "with forged token" ? forged : api.tokenFor(people[caller]);
    },
  };
}

function eventsOf(customer: "a" | "b"): readonly string[] {
  const names = { customerId: `cust-${customer}`, agreementId: `agr-${customer}-base` };
  const admin = { name: "Admin", email: `admin@cust-${customer}.example` };
  const team = [
    { email: CSAM, role: "csam" },
    { email: "coordinator@provider.example", role: "accountCoordinator" },
  ];
  const agreement = {
    ...names,
    customerName: `Customer ${customer}`,
    servicesAdmin: admin,
    supportContacts: [{ name: "Contact", email: `contact@cust-${customer}.example` }],
    accountTeam: customer === "a" ? team : [],
    packages: [basePackage({ entitlements: [entitlement(`ent-${customer}-adv`, "advisory")] })],
  };
  const delivery = { ...names, entitlementId: `ent-${customer}-adv` };
  return [
    agreementEvent(agreement, { id: `activated-${customer}` }),
    deliveryEvent(`delivered-${customer}`, delivery),
    deliveryEvent(`wrong-${customer}`, { ...delivery, unit: "credits" }),
  ];
}

async function makeReport(api: RunningApi, customer: "a" | "b"): Promise<string> {
  const admin = customer === "a" ? people.adminOfA : people.adminOfB;
  const path = `customers/cust-${customer}/reports`;
  const json = { agreementId: `agr-${customer}-base`, period: { month: "2026-03" } };
  const asked = await api.ask(admin, { method: "POST", path, json });
  if (asked.status !== 202) throw new Error(`a report was refused: ${asked.text}`);
  const { id } = asked.read(z.object({ id: z.string() }));
  await eventually(async () => {
    const report = (await api.ask(admin, { path: `${path}/${id}` })).read(z.object({ status: z.string() }));
    if (report.status === "failed") throw new Error(`report ${id} failed`);
    return report.status === "succeeded" ? true : undefined;
  }, 30_000);
  return id;
}

async function namesOf(api: RunningApi, customer: "a" | "b", reportId: string): Promise<Named> {
  const list = await api.ask(UPSTREAM, { path: "rejectedEvents" });
  const { value } = list.read(listSchema(rejectedEventSchema));
  const rejected = value.find(({ event }) => event.id === `wrong-${customer}`);
  if (rejected === undefined) throw new Error(`customer ${customer} has no rejected event`);
  return {
    customerId: `cust-${customer}`,
    agreementId: `agr-${customer}-base`,
    entitlementId: `ent-${customer}-adv`,
    reportId,
    rejectedEventId: rejected.id,
  };
}

/** The same claims under the same key id, signed by somebody else. */
async function forgedToken(token: string): Promise<string> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  const { alg = "RS256", kid = "" } = decodeProtectedHeader(token);
  return new SignJWT(decodeJwt(token))
    .setProtectedHeader({ alg, kid, typ: "JWT" })
    .sign(createPrivateKey(pem));
}
