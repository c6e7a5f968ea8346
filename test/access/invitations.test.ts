import { describe, expect, it } from "vitest";
import { INVITATION_SENDS_MAX } from "../../src/access/member.ts";
import type { RecorderStores } from "../../src/consumption/record.ts";
import { agreementEvent } from "../fakes/events.ts";
import { interleavedStores } from "../fakes/interleaved-stores.ts";
import { type MemoryStores, memoryStores } from "../fakes/memory-stores.ts";
import { seededRandom } from "../fakes/random.ts";
import { checkDirectory, documentsOf } from "./checks.ts";
import { CUSTOMER_ID } from "./given.ts";
import { type Operation, operate } from "./operations.ts";
import { accessTo, recordEvents } from "./world.ts";

const INVITED_AT = "2026-11-20T10:00:00.000Z";
const EXPIRES_AT = "2026-12-20T10:00:00.000Z";
const JUST_BEFORE = "2026-12-20T09:59:59.999Z";

const ana = { customerId: CUSTOMER_ID, workspace: "default", email: "ana@cust-t.example" };
const invite: Operation = { do: "invite", ...ana, roles: ["learningManager"] };
const resend: Operation = { do: "resend", ...ana };
const revoke: Operation = { do: "revoke", ...ana };
const accept: Operation = { do: "accept", ...ana };
const remove: Operation = { do: "remove", ...ana };
const close: Operation = {
  do: "changeWorkspace",
  ...ana,
  workspace: "second",
  patch: { status: "inactive" },
};

let keys = 0;
/** What it comes to, in one word. */
async function outcomeOf(stores: RecorderStores, operation: Operation, at: string): Promise<string> {
  try {
    const result = await operate(accessTo(stores), operation, { at, key: `key ${++keys}` });
    return result?.error?.code ?? result?.outcome ?? "done";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

async function customer(...operations: readonly Operation[]): Promise<MemoryStores> {
  const stores = memoryStores();
  await recordEvents(stores, [agreementEvent()]);
  for (const each of operations) await outcomeOf(stores, each, INVITED_AT);
  return stores;
}

const kept = (stores: MemoryStores) => documentsOf(stores, "member").find(({ email }) => email === ana.email);
const status = (stores: MemoryStores): string =>
  `${kept(stores)?.status ?? "none"} ${kept(stores)?.invitation?.status ?? "none"}`;
const sentTo = (stores: MemoryStores) => stores.messages().filter(({ to }) => to.email === ana.email);

/** How a person gets there, and the instant at which something is tried. */
const states = {
  stranger: { by: [], at: INVITED_AT },
  invited: { by: [invite], at: JUST_BEFORE },
  expired: { by: [invite], at: EXPIRES_AT },
  accepted: { by: [invite, accept], at: JUST_BEFORE },
  revoked: { by: [invite, revoke], at: JUST_BEFORE },
  removed: { by: [invite, accept, remove], at: JUST_BEFORE },
} as const;

const tries = { invite, resend, revoke, accept, remove };

/** Every cell: what it comes to; then, where something changes, what the person and the invitation are. */
const table: readonly (readonly [keyof typeof states, keyof typeof tries, string, string?])[] = [
  ["stranger", "invite", "invited", "invited pending"],
  ["stranger", "resend", "ResourceNotFound"],
  ["stranger", "revoke", "ResourceNotFound"],
  ["stranger", "accept", "ResourceNotFound"],
  ["stranger", "remove", "ResourceNotFound"],
  ["invited", "invite", "alreadyInvited"],
  ["invited", "resend", "done", "invited pending"],
  ["invited", "revoke", "done", "removed revoked"],
  ["invited", "accept", "done", "active accepted"],
  ["invited", "remove", "ResourceNotFound"],
  ["expired", "invite", "invited", "invited pending"],
  ["expired", "resend", "done", "invited pending"],
  ["expired", "revoke", "done", "removed revoked"],
  ["expired", "accept", "InvitationExpired"],
  ["expired", "remove", "ResourceNotFound"],
  ["accepted", "invite", "alreadyMember"],
  ["accepted", "resend", "ResourceNotFound"],
  ["accepted", "revoke", "ResourceNotFound"],
  ["accepted", "accept", "done"],
  ["accepted", "remove", "done", "removed accepted"],
  ["revoked", "invite", "invited", "invited pending"],
  ["revoked", "resend", "ResourceNotFound"],
  ["revoked", "revoke", "ResourceNotFound"],
  ["revoked", "accept", "ResourceNotFound"],
  ["revoked", "remove", "ResourceNotFound"],
  ["removed", "invite", "invited", "invited pending"],
  ["removed", "resend", "ResourceNotFound"],
  ["removed", "revoke", "ResourceNotFound"],
  ["removed", "accept", "ResourceNotFound"],
  ["removed", "remove", "ResourceNotFound"],
];

const cells = table.map(([state, what, outcome, after]) => ({ state, what, outcome, after }));

describe("an invitation", () => {
  it("has an outcome for every state and everything that can be tried", () => {
    expect(table).toHaveLength(Object.keys(states).length * Object.keys(tries).length);
  });

  it.each(cells)(
    "of somebody who is $state: $what comes to $outcome",
    async ({ state, what, outcome, after }) => {
      const stores = await customer(...states[state].by);
      const before = { status: status(stores), messages: sentTo(stores).length };
      expect(await outcomeOf(stores, tries[what], states[state].at)).toBe(outcome);
      expect(status(stores)).toBe(after ?? before.status);
      const isSent = after === "invited pending";
      expect(sentTo(stores)).toHaveLength(before.messages + (isSent ? 1 : 0));
      if (isSent) expect(kept(stores)?.invitation?.expiresAt).toBe(thirtyDaysAfter(states[state].at));
      checkDirectory(stores);
    },
  );

  it("can be accepted until the instant at which it expires, and no longer", async () => {
    expect(await outcomeOf(await customer(invite), accept, JUST_BEFORE)).toBe("done");
    expect(await outcomeOf(await customer(invite), accept, EXPIRES_AT)).toBe("InvitationExpired");
  });

  it("is sent ten times at most, the first time included; each time it starts anew", async () => {
    const stores = await customer(invite);
    for (let sends = 2; sends <= INVITATION_SENDS_MAX; sends++)
      expect(await outcomeOf(stores, resend, EXPIRES_AT)).toBe("done");
    expect(await outcomeOf(stores, resend, EXPIRES_AT)).toBe("TooManySends");
    expect(sentTo(stores)).toHaveLength(INVITATION_SENDS_MAX);
    expect(kept(stores)?.invitation).toMatchObject({
      sends: INVITATION_SENDS_MAX,
      createdAt: INVITED_AT,
      expiresAt: thirtyDaysAfter(EXPIRES_AT),
    });
    expect(await outcomeOf(stores, accept, thirtyDaysAfter(JUST_BEFORE))).toBe("done");
    checkDirectory(stores);
  });

  it("is not sent more often by taking it back and inviting again, until the last one has expired", async () => {
    const stores = await customer(invite);
    for (let sends = 2; sends <= INVITATION_SENDS_MAX; sends++) {
      expect(await outcomeOf(stores, revoke, INVITED_AT)).toBe("done");
      expect(await outcomeOf(stores, invite, INVITED_AT)).toBe("invited");
    }
    expect(await outcomeOf(stores, revoke, INVITED_AT)).toBe("done");
    expect(await outcomeOf(stores, invite, JUST_BEFORE)).toBe("TooManySends");
    expect(sentTo(stores)).toHaveLength(INVITATION_SENDS_MAX);
    expect(await outcomeOf(stores, invite, EXPIRES_AT)).toBe("invited");
  });

  it("gives the roles of the newest invitation, and none that the person had before", async () => {
    const stores = await customer(invite, accept, remove, { ...invite, roles: [] }, accept);
    expect(kept(stores)).toMatchObject({ status: "active", roles: [], groupIds: [], permissions: [] });
  });

  it("is to one workspace: to each of the others another one is needed (WS-05)", async () => {
    const second = { ...ana, workspace: "second" };
    const created: Operation = {
      do: "createWorkspace",
      ...second,
      email: "x@cust-t.example",
      agreementId: "agr-t-base",
    };
    const stores = await customer(created, invite, accept);
    expect(await outcomeOf(stores, { do: "accept", ...second }, JUST_BEFORE)).toBe("ResourceNotFound");
    expect(await outcomeOf(stores, { do: "invite", ...second, roles: [] }, JUST_BEFORE)).toBe("invited");
    checkDirectory(stores);
  });

  it("is neither made, sent again nor accepted while the workspace is closed, and can be taken back", async () => {
    const second = { ...ana, workspace: "second" };
    const stores = await customer({ do: "createWorkspace", ...second, agreementId: "agr-t-base" }, close);
    const other = { ...second, email: "other@cust-t.example" };
    expect(await outcomeOf(stores, { do: "invite", ...other, roles: [] }, JUST_BEFORE)).toBe(
      "WorkspaceInactive",
    );
    expect(await outcomeOf(stores, { do: "resend", ...second }, JUST_BEFORE)).toBe("WorkspaceInactive");
    expect(await outcomeOf(stores, { do: "accept", ...second }, JUST_BEFORE)).toBe("ResourceNotFound");
    expect(await outcomeOf(stores, { do: "revoke", ...second }, JUST_BEFORE)).toBe("done");
    checkDirectory(stores);
  });

  it.each([
    ["unified", undefined, "PersonalAccountRefused"],
    ["unified", true, "invited"],
    ["premier", undefined, "invited"],
    ["premier", false, "PersonalAccountRefused"],
  ])(
    "to a personal address under a %s agreement, allowed by hand: %s, comes to %s (WS-06)",
    async (plan, allowed, outcome) => {
      const stores = memoryStores();
      await recordEvents(stores, [agreementEvent({ plan })]);
      if (allowed !== undefined) {
        const patch = { allowsPersonalAccounts: allowed };
        await outcomeOf(stores, { do: "changeWorkspace", ...ana, patch }, INVITED_AT);
      }
      const bea = { ...ana, email: "bea@gmail.com" };
      expect(await outcomeOf(stores, { do: "invite", ...bea, roles: [] }, INVITED_AT)).toBe(outcome);
    },
  );

  it("is not accepted by, or sent again to, a personal account that the workspace refuses meanwhile", async () => {
    const stores = memoryStores();
    await recordEvents(stores, [agreementEvent({ plan: "premier" })]);
    const bea = { ...ana, email: "bea@gmail.com" };
    await outcomeOf(stores, { do: "invite", ...bea, roles: [] }, INVITED_AT);
    const patch = { allowsPersonalAccounts: false };
    await outcomeOf(stores, { do: "changeWorkspace", ...ana, patch }, INVITED_AT);
    const isPersonalAccount = true;
    expect(await outcomeOf(stores, { do: "accept", ...bea, isPersonalAccount }, INVITED_AT)).toBe(
      "PersonalAccountRefused",
    );
    expect(await outcomeOf(stores, { do: "resend", ...bea }, INVITED_AT)).toBe("PersonalAccountRefused");
  });
});

describe("at the same time", () => {
  /** @returns what each came to, for a hundred ways of overtaking each other. */
  async function race(before: readonly Operation[], ...racing: readonly Operation[]) {
    const ends: string[] = [];
    for (let seed = 1; seed <= 100; seed++) {
      const stores = await customer(...before);
      const interleaved = interleavedStores(stores, seededRandom(seed));
      const all = await Promise.all(racing.map((each) => outcomeOf(interleaved, each, INVITED_AT)));
      checkDirectory(stores);
      ends.push(`${all.join(" and ")}: ${status(stores)}, ${sentTo(stores).length} sent`);
    }
    return new Set(ends);
  }

  it("two inviters: one invites, and one finds the person invited", async () => {
    expect(await race([], invite, { ...invite, roles: [] })).toEqual(
      new Set([
        "invited and alreadyInvited: invited pending, 1 sent",
        "alreadyInvited and invited: invited pending, 1 sent",
      ]),
    );
  });

  it("accepting and taking back: exactly one of them", async () => {
    expect(await race([invite], accept, revoke)).toEqual(
      new Set([
        "done and ResourceNotFound: active accepted, 1 sent",
        "ResourceNotFound and done: removed revoked, 1 sent",
      ]),
    );
  });

  it("accepting twice: a member once", async () => {
    expect(await race([invite], accept, accept)).toEqual(new Set(["done and done: active accepted, 1 sent"]));
  });

  it("sending again and accepting: both, or no message to a member", async () => {
    expect(await race([invite], resend, accept)).toEqual(
      new Set([
        "done and done: active accepted, 2 sent",
        "ResourceNotFound and done: active accepted, 1 sent",
      ]),
    );
  });
});

const thirtyDaysAfter = (at: string): string => new Date(Date.parse(at) + 30 * 86_400_000).toISOString();
