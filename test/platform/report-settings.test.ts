import { describe, expect, test } from "vitest";
import { sampleSettings } from "../../infra/sample-settings.ts";
import { type Config, readConfig } from "../../src/platform/config.ts";

async function configWith(changes: Readonly<Record<string, string | undefined>>): Promise<Config> {
  return readConfig({ ...(await sampleSettings()), ...changes });
}

const DAY_MINUTES = 1_440;

describe("the settings of reports", () => {
  test("open a recipient's own link for seven days and keep files for seven years, unless they say otherwise", async () => {
    const unsaid = {
      REPORT_LINK_MINUTES: undefined,
      REPORT_RETENTION_DAYS: undefined,
      REPORT_IMMUTABLE: undefined,
    };
    expect(await configWith(unsaid)).toMatchObject({
      reportLinkMinutes: 7 * DAY_MINUTES,
      reportRetentionDays: 2_557,
      reportsAreImmutable: false,
    });
    const said = { REPORT_LINK_MINUTES: "10", REPORT_RETENTION_DAYS: "36500", REPORT_IMMUTABLE: "true" };
    expect(await configWith(said)).toMatchObject({
      reportLinkMinutes: 10,
      reportRetentionDays: 36_500,
      reportsAreImmutable: true,
    });
  });

  test("let no link open for longer than files are kept", async () => {
    const { reportLinkMinutes, reportRetentionDays } = await configWith({
      REPORT_LINK_MINUTES: "43200",
      REPORT_RETENTION_DAYS: "31",
    });
    expect(reportLinkMinutes).toBeLessThan(reportRetentionDays * DAY_MINUTES);
  });

  test.each([
    ["REPORT_LINK_MINUTES", ["9", "43201", "10.5", "-10", "a week"], "from 10 to 43200"],
    ["REPORT_RETENTION_DAYS", ["30", "36501", "1e3", "31 ", "for ever"], "from 31 to 36500"],
  ])("end the start when %s is one of %j", async (name, values, range) => {
    for (const value of values) {
      await expect(configWith({ [name]: value }), value).rejects.toThrow(
        `${name}: must be a whole number ${range}`,
      );
    }
  });

  test.each(["yes", "1", "True"])("do not guess what %j says of immutability", async (REPORT_IMMUTABLE) => {
    await expect(configWith({ REPORT_IMMUTABLE })).rejects.toThrow("REPORT_IMMUTABLE: ");
  });

  test("need a schedule for subscriptions", async () => {
    await expect(configWith({ SUBSCRIPTION_SCHEDULE: "" })).rejects.toThrow(
      "SUBSCRIPTION_SCHEDULE: is required",
    );
    await expect(configWith({ SUBSCRIPTION_SCHEDULE: "*/5 * * * *" })).rejects.toThrow(
      "SUBSCRIPTION_SCHEDULE: must be an NCRONTAB schedule of six fields",
    );
  });

  test("lead links to the address that is named, else to the host that the platform names, else nowhere", async () => {
    const addressOf = async (PUBLIC_BASE_URL: string, WEBSITE_HOSTNAME?: string) =>
      (await configWith({ PUBLIC_BASE_URL, WEBSITE_HOSTNAME })).publicBaseUrl?.href;
    const host = "example-app.azurewebsites.net";
    expect(await addressOf("https://activity.example", host)).toBe("https://activity.example/");
    expect(await addressOf("", host)).toBe(`https://${host}/`);
    expect(await addressOf("", "127.0.0.1:7071")).toBe("http://127.0.0.1:7071/");
    expect(await addressOf("", "localhost:7071")).toBe("http://localhost:7071/");
    expect(await addressOf("", "localhost.example")).toBe("https://localhost.example/");
    expect(await addressOf("")).toBeUndefined();
  });

  test.each([
    "https://activity.example/app",
    "https://activity.example/?a=b",
    "https://activity.example/?",
    "https://activity.example/#top",
    "https://user:word@activity.example",
    "activity.example",
    "ftp://activity.example",
  ])("end the start when links are to lead to %j, which is more than an origin, or none", async (url) => {
    await expect(configWith({ PUBLIC_BASE_URL: url })).rejects.toThrow("PUBLIC_BASE_URL: must be a");
  });

  test("let an origin end with a slash", async () => {
    const { publicBaseUrl } = await configWith({ PUBLIC_BASE_URL: "https://activity.example:8443/" });
    expect(publicBaseUrl?.href).toBe("https://activity.example:8443/");
  });

  test.each(["a b", "example.org/path", "user@example.org", "example.org:99999"])(
    "end the start when the platform is said to name %j as its host",
    async (WEBSITE_HOSTNAME) => {
      await expect(configWith({ PUBLIC_BASE_URL: "", WEBSITE_HOSTNAME })).rejects.toThrow(
        "WEBSITE_HOSTNAME: must",
      );
    },
  );
});
