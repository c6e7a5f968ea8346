import { describe, expect, it } from "vitest";
import { createRecorder } from "../../src/consumption/record.ts";
import { agreementEvent, deliveryEvent } from "../fakes/events.ts";
import { memoryStores } from "../fakes/memory-stores.ts";
import { figuresOf } from "./checks.ts";
import { now, openRejections } from "./state.ts";

const LIMIT = 500;

const nothing = { packages: [] };
const mistyped = (index: number): string =>
  deliveryEvent(`mistyped-${index}`, { agreementId: `agr-mistyped-${index}` });
const activated = (index: number): string =>
  agreementEvent({ ...nothing, agreementId: `agr-${index}` }, { id: `activated-${index}` });
const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

describe("agreements that only deliveries name", () => {
  it("take no room from those that there are", async () => {
    const stores = memoryStores();
    const { record } = createRecorder(stores, now);
    await record([activated(0)]);
    await record(range(LIMIT).map(mistyped));
    expect(await record([agreementEvent(), deliveryEvent("d1")])).toEqual([
      { status: "recorded" },
      { status: "recorded" },
    ]);
    expect(openRejections(stores)).toEqual([]);
    const [customer] = stores.customersKept();
    expect(customer?.ledgers).toHaveLength(LIMIT + 2);
  });

  it("are limited by themselves, and a case beyond that counts once its agreement comes", async () => {
    const stores = memoryStores();
    const { record } = createRecorder(stores, now);
    await record([activated(0)]);
    await record(range(LIMIT).map(mistyped));
    const early = deliveryEvent("early");
    expect((await record([early]))[0]).toMatchObject({
      status: "rejected",
      rejection: { code: "unknownAgreement" },
    });
    // What is there already goes on.
    const again = deliveryEvent("again", { agreementId: "agr-mistyped-7" });
    expect(await record([again])).toEqual([{ status: "recorded" }]);
    await record([agreementEvent()]);
    expect(openRejections(stores)).toEqual([]);
    expect(Object.keys(figuresOf(stores).counts).filter((key) => key.includes("e:ent-adv"))).toHaveLength(1);
  });

  it("can become agreements when all their room is taken", async () => {
    const stores = memoryStores();
    const { record } = createRecorder(stores, now);
    await record([activated(0)]);
    await record(range(LIMIT).map(mistyped));
    const late = agreementEvent({ ...nothing, agreementId: "agr-mistyped-3" }, { id: "late" });
    expect(await record([late, mistyped(LIMIT)])).toEqual([{ status: "recorded" }, { status: "recorded" }]);
  });

  it("leave the limit of agreements as it is", async () => {
    const { record } = createRecorder(memoryStores(), now);
    await record(range(LIMIT).map(activated));
    expect((await record([activated(LIMIT)]))[0]).toMatchObject({
      status: "rejected",
      rejection: { code: "tooManyAgreements" },
    });
    const amendment = { id: "amended", time: "2026-02-01T00:00:00Z", type: "support.agreement.amended.v1" };
    const amended = agreementEvent({ ...nothing, agreementId: "agr-7", endDate: "2027-03-31" }, amendment);
    expect(await record([amended])).toEqual([{ status: "recorded" }]);
  });
});
