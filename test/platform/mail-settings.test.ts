import { beforeAll, describe, expect, test } from "vitest";
import { sampleSettings } from "../../infra/sample-settings.ts";
import { type Config, readConfig } from "../../src/platform/config.ts";

let sample: Readonly<Record<string, string>>;
beforeAll(async () => {
  sample = await sampleSettings();
});

const configWith = (settings: Readonly<Record<string, string>>): Config =>
  readConfig({ ...sample, ...settings });
const ACS = "endpoint=https://example.communication.azure.com/;accesskey=a2V5";

describe("the settings of mail", () => {
  test("name one carrier, whichever it is", () => {
    const carrierOf = (settings: Readonly<Record<string, string>>) =>
      configWith({ SMTP_URL: "", ...settings }).mail.carrier;
    expect(carrierOf({ SMTP_URL: "smtps://u:p@smtp.example.org" })).toEqual({
      smtpUrl: new URL("smtps://u:p@smtp.example.org"),
    });
    expect(carrierOf({ ACS_CONNECTION_STRING: ACS })).toEqual({ acsConnectionString: ACS });
    expect(carrierOf({ ACS_ENDPOINT: "https://example.communication.azure.com" })).toEqual({
      acsEndpoint: "https://example.communication.azure.com",
    });
  });

  test.each([
    ["no carrier", { SMTP_URL: "" }],
    ["two carriers", { ACS_CONNECTION_STRING: ACS }],
    ["two others", { SMTP_URL: "", ACS_CONNECTION_STRING: ACS, ACS_ENDPOINT: "https://a.example" }],
  ])("end the start when there are %s, and name all three", (_, settings) => {
    expect(() => configWith(settings)).toThrow(/SMTP_URL: .*ACS_ENDPOINT.*ACS_CONNECTION_STRING/);
  });

  test.each([
    ["MAIL_FROM", "nobody"],
    ["SMTP_URL", "http://smtp.example.org"],
    ["ACS_CONNECTION_STRING", "https://a.example"],
    ["ACS_ENDPOINT", "a.example"],
    ["MESSAGE_SCHEDULE", "often"],
    ["WEB_CLIENT_URL", "javascript:alert(1)"],
    ["ACCESS_CACHE_SECONDS", "61"],
    ["ACCESS_CACHE_SECONDS", "-1"],
    ["ACCESS_CACHE_SECONDS", "1.5"],
  ])("end the start when %s is %j, with its name", (name, value) => {
    expect(() => configWith({ [name]: value })).toThrow(`${name}: must`);
  });

  test("need an address to send from", () => {
    expect(() => configWith({ MAIL_FROM: "" })).toThrow("MAIL_FROM: is required");
  });

  test("leave links out and keep access for 15 seconds where nothing is said", () => {
    const config = configWith({ WEB_CLIENT_URL: "", ACCESS_CACHE_SECONDS: "" });
    expect(config.webClientUrl).toBeUndefined();
    expect(config.accessCacheSeconds).toBe(15);
    expect(configWith({ ACCESS_CACHE_SECONDS: "0" }).accessCacheSeconds).toBe(0);
  });
});
