import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agreementEventDataSchema } from "../../src/agreements/agreement-event.ts";
import { type Customer, withAgreement } from "../../src/agreements/customer.ts";
import { workspaceIdSchema } from "../../src/agreements/ids.ts";
import { entitlementsOf } from "../../src/agreements/terms.ts";
import { everything } from "../../src/consumption/chosen.ts";
import { entitlementAccount, ledgerIdOf } from "../../src/consumption/entry.ts";
import { figuresOf, linesOf } from "../../src/consumption/figures.ts";
import { balanceOf } from "../../src/consumption/grants.ts";
import { deliveryColumns, searchedCells } from "../../src/consumption/grid.ts";
import { readBalances } from "../../src/consumption/grid-balance.ts";
import { cellsOf, isCellName, keptCell, keptCells } from "../../src/consumption/grid-cells.ts";
import { type Contact, contactsOn, seatContacts } from "../../src/consumption/grid-contacts.ts";
import { rowCondition } from "../../src/consumption/grid-query.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement, reversalEvent } from "../fakes/events.ts";
import { seededRandom } from "../fakes/random.ts";
import { agreementId, customerId, memoryWorld } from "../reports/support/world.ts";

const ledgerId = ledgerIdOf(customerId, agreementId);
const account = entitlementAccount("ent-crd");
const workspaceId = workspaceIdSchema.parse("ws-default");

describe("cells", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 600 }),
    fc.constantFrom(`a${"😀".repeat(200)}`, null),
    fc.integer(),
  );
  const members = fc.dictionary(
    fc.constantFrom(
      "number",
      "title",
      "status",
      "openedAt",
      "learner",
      "startedAt",
      "assessment",
      "engagement",
    ),
    text,
  );
  const services = ["advisory", "education", "assessment", "proactiveCredits", "other", "none of these"];

  it("are of every column of their grid, bounded and well-formed where they are kept", () => {
    fc.assert(
      fc.property(fc.constantFrom(...services), members, members, (service, request, detail) => {
        const whole = cellsOf({ service, request, detail });
        const kept = keptCells({ service, request, detail });
        const names = Object.keys(whole).filter(isCellName);
        // No two columns of a grid have the same place.
        expect(Object.keys(kept)).toHaveLength(names.length);
        for (const name of names) {
          const value = keptCell(kept, name);
          expect(value === null).toBe(whole[name] === null);
          if (value === null) continue;
          expect(whole[name]?.slice(0, 255)).toBe(value.slice(0, 255));
          expect(value.length).toBeLessThanOrEqual(256);
          expect(value.isWellFormed()).toBe(true);
          if (name !== "number") expect(value).toMatch(/^\P{Cc}+$/u);
          if (name.endsWith("At")) expect(new Date(value).toISOString()).toBe(value);
        }
      }),
    );
  });

  it("hold times in UTC, and nothing for what is no time", () => {
    const startedAt = (value: unknown) =>
      cellsOf({ service: "education", detail: { startedAt: value } }).startedAt;
    expect(startedAt("2026-03-01T01:00:00+02:00")).toBe("2026-02-28T23:00:00.000Z");
    for (const wrong of ["2026-03-01", "yesterday", "0000-01-01T00:00:00Z", 7, null, undefined])
      expect(startedAt(wrong)).toBe(null);
  });
});

describe("what is asked of rows", () => {
  it("never becomes a part of the query's text", () => {
    const hostile = fc.string({ minLength: 1 }).map((text) => `zq${text}`);
    fc.assert(
      fc.property(hostile, hostile, (search, number) => {
        const condition = rowCondition({ search, case: number }, deliveryColumns.cases, searchedCells.cases);
        expect(condition?.query).not.toContain("zq");
        expect(condition?.parameters.map(({ value }) => value)).toEqual([search, number]);
      }),
    );
  });
});

describe("the balance after a row", () => {
  const day = (month: number, date: number): string =>
    new Date(Date.UTC(2026, month, date)).toISOString().slice(0, 10);
  const grant = fc
    .record({
      amount: fc.integer({ min: 1, max: 60 }),
      first: fc.integer({ min: 0, max: 300 }),
      days: fc.integer({ min: 1, max: 60 }),
      priority: fc.integer({ min: 0, max: 2 }),
    })
    .map(({ amount, first, days, priority }) => ({
      amount,
      priority,
      startDate: day(0, 1 + first),
      endDate: day(0, first + days),
    }));

  it("is that of all rows up to it one by one, whatever rows are asked for and whatever grants there are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.option(fc.array(grant, { minLength: 1, maxLength: 4 })),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.constantFrom("Europe/Madrid", "America/Sao_Paulo", "Asia/Kolkata"),
        async (grants, seed, timeZone) => {
          const random = seededRandom(seed);
          const allowance =
            grants === null
              ? { allowance: 60 }
              : {
                  allowance: undefined,
                  grants: grants.map((each, index) => ({ grantId: `g${index}`, ...each })),
                };
          const credits = entitlement("ent-crd", "proactiveCredits", { unit: "credits", ...allowance });
          const world = memoryWorld();
          await world.record(
            agreementEvent({ timeZone, packages: [basePackage({ entitlements: [credits] })] }),
          );
          const borders = (grants ?? []).flatMap(({ startDate, endDate }) => [startDate, endDate]);
          // On the first and last day an instant may be outside in some zone, and would be rejected.
          const others = Array.from({ length: 12 }, () => day(0, 2 + random.below(360)));
          const days = random
            .shuffled([...borders.filter((each) => each > "2026-01-01" && each < "2026-12-31"), ...others])
            .slice(0, 12);
          const deliveries = Array.from({ length: 40 }, (_, index) =>
            deliveryEvent(`d${index}`, {
              entitlementId: "ent-crd",
              service: "proactiveCredits",
              unit: "credits",
              quantity: 1 + random.below(6),
              deliveredAt: `${days[random.below(12)]}T${String(random.below(24)).padStart(2, "0")}:30:00Z`,
            }),
          );
          const back = [3, 9, 27].map((index) => reversalEvent(`b${index}`, `d${index}`, { quantity: 1 }));
          await world.record(...deliveries, ...back);
          const ledger = await world.activity.ledger(ledgerId);
          const terms = ledger?.head.terms;
          if (ledger === undefined || terms === undefined) throw new Error("there is no ledger");
          const at = "2026-12-31T00:00:00.000Z";
          const query = { chosen: everything, asOf: undefined, at };
          const [line] = linesOf(await figuresOf(world.activity, ledger, query));
          const [each] = entitlementsOf(terms);
          if (line === undefined || each === undefined) throw new Error("there is no entitlement");
          const rows = await world.activity.rows(ledgerId, {
            account,
            chosen: everything,
            asOf: undefined,
            sort: "deliveredAt",
            descending: false,
            after: undefined,
            filter: undefined,
            limit: 100,
          });
          expect(rows).toHaveLength(43);
          const asked = random.shuffled(rows).slice(0, 1 + random.below(43));
          const balances = await readBalances(world.activity, ledgerId, terms, line, asked);
          expect(balances.size).toBe(asked.length);
          // What is taken back has the instant of its delivery, and was not there before it.
          const inOrder = rows.toSorted(
            (left, right) =>
              Date.parse(left.at) - Date.parse(right.at) ||
              Number(left.quantity < 0) - Number(right.quantity < 0) ||
              (left.id < right.id ? -1 : 1),
          );
          for (const { id, at: rowAt } of asked) {
            const slices = inOrder.slice(0, 1 + inOrder.findIndex((row) => row.id === id));
            const total = slices.reduce((sum, { quantity }) => sum + quantity, 0);
            expect(balances.get(id)).toBe(balanceOf(terms, each, { total, slices }, rowAt).remaining);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it("is never more than the allowance: a delivery comes before what takes it back, whatever their ids", async () => {
    const credits = entitlement("ent-crd", "proactiveCredits", { unit: "credits", allowance: 60 });
    const world = memoryWorld();
    await world.record(agreementEvent({ packages: [basePackage({ entitlements: [credits] })] }));
    for (let index = 0; index < 12; index++) {
      const delivery = deliveryEvent(`d${index}`, {
        entitlementId: "ent-crd",
        service: "proactiveCredits",
        unit: "credits",
        quantity: 5,
        deliveredAt: `${day(0, 10 + index)}T10:00:00Z`,
      });
      await world.record(delivery, reversalEvent(`b${index}`, `d${index}`, { quantity: 5 }));
    }
    const ledger = await world.activity.ledger(ledgerId);
    const terms = ledger?.head.terms;
    if (ledger === undefined || terms === undefined) throw new Error("there is no ledger");
    const query = { chosen: everything, asOf: undefined, at: "2026-12-31T00:00:00.000Z" };
    const [figures] = linesOf(await figuresOf(world.activity, ledger, query));
    const rows = await world.activity.rows(ledgerId, {
      account,
      chosen: everything,
      asOf: undefined,
      sort: "deliveredAt",
      descending: false,
      after: undefined,
      filter: undefined,
      limit: 100,
    });
    const balances = await readBalances(world.activity, ledgerId, terms, figures ?? expect.fail(), rows);
    for (const { id, quantity } of rows) expect(balances.get(id)).toBe(quantity < 0 ? 60 : 55);
    expect(rows).toHaveLength(24);
    // The rows themselves stay in the order of their ids.
    expect(rows.some(({ quantity }, index) => index % 2 === 0 && quantity < 0)).toBe(true);
  });
});

describe("support contacts", () => {
  const packages = (...allowances: readonly (number | null)[]) =>
    allowances.map((allowance, index) =>
      basePackage({
        packageId: `pkg-${index}`,
        entitlements: [entitlement(`ent-con-${index}`, "supportContacts", { unit: "contacts", allowance })],
      }),
    );
  const customerWith = (...allowances: readonly (number | null)[]): Customer =>
    customerOf(packages(...allowances));
  const customerOf = (items: readonly unknown[]): Customer => {
    const event: unknown = JSON.parse(agreementEvent({ packages: items }));
    const data = agreementEventDataSchema.parse(Object(event).data);
    return withAgreement(undefined, { time: "2026-01-01T00:00:00.000Z", source: "/c", id: "1", data });
  };
  const contact = (index: number): Contact => ({
    memberId: String(index).padStart(22, "0"),
    workspaceId,
    since: `2026-01-${String(1 + (index % 28)).padStart(2, "0")}T00:00:00.000Z`,
  });

  it("are each on one package at most, up to what it allows but for the last, whatever their order", () => {
    const allowances = fc.array(fc.option(fc.integer({ min: 0, max: 5 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(allowances, fc.integer({ min: 0, max: 15 }), fc.nat(), (sizes, people, seed) => {
        const customer = customerWith(...sizes);
        const contacts = Array.from({ length: people }, (_, index) => contact(index));
        const at = "2026-06-01T00:00:00.000Z";
        const seated = [...seatContacts(customer, contacts, at).values()];
        expect(seated.flat()).toHaveLength(people);
        expect(new Set(seated.flat()).size).toBe(people);
        for (const [index, size] of sizes.entries()) {
          const isLast = index === sizes.length - 1;
          if (size !== null && !isLast) expect(seated[index]?.length).toBeLessThanOrEqual(size);
        }
        const shuffled = seededRandom(seed + 1).shuffled(contacts);
        expect([...seatContacts(customer, shuffled, at).values()]).toEqual(seated);
      }),
    );
  });

  it("change packages with the day in the customer's time zone, and keep the nearest one outside of all", () => {
    const halves = packages(5, 5).map((item, index) => ({
      ...item,
      ...(index === 0 ? { endDate: "2026-06-30" } : { startDate: "2026-07-01" }),
    }));
    const customer = customerOf(halves);
    const old = { ...contact(1), since: "2025-01-01T00:00:00.000Z" };
    const packageAt = (at: string): string[] =>
      [...seatContacts(customer, [old], at)].flatMap(([key, people]) => people.map(() => key));
    const [first, second] = ["pkg-0", "pkg-1"].map((packageId) => `${agreementId}\n${packageId}`);
    expect(packageAt("2026-06-30T21:59:59.999Z")).toEqual([first]);
    expect(packageAt("2026-06-30T22:00:00.000Z")).toEqual([second]);
    expect(packageAt("2025-01-01T00:00:00.000Z")).toEqual([first]);
    expect(packageAt("2027-06-01T00:00:00.000Z")).toEqual([second]);
  });

  it("are at an instant in the past only those of now who were some then", () => {
    const customer = customerWith(5);
    const contacts = [1, 2, 3].map(contact);
    const since = (at: string) => [...seatContacts(customer, contacts, at).values()].flat().length;
    expect(since("2026-01-02T23:59:59.999Z")).toBe(1);
    expect(since("2026-01-03T00:00:00.000Z")).toBe(2);
    expect(since("2026-06-01T00:00:00.000Z")).toBe(3);
  });

  it("take up none of an entitlement that ended", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent({ packages: packages(1) }));
    const amended = { type: "support.agreement.amended.v1", id: "amended", time: "2026-02-01T00:00:00Z" };
    const other = basePackage({
      packageId: "pkg-0",
      entitlements: [entitlement("ent-new", "supportContacts", { unit: "contacts", allowance: 1 })],
    });
    await world.record(agreementEvent({ packages: [other] }, amended));
    const terms = (await world.activity.ledger(ledgerId))?.head.terms;
    const seated = new Map([[`${agreementId}\npkg-0`, [contact(1), contact(2)]]]);
    const counts = entitlementsOf(terms ?? expect.fail("no terms")).map((each) => [
      each.entitlement.entitlementId,
      contactsOn(seated, agreementId, each).length,
    ]);
    expect(Object.fromEntries(counts)).toEqual({ "ent-new": 2, "ent-con-0": 0 });
  });
});
