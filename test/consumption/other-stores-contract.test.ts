import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withMembership } from "../../src/access/person.ts";
import { customerSchema, withAgreement } from "../../src/agreements/customer.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { parseEventText } from "../../src/consumption/event.ts";
import { newRejectedEvent } from "../../src/consumption/rejected-event.ts";
import { agreementEvent } from "../fakes/events.ts";
import { storeTargets } from "./store-targets.ts";

let made = 0;
const freshCustomer = () => customerIdSchema.parse(`cust ñ%20'"+&地 ${++made}`);

describe.each(storeTargets)("the promises of the other stores, kept by $name", ({ open }) => {
  let opened: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(async () => {
    await opened.close();
  });

  it("saves a customer and a person only over the version that was read", async () => {
    const { customers, people } = opened.stores;
    const customer = someCustomer();
    const person = withMembership(undefined, `${made}@cust.example`, {
      customerId: customer.customerId,
      version: 1,
      language: "pl",
      roles: ["csam"],
      roleEnds: {},
      refusesPersonalAccounts: true,
      workspaces: {},
      administersAll: false,
      invitations: [],
    });
    if (person === undefined) throw new Error("a new membership makes a person");
    for (const [read, save] of [
      [() => customers.read(customer.customerId), (tag?: string) => customers.save(customer, tag)],
      [() => people.read(person.email), (tag?: string) => people.save(person, tag)],
    ] as const) {
      expect(await read()).toBeUndefined();
      expect(await save('"1"').catch(() => false)).toBe(false);
      expect(await save()).toBe(true);
      expect(await save()).toBe(false);
      const first = await read();
      expect(await save(first?.etag)).toBe(true);
      expect(await save(first?.etag)).toBe(false);
      expect((await read())?.etag).not.toBe(first?.etag);
    }
    expect((await customers.read(customer.customerId))?.value).toEqual(customer);
    expect((await people.read(person.email))?.value).toEqual(person);
  });

  it("keeps one rejection of one text, with its attempts, until it is resolved and again", async () => {
    const { rejectedEvents } = opened.stores;
    const { customerId } = someCustomer();
    const body = JSON.stringify({ id: "x", data: { customerId } });
    const reason = { code: "unknownAgreement", message: "…", target: "data.agreementId" };
    const first = newRejectedEvent(body, reason, "2026-11-20T10:00:00.000Z");
    await rejectedEvents.put(first);
    await rejectedEvents.put(
      newRejectedEvent(body, { ...reason, code: "other" }, "2026-11-20T11:00:00.000Z"),
    );
    const kept = async () => (await rejectedEvents.find("2026-11", first.id))?.value;
    expect(await kept()).toMatchObject({
      attempts: 2,
      rejectedAt: first.rejectedAt,
      lastAttemptAt: "2026-11-20T11:00:00.000Z",
      reason: { code: "other" },
    });
    expect(await rejectedEvents.mendable(customerId, "")).toEqual([]);
    await rejectedEvents.put(newRejectedEvent(body, reason, "2026-11-20T12:00:00.000Z"));
    expect((await rejectedEvents.mendable(customerId, "")).map(({ id }) => id)).toEqual([first.id]);
    await rejectedEvents.resolve(first.id, "2026-11-20T13:00:00.000Z");
    await rejectedEvents.resolve(first.id, "2026-11-20T14:00:00.000Z");
    expect(await kept()).toMatchObject({ status: "resolved", resolvedAt: "2026-11-20T13:00:00.000Z" });
    expect(await rejectedEvents.mendable(customerId, "")).toEqual([]);
    await rejectedEvents.put(newRejectedEvent(body, reason, "2026-11-20T15:00:00.000Z"));
    expect(await kept()).toMatchObject({ status: "rejected", attempts: 4 });
    expect((await kept())?.resolvedAt).toBeUndefined();
    expect((await rejectedEvents.findMany("2026-11", [first.id, "none"])).map(({ id }) => id)).toEqual([
      first.id,
    ]);
    expect(await rejectedEvents.find("2026-10", first.id)).toBeUndefined();
    for (const month of ["2026-10", "2026-11"])
      await rejectedEvents.resolveIn(month, first.id, `${month}-20T16:00:00.000Z`);
    await rejectedEvents.resolveIn("2026-11", first.id, "2026-11-20T17:00:00.000Z");
    expect(await kept()).toMatchObject({ status: "resolved", resolvedAt: "2026-11-20T16:00:00.000Z" });
  });

  it("pages rejections newest first, each once, by status and customer", async () => {
    const { rejectedEvents } = opened.stores;
    const { customerId } = someCustomer();
    const events = Array.from({ length: 7 }, (_, index) =>
      newRejectedEvent(
        JSON.stringify({ id: `x${index}`, data: { customerId } }),
        { code: "some", message: "…" },
        `2026-09-0${1 + (index >> 1)}T00:00:00.000Z`,
      ),
    );
    for (const event of events) await rejectedEvents.put(event);
    const [resolved] = events;
    await rejectedEvents.resolve(resolved?.id ?? "", "2026-09-09T00:00:00.000Z");
    const seen: (typeof events)[number][] = [];
    for (;;) {
      const page = await rejectedEvents.page({
        month: "2026-09",
        after: seen.at(-1),
        status: "rejected",
        customerIds: [customerId],
        limit: 2,
      });
      if (page.length === 0) break;
      seen.push(...page);
    }
    const newestFirst = events
      .slice(1)
      .toSorted((left, right) =>
        `${left.rejectedAt}${left.id}` < `${right.rejectedAt}${right.id}` ? 1 : -1,
      );
    expect(seen.map(({ id }) => id)).toEqual(newestFirst.map(({ id }) => id));
  });
});

function someCustomer() {
  const customerId = freshCustomer();
  const parsed = parseEventText(agreementEvent({ customerId }));
  if (parsed.outcome === "rejected" || parsed.event.kind !== "agreement") throw new Error("not an agreement");
  return customerSchema.parse(withAgreement(undefined, parsed.event));
}
