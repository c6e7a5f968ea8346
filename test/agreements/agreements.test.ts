import { describe, expect, it } from "vitest";
import { agreementEventDataSchema } from "../../src/agreements/agreement-event.ts";
import {
  type Customer,
  entitlementInUse,
  supportContactSeats,
  withAgreement,
} from "../../src/agreements/customer.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import type { AgreementFact } from "../../src/agreements/terms.ts";
import { everything } from "../../src/consumption/chosen.ts";
import { newHead } from "../../src/consumption/entry.ts";
import { readPage } from "../../src/consumption/selection.ts";
import { agreementEvent, basePackage, entitlement } from "../fakes/events.ts";

function fact(overrides: Record<string, unknown>, time: string): AgreementFact {
  const { data } = JSON.parse(agreementEvent(overrides));
  return { time, source: "/contracts", id: time, data: agreementEventDataSchema.parse(data) };
}

const first = fact({}, "2026-01-01T00:00:00.000Z");
const without = fact(
  { packages: [basePackage({ entitlements: [entitlement("ent-new", "advisory")] })] },
  "2026-02-01T00:00:00.000Z",
);

describe("the days of an agreement", () => {
  it.each(["9999-12-31", "2200-01-01", "0001-01-01"])(
    "are refused where no instant could be compared: %s",
    (endDate) => {
      const { data } = JSON.parse(agreementEvent({ endDate, startDate: endDate }));
      const parsed = agreementEventDataSchema.safeParse(data);
      expect(parsed.error?.issues.map(({ path }) => path.join("."))).toContain("endDate");
    },
  );

  it("may be as far apart as the years that are known", () => {
    const { data } = JSON.parse(agreementEvent({ startDate: "1990-01-01", endDate: "2199-12-31" }));
    expect(agreementEventDataSchema.safeParse(data).success).toBe(true);
  });
});

describe("a customer", () => {
  const folded = (facts: readonly AgreementFact[]): Customer | undefined =>
    facts.reduce<Customer | undefined>(withAgreement, undefined);

  it("keeps the entitlements that an amendment left out, whichever event came first", () => {
    for (const order of [
      [first, without],
      [without, first],
    ]) {
      const customer = folded(order);
      expect(customer?.agreements["agr-t-base"]?.entitlementIds).toEqual(
        ["ent-adv", "ent-crd", "ent-new", "ent-prs", "ent-pro", "ent-sdm"].toSorted(),
      );
      const other = fact({ agreementId: "agr-other" }, "2026-03-01T00:00:00.000Z");
      expect(entitlementInUse(customer, other.data)).toBe("ent-prs");
    }
  });

  it("has seats for support contacts in packages of agreements that run, whatever later day a package names", () => {
    const item = (packageId: string, startDate: string, endDate: string) => {
      const contacts = entitlement(`ent-${packageId}`, "supportContacts", { unit: "contacts" });
      return basePackage({ packageId, startDate, endDate, entitlements: [contacts] });
    };
    const old = fact(
      {
        packages: [
          item("pkg-long", "2026-01-01", "2027-12-31"),
          item("pkg-never", "2027-01-01", "2027-12-31"),
        ],
      },
      "2026-01-01T00:00:00.000Z",
    );
    const next = fact(
      {
        agreementId: "agr-next",
        startDate: "2027-01-01",
        endDate: "2027-12-31",
        packages: [item("pkg-next", "2027-01-01", "2027-12-31")],
      },
      "2026-12-01T00:00:00.000Z",
    );
    const seatsOn = (facts: readonly AgreementFact[], day: string) => {
      const customer = folded(facts) ?? expect.fail("there is no customer");
      return supportContactSeats(customer, day).map(({ packageId }) => packageId);
    };
    expect(seatsOn([old, next], "2026-12-31")).toEqual(["pkg-long"]);
    expect(seatsOn([old, next], "2027-01-01")).toEqual(["pkg-next"]);
    expect(seatsOn([old], "2027-06-01")).toEqual(["pkg-long"]);
  });

  it("has a home for cases of agreements that nobody knows beside those of none", async () => {
    const customer = withAgreement(undefined, first);
    const customerId = customerIdSchema.parse("cust-t");
    const asked: string[] = [];
    const never = () => Promise.reject(new Error("not to be asked"));
    const store: Parameters<typeof readPage>[0] = {
      ledger: async (ledgerId) => {
        asked.push(ledgerId);
        return { head: newHead(customerId, undefined), rollups: [] };
      },
      days: never,
      counted: never,
      daysIn: never,
      countedIn: never,
      lastAt: never,
    };
    const unknown = fact({ agreementId: "agr-typo" }, "2026-01-01T00:00:00.000Z").data.agreementId;
    const listed = { ...customer, ledgers: [...customer.ledgers, unknown] };
    await readPage(store, listed, everything, { named: undefined, asOf: undefined, at: first.time });
    expect(asked.toSorted()).toEqual(["cust-t/", "cust-t/agr-t-base", "cust-t/agr-typo"]);
  });
});
