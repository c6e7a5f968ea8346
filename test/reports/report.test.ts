import { describe, expect, it } from "vitest";
import { workspaceIdSchema } from "../../src/agreements/ids.ts";
import { newReport, type ReportFormat, reportFormats, reportSchema } from "../../src/reports/report.ts";
import { normalizedScope, type ReportScope, scopeText } from "../../src/reports/report-scope.ts";
import { agreementEvent } from "../fakes/events.ts";
import { type Asked, ask, cpod, memoryWorld } from "./support/world.ts";

const inWorkspaces = (...ids: readonly string[]): ReportScope => ({
  reportKind: "education",
  workspaceIds: ids.map((id) => workspaceIdSchema.parse(id)),
});
const ofAll: ReportScope = { reportKind: "education", workspaceIds: null };

async function asking(): Promise<(asked: Asked) => ReturnType<typeof ask>> {
  const world = memoryWorld();
  await world.record(agreementEvent());
  return (asked) => ask(world, asked);
}

describe("a report", () => {
  it("is read back as it was stored", async () => {
    const report = await (await asking())({ languages: ["pl", "en"] });
    expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it("has each of its formats once, with the one that the next version is compared with", async () => {
    const asked = await asking();
    const formatsOf = async (...formats: ReportFormat[]) => (await asked({ formats })).formats;
    expect(await formatsOf("pdf", "pdf")).toEqual(["csv", "pdf"]);
    expect(await formatsOf("pdf", "xlsx", "csv")).toEqual(["csv", "xlsx", "pdf"]);
    expect(await formatsOf("csv")).toEqual(["csv"]);
    expect((await asked({})).formats).toEqual(reportFormats);
  });

  it("has each of its languages once, in the order that was asked for, or the customer's", async () => {
    const asked = await asking();
    expect((await asked({ languages: ["pl", "en", "pl"] })).languages).toEqual(["pl", "en"]);
    expect((await asked({})).languages).toEqual(["es"]);
  });

  it("of what was learnt is for tools alone (EX-04)", async () => {
    const asked = await asking();
    expect((await asked({ scope: ofAll })).formats).toEqual(["csv", "xlsx"]);
    expect((await asked({ scope: ofAll, formats: ["pdf"] })).formats).toEqual(["csv"]);
  });

  it("is refused for a workspace or an agreement that the customer has not", async () => {
    const asked = await asking();
    const refused = { code: "ResourceNotFound" };
    await expect(asked({ scope: inWorkspaces("ws-other") })).rejects.toMatchObject(refused);
  });

  it("without a language is none", async () => {
    const report = await (await asking())({});
    expect(reportSchema.safeParse(newReport({ ...report, languages: [] })).success).toBe(false);
  });
});

describe("what a report is of", () => {
  it("has one text for one choice of workspaces, and another for every other", () => {
    const scopes = [inWorkspaces("ws-a"), inWorkspaces("ws-b"), inWorkspaces("ws-a", "ws-b"), ofAll, cpod];
    const texts = scopes.map((scope) => scopeText(scope));
    expect(new Set(texts).size).toBe(scopes.length);
    const same = normalizedScope(inWorkspaces("ws-b", "ws-a", "ws-b"));
    expect(same).toEqual(inWorkspaces("ws-a", "ws-b"));
    expect(scopeText(same)).toBe(scopeText(inWorkspaces("ws-b", "ws-a")));
  });
});
