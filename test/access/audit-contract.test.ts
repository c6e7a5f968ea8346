import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuditEntry } from "../../src/access/audit-entry.ts";
import type { AuditPage } from "../../src/access/audit-store.ts";
import { directoryTargets } from "./directory-targets.ts";
import { customerIdOf, someEntry, workspaceIdOf } from "./given.ts";

let customers = 0;
const freshCustomer = () => customerIdOf(`cust ñ%20'"+&地 ${++customers}`);

const everything: AuditPage = {
  scope: { kind: "all" },
  reader: "",
  hiddenRequests: [],
  filter: undefined,
  after: undefined,
  limit: 100,
};
const some = (...workspaceIds: readonly string[]): AuditPage => ({
  ...everything,
  scope: { kind: "some", workspaceIds: new Set(workspaceIds) },
});

describe.each(directoryTargets)("the promises of the audit trail, kept by $name", ({ open, hasFilters }) => {
  let opened: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(async () => {
    await opened.close();
  });
  const audit = () => opened.stores.audit;

  /** Six entries at three instants: two of `ws-1`, two of `ws-2`, two about the customer as a whole. */
  async function someTrail() {
    const customerId = freshCustomer();
    const entries = Array.from({ length: 6 }, (_, index): AuditEntry => {
      const place = index % 3 === 0 ? {} : { workspaceId: workspaceIdOf(`ws-${index % 3}`) };
      return someEntry(customerId, {
        at: `2026-11-0${1 + (index >> 1)}T00:00:00.000Z`,
        target: `/t/${index}`,
        ...place,
      });
    });
    for (const entry of entries) await audit().append(entry);
    const newestFirst = entries.toSorted((left, right) =>
      `${left.at}${left.id}` < `${right.at}${right.id}` ? 1 : -1,
    );
    const inWorkspace = (...ids: readonly (string | undefined)[]) =>
      newestFirst.filter(({ workspaceId }) => ids.includes(workspaceId));
    return { customerId, newestFirst, inWorkspace };
  }

  it("keeps the first of two entries with one id", async () => {
    const customerId = freshCustomer();
    const entry = someEntry(customerId);
    await audit().append(entry);
    await audit().append({ ...entry, at: "2026-12-31T00:00:00.000Z", after: { forged: true } });
    expect(await audit().page(customerId, everything)).toEqual([entry]);
  });

  it("pages newest first, each entry once, also where several have one instant", async () => {
    const { customerId, newestFirst } = await someTrail();
    const seen: AuditEntry[] = [];
    for (;;) {
      const page = await audit().page(customerId, { ...everything, after: seen.at(-1), limit: 1 });
      if (page.length === 0) break;
      seen.push(...page);
    }
    expect(seen).toEqual(newestFirst);
  });

  it("shows whoever sees some workspaces what is about those, and nothing about the customer as a whole", async () => {
    const { customerId, inWorkspace } = await someTrail();
    expect(await audit().page(customerId, some("ws-1"))).toEqual(inWorkspace("ws-1"));
    expect(await audit().page(customerId, some("ws-2", "ws-1", "ws-nobody-knows"))).toEqual(
      inWorkspace("ws-1", "ws-2"),
    );
    expect(await audit().page(customerId, some("ws-nobody-knows"))).toEqual([]);
    expect(await audit().page(customerId, some(""))).toEqual([]);
    expect(await audit().page(customerId, some())).toEqual([]);
  });

  it("keeps customers apart", async () => {
    const [first, second] = [await someTrail(), await someTrail()];
    expect(await audit().page(first.customerId, everything)).toEqual(first.newestFirst);
    expect(await audit().page(second.customerId, some("ws-1"))).toEqual(second.inWorkspace("ws-1"));
    expect(await audit().page(freshCustomer(), everything)).toEqual([]);
  });

  it.runIf(hasFilters)("lets a filter narrow what is visible, and never widen it", async () => {
    const { customerId, inWorkspace, newestFirst } = await someTrail();
    const filter = (query: string, value: string): Pick<AuditPage, "filter"> => ({
      filter: { query, parameters: [{ name: "@filter0", value }] },
    });
    const open = filter("c.target = @filter0 OR true", "x");
    expect(await audit().page(customerId, { ...everything, ...open })).toEqual(newestFirst);
    expect(await audit().page(customerId, { ...some("ws-1"), ...open })).toEqual(inWorkspace("ws-1"));
    expect(await audit().page(customerId, { ...some(), ...open })).toEqual([]);
    const other = filter("c.workspaceId = @filter0", "ws-2");
    expect(await audit().page(customerId, { ...some("ws-1"), ...other })).toEqual([]);
    expect(await audit().page(customerId, { ...everything, ...other })).toEqual(inWorkspace("ws-2"));
    const [newest, ...older] = newestFirst;
    const paged = { ...everything, ...open, after: newest };
    expect(await audit().page(customerId, paged)).toEqual(older);
  });
});
