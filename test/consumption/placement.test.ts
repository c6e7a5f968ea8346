import { describe, expect, it } from "vitest";
import { DEFAULT_WORKSPACE_ID, packageIdSchema, workspaceIdSchema } from "../../src/agreements/ids.ts";
import { type AgreementLinks, foldTerms, type Terms } from "../../src/agreements/terms.ts";
import { parseEventText } from "../../src/consumption/event.ts";
import { place } from "../../src/consumption/posting.ts";
import { agreementEvent, basePackage, deliveryEvent, entitlement } from "../fakes/events.ts";

type Json = Record<string, unknown>;

function termsOf(...bodies: readonly string[]): Terms {
  const facts = bodies.map((body) => {
    const parsed = parseEventText(body);
    if (parsed.outcome === "rejected" || parsed.event.kind !== "agreement")
      throw new Error("not an agreement");
    return parsed.event;
  });
  const terms = foldTerms(facts);
  if (terms === undefined) throw new Error("no agreement");
  return terms;
}

/** `account` and reasons, or the code of the rejection. */
function placed(
  delivery: Json,
  terms: Terms | undefined,
  workspace: string = DEFAULT_WORKSPACE_ID,
  links: AgreementLinks = {},
): string {
  const parsed = parseEventText(deliveryEvent("d", delivery));
  if (parsed.outcome === "rejected" || parsed.event.kind !== "delivery") throw new Error("not a delivery");
  const placement = place(parsed.event, { terms, links }, workspaceIdSchema.parse(workspace));
  if (placement.outcome === "rejected") return placement.rejection.code;
  const { account, reasons = [] } = placement.posting;
  return [account, ...reasons].join(" ");
}

const terms = termsOf(agreementEvent());

describe("additional cases (CA-14): every combination of the reasons", () => {
  const contracts = {
    "no agreement": { known: undefined, members: { packageId: undefined, entitlementId: undefined } },
    "an unknown package": { known: terms, members: { packageId: "pkg-none", entitlementId: undefined } },
    "an unknown entitlement": { known: terms, members: { entitlementId: "ent-none" } },
    "another service's entitlement": { known: terms, members: { entitlementId: "ent-pro" } },
    "a known entitlement": { known: terms, members: {} },
    "the one entitlement of its service": {
      known: terms,
      members: { packageId: undefined, entitlementId: undefined },
    },
  };
  const combinations = Object.entries(contracts).flatMap(([contract, { known, members }]) =>
    [true, false].flatMap((inside) =>
      [true, false].flatMap((linked) =>
        [null, "SU", "DSA", "X85", "REC"].map((category) => ({
          contract,
          inside,
          linked,
          category,
          known,
          members,
        })),
      ),
    ),
  );

  it("are a table of 120 rows", () => {
    expect(combinations).toHaveLength(120);
  });

  it.each(combinations)("$contract, inside: $inside, linked: $linked, category: $category", (row) => {
    const { contract, inside, linked, category, known, members } = row;
    const deliveredAt = inside ? "2026-06-01T12:00:00Z" : "2027-06-01T12:00:00Z";
    const expected = [
      ...(known !== undefined && !inside ? ["agreementExpired"] : []),
      ...(known !== undefined && !linked ? ["agreementNotInWorkspace"] : []),
      ...(matching.has(contract) ? [] : ["noMatchingEntitlement"]),
      ...(category === null ? [] : ["category"]),
    ];
    const account = expected.length === 0 ? "e:ent-adv" : "a:advisory:minutes";
    const request = { number: "CASE-1", category };
    expect(
      placed({ ...members, deliveredAt, request }, known, linked ? DEFAULT_WORKSPACE_ID : "ws-other"),
    ).toBe([account, ...expected].join(" "));
  });
});

const matching = new Set(["a known entitlement", "the one entitlement of its service"]);

describe("where a delivery counts", () => {
  it("is nowhere for any other service than cases, if anything is missing", () => {
    const proactive = { service: "proactive", entitlementId: "ent-pro" };
    expect(placed(proactive, terms)).toBe("e:ent-pro");
    expect(placed(proactive, undefined)).toBe("unknownAgreement");
    expect(placed({ ...proactive, packageId: "pkg-none" }, terms)).toBe("unknownPackage");
    expect(placed({ ...proactive, entitlementId: "ent-none" }, terms)).toBe("unknownEntitlement");
    expect(placed({ ...proactive, entitlementId: "ent-adv" }, terms)).toBe("wrongService");
    expect(placed({ ...proactive, unit: "credits" }, terms)).toBe("wrongUnit");
    expect(placed({ ...proactive, deliveredAt: "2027-06-01T12:00:00Z" }, terms)).toBe("outsideAgreement");
    expect(placed({ service: "other", entitlementId: "ent-sdm" }, terms)).toBe("notConsumable");
  });

  it("is an additional case for a case in minutes whose entitlement cannot take it, and for one in another unit only an entitlement", () => {
    const inCredits = termsOf(
      agreementEvent({
        packages: [basePackage({ entitlements: [entitlement("ent-adv", "advisory", { unit: "credits" })] })],
      }),
    );
    expect(placed({}, inCredits)).toBe("a:advisory:minutes noMatchingEntitlement");
    expect(placed({ unit: "credits" }, inCredits)).toBe("e:ent-adv");
    expect(placed({ unit: "credits" }, terms)).toBe("wrongUnit");
    expect(placed({ unit: "credits" }, undefined)).toBe("wrongUnit");
  });

  it("is the one entitlement of its service that covers the day, where a renewal added another for its own time", () => {
    const renewed = termsOf(
      agreementEvent({
        endDate: "2027-12-31",
        packages: [
          basePackage({ entitlements: [entitlement("year-1", "advisory")] }),
          basePackage({
            packageId: "pkg-2027",
            startDate: "2027-01-01",
            endDate: "2027-12-31",
            entitlements: [entitlement("year-2", "advisory")],
          }),
        ],
      }),
    );
    const unnamed = { packageId: undefined, entitlementId: undefined };
    expect(placed({ ...unnamed, deliveredAt: "2026-06-01T12:00:00Z" }, renewed)).toBe("e:year-1");
    expect(placed({ ...unnamed, deliveredAt: "2027-06-01T12:00:00Z" }, renewed)).toBe("e:year-2");
  });

  it("is not guessed where an agreement has two entitlements of its service", () => {
    const two = termsOf(
      agreementEvent({
        packages: [
          basePackage({
            entitlements: [
              entitlement("a1", "advisory"),
              entitlement("a2", "advisory"),
              entitlement("p1", "proactive"),
              entitlement("p2", "proactive"),
            ],
          }),
        ],
      }),
    );
    const unnamed = { packageId: undefined, entitlementId: undefined };
    expect(placed(unnamed, two)).toBe("a:advisory:minutes noMatchingEntitlement");
    expect(placed({ ...unnamed, service: "proactive" }, two)).toBe("ambiguousEntitlement");
    expect(placed({ ...unnamed, entitlementId: "a2" }, two)).toBe("e:a2");
  });

  it("is an entitlement where its package is linked to the workspace, and an additional case elsewhere (WS-03)", () => {
    const both = termsOf(
      agreementEvent({
        packages: [
          basePackage({ entitlements: [entitlement("ent-adv", "advisory")] }),
          basePackage({
            packageId: "pkg-extra",
            section: "addOn",
            entitlements: [entitlement("ent-prs", "problemResolution")],
          }),
        ],
      }),
    );
    const extra = { service: "problemResolution", packageId: "pkg-extra", entitlementId: "ent-prs" };
    const whole = { isLinked: true, packageIds: [] };
    const alone = { isLinked: false, packageIds: [packageIdSchema.parse("pkg-extra")] };
    expect(placed({}, both)).toBe("e:ent-adv");
    expect(placed({}, both, DEFAULT_WORKSPACE_ID, { "ws-default": alone })).toBe(
      "a:advisory:minutes agreementNotInWorkspace",
    );
    expect(placed({}, both, "ws-a", { "ws-a": whole })).toBe("e:ent-adv");
    expect(placed({}, both, "ws-b", { "ws-a": whole })).toBe("a:advisory:minutes agreementNotInWorkspace");
    for (const [workspace, links] of [
      [DEFAULT_WORKSPACE_ID, {}],
      ["ws-a", { "ws-a": whole }],
    ] as const) {
      expect(placed(extra, both, workspace, links)).toBe(
        "a:problemResolution:minutes agreementNotInWorkspace",
      );
    }
    expect(placed(extra, both, "ws-a", { "ws-a": alone })).toBe("e:ent-prs");
  });

  it("does not depend on links for any other service than cases", () => {
    const none = { isLinked: false, packageIds: [] };
    const proactive = { service: "proactive", entitlementId: "ent-pro" };
    expect(placed(proactive, terms, "ws-a", { "ws-a": none })).toBe("e:ent-pro");
  });

  it("is an entitlement until the instant an amendment leaves it out, and an additional case from then on", () => {
    const amendment = { id: "amended", time: "2026-05-01T10:00:00Z", type: "support.agreement.amended.v1" };
    const without = agreementEvent(
      { packages: [basePackage({ entitlements: [entitlement("ent-pro", "proactive")] })] },
      amendment,
    );
    const amended = termsOf(agreementEvent(), without);
    expect(placed({ deliveredAt: "2026-05-01T09:59:59.999Z" }, amended)).toBe("e:ent-adv");
    expect(placed({ deliveredAt: "2026-05-01T10:00:00.000Z" }, amended)).toBe(
      "a:advisory:minutes agreementExpired",
    );
    expect(termsOf(without, agreementEvent())).toEqual(amended);
  });
});

/** First and last instant of each period, by the clocks of the zone, looked up and not computed. */
const borders = [
  {
    zone: "Europe/Madrid",
    days: ["2026-01-01", "2026-12-31"],
    first: "2025-12-31T23:00:00.000Z",
    after: "2026-12-31T23:00:00.000Z",
  },
  {
    zone: "Europe/Madrid",
    days: ["2026-03-29", "2026-03-29"],
    first: "2026-03-28T23:00:00.000Z",
    after: "2026-03-29T22:00:00.000Z",
  },
  {
    zone: "Europe/Warsaw",
    days: ["2026-10-25", "2026-10-25"],
    first: "2026-10-24T22:00:00.000Z",
    after: "2026-10-25T23:00:00.000Z",
  },
  {
    zone: "Europe/Warsaw",
    days: ["2026-03-30", "2026-10-24"],
    first: "2026-03-29T22:00:00.000Z",
    after: "2026-10-24T22:00:00.000Z",
  },
  {
    zone: "Europe/Rome",
    days: ["2028-02-29", "2028-02-29"],
    first: "2028-02-28T23:00:00.000Z",
    after: "2028-02-29T23:00:00.000Z",
  },
  {
    zone: "Europe/Rome",
    days: ["2027-02-28", "2027-02-28"],
    first: "2027-02-27T23:00:00.000Z",
    after: "2027-02-28T23:00:00.000Z",
  },
  {
    zone: "Europe/Rome",
    days: ["2026-04-30", "2026-05-31"],
    first: "2026-04-29T22:00:00.000Z",
    after: "2026-05-31T22:00:00.000Z",
  },
  {
    zone: "Atlantic/Canary",
    days: ["2026-01-31", "2026-02-28"],
    first: "2026-01-31T00:00:00.000Z",
    after: "2026-03-01T00:00:00.000Z",
  },
  {
    zone: "America/Santiago",
    days: ["2026-09-06", "2026-09-06"],
    first: "2026-09-06T04:00:00.000Z",
    after: "2026-09-07T03:00:00.000Z",
  },
] as const;

describe("the borders of a period (LE-07)", () => {
  it.each(borders)(
    "are the first and last instant of $days in $zone",
    ({ zone, days: [startDate, endDate], first, after }) => {
      const dates = { startDate, endDate };
      const whole = { startDate: "2025-01-01", endDate: "2029-12-31" };
      const agreement = termsOf(agreementEvent({ timeZone: zone, ...dates, packages: [basePackage(whole)] }));
      const inPackage = termsOf(agreementEvent({ timeZone: zone, ...whole, packages: [basePackage(dates)] }));
      for (const [at, isInside] of [
        [instantBefore(first), false],
        [first, true],
        [instantBefore(after), true],
        [after, false],
      ] as const) {
        const expected = isInside ? "e:ent-adv" : "a:advisory:minutes agreementExpired";
        expect(placed({ deliveredAt: at }, agreement)).toBe(expected);
        expect(placed({ deliveredAt: at }, inPackage)).toBe(expected);
        const proactive = { service: "proactive", entitlementId: "ent-pro", deliveredAt: at };
        expect(placed(proactive, agreement)).toBe(isInside ? "e:ent-pro" : "outsideAgreement");
        expect(placed(proactive, inPackage)).toBe(isInside ? "e:ent-pro" : "outsidePackage");
      }
    },
  );
});

const instantBefore = (instant: string): string => new Date(Date.parse(instant) - 1).toISOString();
