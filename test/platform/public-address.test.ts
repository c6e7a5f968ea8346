import { describe, expect, it } from "vitest";
import { isPublicAddress, outboundUrlFault } from "../../src/platform/public-address.ts";

describe("an address", () => {
  it.each([
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "169.254.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:7f00:1",
    "64:ff9b::7f00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "4000::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "",
    "localhost",
    "1.2.3",
  ])("is not for the public: %s", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each([
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "223.255.255.255",
    "168.63.129.15",
    "168.63.129.17",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2a00:1450:4003::1",
  ])("is for the public: %s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe("the URL of a request to a stranger", () => {
  it.each([
    "https://customer.example/notices",
    "https://customer.example:8443/notices?key=1",
    "https://customer.example:443/",
    "https://1.1.1.1/",
    "https://[2606:4700:4700::1111]/",
    "https://xn--almazara-g3a.example/",
  ])("may be %s", (url) => {
    expect(outboundUrlFault(url, false)).toBeUndefined();
  });

  it.each([
    "",
    "customer.example",
    "http://customer.example/",
    "http://customer.example:443/",
    "ftp://customer.example/",
    "file:///etc/passwd",
    "https://customer.example:8080/",
    "https://customer.example:22/",
    "https://user@customer.example/",
    "https://user:password@customer.example/",
    "https://customer.example/#fragment",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://api.localhost/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://10.0.0.1/",
    "https://169.254.169.254/metadata/instance",
    "https://168.63.129.16/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fd00::1]/",
    `https://customer.example/${"a".repeat(2_048)}`,
  ])("may not be %s", (url) => {
    expect(outboundUrlFault(url, false)).toMatch(/^must /);
  });

  it("may lead to this machine, over plain HTTP and to any port, where that is allowed, and nowhere else", () => {
    for (const url of [
      "http://127.0.0.1:9000/",
      "http://localhost:9000/",
      "http://[::1]:9000/",
      "https://localhost:1/",
    ])
      expect(outboundUrlFault(url, true)).toBeUndefined();
    for (const url of [
      "http://customer.example/",
      "http://10.0.0.1/",
      "https://192.168.0.1/",
      "ftp://localhost/",
    ])
      expect(outboundUrlFault(url, true)).toMatch(/^must /);
  });
});
