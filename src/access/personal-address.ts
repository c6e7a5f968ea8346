/**
 * Addresses of personal accounts, told by their domain. It is an early warning for whoever invites: what counts in the end
 * is the account that somebody signs in with (`isPersonalAccount` of the token).
 */

/** Public mail services, without country suffixes where they have several. */
const PERSONAL_DOMAINS = new Set([
  "aol.com",
  "gmail.com",
  "gmx.net",
  "googlemail.com",
  "hotmail.com",
  "icloud.com",
  "interia.pl",
  "libero.it",
  "live.com",
  "mail.com",
  "me.com",
  "msn.com",
  "o2.pl",
  "onet.pl",
  "outlook.com",
  "proton.me",
  "protonmail.com",
  "wp.pl",
  "yahoo.com",
]);
/** Services that have a domain in each country: `outlook.es`, `yahoo.it`, `hotmail.co.uk`. */
const PERSONAL_NAMES = /^(gmx|hotmail|live|outlook|yahoo)\.[a-z]{2,3}(\.[a-z]{2})?$/;

export function isPersonalAddress(email: string): boolean {
  const domain = email.slice(email.lastIndexOf("@") + 1).toLowerCase();
  return PERSONAL_DOMAINS.has(domain) || PERSONAL_NAMES.test(domain);
}
