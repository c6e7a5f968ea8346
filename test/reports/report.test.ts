import { describe, expect, it } from "vitest";
import { reportFormats, reportSchema } from "../../src/reports/report.ts";
import { agreementEvent } from "../fakes/events.ts";
import { ask, march, memoryWorld } from "./support/world.ts";

describe("a report", () => {
  it("that was stored before there were formats and languages has CSV alone, in English", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    const { formats, language, ...stored } = await ask(world);
    expect([formats, language]).toEqual([[...reportFormats], "es"]);
    expect(reportSchema.parse(stored)).toEqual({ ...stored, formats: ["csv"], language: "en" });
  });

  it("has each of its formats once, with the one that the next version is compared with", async () => {
    const world = memoryWorld();
    await world.record(agreementEvent());
    const asked = async (...formats: ("csv" | "xlsx" | "pdf")[]) =>
      (await ask(world, formats.join(), march, formats)).formats;
    expect(await asked("pdf", "pdf")).toEqual(["csv", "pdf"]);
    expect(await asked("pdf", "xlsx", "csv")).toEqual(["csv", "xlsx", "pdf"]);
    expect(await asked("csv")).toEqual(["csv"]);
  });
});
