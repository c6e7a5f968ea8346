import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cancelReport } from "../../src/reports/cancel-report.ts";
import { dueReports, MONTHS_BACK, requestDueReports } from "../../src/reports/due-reports.ts";
import { periodOfDays, periodOfMonth, periodText } from "../../src/reports/period.ts";
import { reportSchema } from "../../src/reports/report.ts";
import { reportIdOf, seriesIdOf, VERSIONS_MAX } from "../../src/reports/report-series.ts";
import { requestReport } from "../../src/reports/request-report.ts";
import { agreementEvent } from "../fakes/events.ts";
import { aroundWorld } from "./support/around-world.ts";
import {
  agreementId,
  ask,
  cpod,
  customerId,
  customerOf,
  issue,
  make,
  march,
  memoryWorld,
  type World,
} from "./support/world.ts";

const DAY_MS = 86_400_000;
const FIRST_PAGE = { after: undefined, limit: 10 };

const agreement = (startDate: string, endDate: string) => ({
  asOf: "",
  number: "N",
  plan: "unified" as const,
  kind: "base" as const,
  startDate,
  endDate,
  accountTeam: [],
  entitlementIds: [],
  packages: [],
});
const due = (timeZone: string, startDate: string, endDate: string, now: string): string[] =>
  dueReports({ timeZone, agreements: { [agreementId]: agreement(startDate, endDate) } }, now).map(
    ({ period }) => periodText(period),
  );

describe("the months that are due", () => {
  it("are complete months only: a month is complete from its last instant on", () => {
    expect(due("UTC", "2026-01-01", "2026-12-31", "2026-03-31T23:59:59.999Z").at(-1)).toBe("2026-02");
    expect(due("UTC", "2026-01-01", "2026-12-31", "2026-04-01T00:00:00.000Z").at(-1)).toBe("2026-03");
  });

  it("are those of the last three that the agreement's days touch, over the turn of a year", () => {
    const january = "2027-01-15T12:00:00.000Z";
    expect(due("UTC", "2026-01-01", "2026-12-31", january)).toEqual(["2026-10", "2026-11", "2026-12"]);
    expect(due("UTC", "2026-11-30", "2026-11-30", january)).toEqual(["2026-11"]);
    expect(due("UTC", "2027-01-01", "2027-12-31", january)).toEqual([]);
    expect(due("UTC", "2025-01-01", "2026-09-30", january)).toEqual([]);
  });

  it("follow the agreement's days in the customer's time zone", () => {
    const may = "2026-05-02T00:00:00.000Z";
    // In Auckland the first of April begins on the last of March in UTC; in Honolulu the last of March ends in April.
    expect(due("Pacific/Auckland", "2026-04-01", "2026-04-30", may)).toEqual(["2026-03", "2026-04"]);
    expect(due("Pacific/Honolulu", "2026-03-01", "2026-03-31", may)).toEqual(["2026-03", "2026-04"]);
    expect(due("UTC", "2026-04-01", "2026-04-30", may)).toEqual(["2026-04"]);
  });

  it("miss no month of an agreement when the timer runs at least every third, and are the same at any time of a month", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 1, max: 28 }), (month, day) => {
        const seen = new Set<string>();
        for (let index = month; index < 60; index += MONTHS_BACK) {
          const now = new Date(Date.UTC(2024, index, day)).toISOString();
          const first = new Date(Date.UTC(2024, index, 1)).toISOString();
          const months = due("Europe/Madrid", "2025-01-01", "2026-12-31", now);
          expect(months).toEqual(due("Europe/Madrid", "2025-01-01", "2026-12-31", first));
          for (const each of months) seen.add(each);
        }
        // The first day in Madrid begins an hour before the year does in UTC.
        expect(seen.size).toBe(25);
      }),
    );
  });
});

describe("asking for what is due", () => {
  it("makes each report exactly once, however often and however much at once the timer runs (EX-10)", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    const customer = await customerOf(world);
    const paused = aroundWorld(world, async (_method, run) => {
      for (let turns = 0; turns < 3; turns++) await Promise.resolve();
      return run();
    });
    const dependencies = { reports: paused.reports, now: world.clock.now };
    const runs = await Promise.all([1, 2, 3].map(() => requestDueReports(dependencies, customer)));
    // The first day in Madrid begins an hour before the year does in UTC.
    const ids = ["2026-01", "2026-02", "2026-03"].map((month) => `cpod-${agreementId}-${month}-v1`);
    for (const run of runs) expect(run.map(({ id }) => id).toSorted()).toEqual(ids);
    expect((await world.reports.page(customerId, FIRST_PAGE)).map(({ id }) => id).toSorted()).toEqual(ids);

    for (const report of runs.flat()) await make(world, report);
    expect(await requestDueReports(dependencies, customer)).toEqual([]);
    expect(await world.reports.page(customerId, FIRST_PAGE)).toHaveLength(3);
  });

  it.each([
    ["failed", failForGood],
    ["was cancelled", cancelIt],
  ])(
    "asks for the next version of one that %s, once a day, and so leaves no month for dead (EX-10)",
    async (_what, end) => {
      const world = memoryWorld();
      await world.record(agreementEvent());
      const customer = await customerOf(world);
      const dependencies = { reports: world.reports, now: world.clock.now };
      const versionsOfMarch = async (): Promise<number[]> =>
        (await requestDueReports(dependencies, customer))
          .filter(({ period }) => period.to === march.to)
          .map(({ version }) => version);
      expect(await versionsOfMarch()).toEqual([1]);
      for (const failed of [1, 2]) {
        await end(world, failed);
        expect(await versionsOfMarch(), "on the day it was asked for").toEqual([]);
        world.clock.forward(DAY_MS);
        expect(await versionsOfMarch()).toEqual([failed + 1]);
        expect(await versionsOfMarch(), "asked twice").toEqual([failed + 1]);
      }
      const third = await world.reports.read(customerId, reportIdOf(cpod, march, 3));
      if (third === undefined) throw new Error("there is no third version");
      expect(await make(world, third.value)).toMatchObject({ outcome: "issued" });
      world.clock.forward(DAY_MS);
      expect(await versionsOfMarch()).toEqual([]);
    },
  );

  it("asks for no other version of a month that has one, whatever came of those that people asked for", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    const dependencies = { reports: world.reports, now: world.clock.now };
    await issue(world);
    await ask(world);
    await ask(world);
    await cancelIt(world, 2);
    await failForGood(world, 3);
    world.clock.forward(DAY_MS);
    const waiting = await requestDueReports(dependencies, await customerOf(world));
    expect(waiting.filter(({ period }) => period.to === march.to)).toEqual([]);
    expect((await world.reports.readSeries(customerId, seriesIdOf(cpod, march)))?.value.lastVersion).toBe(3);
  });

  it("asks for no other version of a month while one may still be issued", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    const first = await ask(world);
    await ask(world);
    await cancelIt(world, 2);
    world.clock.forward(DAY_MS);
    const dependencies = { reports: world.reports, now: world.clock.now };
    const waiting = await requestDueReports(dependencies, await customerOf(world));
    expect(waiting.filter(({ period }) => period.to === march.to)).toEqual([first]);
  });

  it("takes the version that somebody asked for as the month's first", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    const asked = await ask(world);
    const dependencies = { reports: world.reports, now: world.clock.now };
    const waiting = await requestDueReports(dependencies, await customerOf(world));
    expect(waiting.filter(({ period }) => period.to === march.to)).toEqual([asked]);
  });

  it("asks for no second version when somebody asks for the first at that moment", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    const { reports } = world;
    const overtaken = {
      ...reports,
      readSeries: async (...series: Parameters<typeof reports.readSeries>) => {
        if (series[1] === seriesIdOf(cpod, march)) await ask(world, { requestKey: "a person" });
        return reports.readSeries(...series);
      },
    };
    await requestDueReports({ reports: overtaken, now: world.clock.now }, await customerOf(world));
    const all = await reports.page(customerId, FIRST_PAGE);
    expect(all.filter(({ period }) => period.to === march.to)).toMatchObject([{ version: 1 }]);
  });

  it("finds a report on demand whose maker was never told of it, however many there are that are newer", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    const asked = await ask(world, { period: periodOfDays("2026-03-02", "2026-03-08") });
    for (let newer = 1; newer <= VERSIONS_MAX; newer++) {
      world.clock.forward(1);
      await ask(world);
      await cancelIt(world, newer);
    }
    const dependencies = { reports: world.reports, now: world.clock.now };
    expect(await requestDueReports(dependencies, await customerOf(world))).toContainEqual(asked);
  });
});

async function failForGood(world: World, version: number): Promise<void> {
  const found = await world.reports.read(customerId, reportIdOf(cpod, march, version));
  if (found === undefined) throw new Error(`there is no version ${version}`);
  const error = { code: "Interrupted", message: "every attempt was interrupted" };
  const failed = reportSchema.parse({
    ...found.value,
    status: "failed",
    failedAt: world.clock.now(),
    error,
  });
  await world.reports.save(failed, found.etag);
}

async function cancelIt(world: World, version: number): Promise<void> {
  const by = { at: world.clock.now(), actor: { subject: "alice" } };
  await cancelReport(world.reports, customerId, reportIdOf(cpod, march, version), by);
}

describe("asking for a report", () => {
  it("gives the next version to each request, and the same one to a request that is repeated", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    const asked = await Promise.all(
      ["a", "b", "a", "c", "b"].map((requestKey) => ask(world, { requestKey })),
    );
    const versions = asked.map(({ version }) => version);
    expect(versions[0]).toBe(versions[2]);
    expect(versions[1]).toBe(versions[4]);
    expect(new Set(versions)).toEqual(new Set([1, 2, 3]));
  });

  it("refuses a period that is not over, one of another customer's agreement, and a version too many", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    await expect(ask(world, { period: periodOfMonth("2026-04") })).rejects.toMatchObject({
      code: "PeriodNotOver",
      target: "period",
    });
    const stranger = { ...(await customerOf(world)), agreements: {} };
    await expect(
      requestReport({ reports: world.reports, now: world.clock.now }, stranger, {
        scope: cpod,
        period: march,
        requestedBy: { subject: "person-1" },
        requestKey: "key",
      }),
    ).rejects.toMatchObject({ code: "ResourceNotFound" });
    for (let version = 1; version <= VERSIONS_MAX; version++) await ask(world);
    await expect(ask(world)).rejects.toMatchObject({ code: "TooManyVersions" });
  });

  it("takes no request for a report in no language, and writes nothing of it", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    await expect(ask(world, { languages: [] })).rejects.toThrow(RangeError);
    expect(await world.reports.page(customerId, FIRST_PAGE)).toEqual([]);
  });
});

describe("a period", () => {
  it("has one text: the month for a whole month, else its first and last day", () => {
    expect(periodText(periodOfMonth("2026-02"))).toBe("2026-02");
    expect(periodText(periodOfDays("2026-02-01", "2026-02-28"))).toBe("2026-02");
    expect(periodText(periodOfDays("2026-02-01", "2026-02-27"))).toBe("2026-02-01_2026-02-27");
    expect(periodText(periodOfDays("2026-12-01", "2026-12-31"))).toBe("2026-12");
    expect(() => periodOfDays("2026-02-02", "2026-02-01")).toThrow();
    expect(() => periodOfDays("2020-01-01", "2026-02-01")).toThrow();
  });
});
