import { describe, expect, test } from "vitest";
import { sampleSettings } from "../../infra/sample-settings.ts";
import { type Config, readConfig } from "../../src/platform/config.ts";

async function configWith(changes: Readonly<Record<string, string | undefined>>): Promise<Config> {
  return readConfig({ ...(await sampleSettings()), ...changes });
}

describe("what scans attachments", () => {
  test.each([
    ["none", { kind: "none" }],
    ["clamd:tcp://10.0.0.4:3311", { kind: "clamd", host: "10.0.0.4", port: 3311 }],
    ["clamd:unix:/run/clamd.sock", { kind: "clamd", path: "/run/clamd.sock" }],
  ])("is read from the settings: %s", async (SCANNER, scanner) => {
    expect((await configWith({ SCANNER })).scanner).toEqual(scanner);
  });

  test.each(["", "clamd", "http://10.0.0.4", "clamd:tcp://host:0"])(
    "is not guessed, and ends the start with what it should look like: '%s'",
    async (SCANNER) => {
      await expect(configWith({ SCANNER })).rejects.toThrow(
        /SCANNER: (is required|must be none, clamd:tcp:)/,
      );
    },
  );
});

describe("how long an upload link writes", () => {
  test("is an hour unless the settings say otherwise", async () => {
    expect((await configWith({ UPLOAD_LINK_MINUTES: undefined })).uploadLinkMinutes).toBe(60);
    expect((await configWith({ UPLOAD_LINK_MINUTES: "15" })).uploadLinkMinutes).toBe(15);
  });

  test.each(["4", "1441", "60.5", "an hour"])("is not %s minutes", async (UPLOAD_LINK_MINUTES) => {
    await expect(configWith({ UPLOAD_LINK_MINUTES })).rejects.toThrow(
      "UPLOAD_LINK_MINUTES: must be a whole number from 5 to 1440",
    );
  });
});
