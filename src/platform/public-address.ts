/**
 * Which addresses a request on a stranger's behalf may go to: those of the public internet, and nothing that only this
 * app, its network or its platform can reach.
 */
import { BlockList, isIP } from "node:net";

/** Ports on which a request may be sent. */
const PORTS: ReadonlySet<string> = new Set(["", "443", "8443"]);
const URL_MAX_CHARACTERS = 2_048;

/** Not for the public, by IANA's registry of special-purpose addresses; and the platform's own. */
const RESERVED_V4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  // Metadata of the virtual machine is among these.
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  // The platform of Azure: name service, health probes, certificates.
  ["168.63.129.16", 32],
] as const;

/** Of the addresses that are assigned for the public: those that stand for another one, or for examples. */
const RESERVED_V6 = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const;

const reserved = new BlockList();
for (const [network, prefix] of RESERVED_V4) reserved.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of RESERVED_V6) reserved.addSubnet(network, prefix, "ipv6");

const assigned = new BlockList();
assigned.addSubnet("2000::", 3, "ipv6");

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** @param address an IP address, not a name. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !reserved.check(address, "ipv4");
  // An IPv4 address that is written as one of version 6 is not among the assigned ones.
  return version === 6 && assigned.check(address, "ipv6") && !reserved.check(address, "ipv6");
}

export function isLoopbackAddress(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && loopback.check(address, version === 4 ? "ipv4" : "ipv6");
}

/** The name or address that a URL leads to, without the brackets of one of version 6 and the dot that may end a name. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");

/**
 * What can be told of a URL without looking its name up; that is done, and judged again, when something is sent.
 * @param allowsLoopback also `http`, and any port, on this machine: for a developer's own.
 * @returns what is wrong with it, to be read after its name; undefined for nothing.
 */
export function outboundUrlFault(text: string, allowsLoopback: boolean): string | undefined {
  if (text.length > URL_MAX_CHARACTERS) return `must have at most ${URL_MAX_CHARACTERS} characters`;
  if (!URL.canParse(text)) return "must be a URL, such as https://example.org/notices";
  const url = new URL(text);
  const host = hostOf(url);
  if (url.username !== "" || url.password !== "" || url.hash !== "")
    return "must have neither a user, a password nor a fragment";
  const isLocal = host === "localhost" || host.endsWith(".localhost") || isLoopbackAddress(host);
  if (allowsLoopback && isLocal && /^https?:$/.test(url.protocol)) return undefined;
  if (url.protocol !== "https:") return "must begin with https://";
  if (!PORTS.has(url.port)) return "must use port 443 or 8443";
  if (isLocal || (isIP(host) !== 0 && !isPublicAddress(host))) return "must lead to a public address";
  return undefined;
}
