/** Generated support requests of one customer, any number of them, as the app itself opens them. */
import { languageSchema } from "../src/agreements/agreement-event.ts";
import { agreementIdSchema, customerIdSchema, DEFAULT_WORKSPACE_ID } from "../src/agreements/ids.ts";
import { BATCH_OPERATIONS_MAX } from "../src/platform/cosmos.ts";
import { openRequest } from "../src/support/open-request.ts";
import { type RequestNumber, requestNumberSchema, type Severity } from "../src/support/request.ts";
import { statusOf, withStatusFact } from "../src/support/request-status.ts";
import type { BenchApp } from "./app.ts";
import { ADMIN_EMAIL, AGREEMENT, CUSTOMER } from "./events.ts";

const contact = (number: number): string => ADMIN_EMAIL.replace("admin@", `contact${number}@`);

/** Opened nearly all of the requests. */
const BUSY = contact(1);
/** A support contact to whom `FEW` of the first requests belong, and no others however many there are. */
export const FEW_VIEWER = contact(4);

const EVERY = 17;
const FIRST = 1_000;
/** Requests that one person sees, and others that have the word `RARE_WORD`: more than a page of 50. */
export const FEW = Math.ceil(FIRST / EVERY);
export const RARE_WORD = "kerberos";
/** In one of `SUBJECTS.length` requests. */
export const COMMON_WORD = "replication";

const SUBJECTS = [
  "Slow sign-in after the update",
  "Nightly backup fails",
  "Certificate expired on the gateway",
  "Replication stopped between two sites",
  "How to size the cluster",
  "Mail is delayed by hours",
  "Printer queue hangs",
  "Disk is full again",
] as const;
const PRODUCTS = ["Windows Server", "Exchange", "SQL Server", "Entra ID", "Azure Networking"] as const;
const SEVERITIES: readonly Severity[] = ["critical", "moderate", "minimal"];
const DESCRIPTION =
  "Since the maintenance of last weekend two of five servers in the second site answer slowly or not at all. The event " +
  "log shows warning 2042 every quarter of an hour, and the service was restarted twice without any effect. We checked " +
  "the name service, the firewall rules and the clocks of all servers; a restart of the whole site is planned for " +
  "Friday night, and until then about three hundred people work with the servers of the first site.";

const MINUTES_OF_YEAR = 365 * 24 * 60;
/** Has no divisor in common with the minutes of a year: each request has a minute of its own, in no order. */
const STRIDE = 7_919;

const customerId = customerIdSchema.parse(CUSTOMER);
const agreementId = agreementIdSchema.parse(AGREEMENT);
const language = languageSchema.parse("es");
const at = <Item>(items: readonly Item[], index: number, fallback: Item): Item =>
  items[index % items.length] ?? fallback;

export const numberOf = (index: number): RequestNumber =>
  requestNumberSchema.parse(`INC${String(index).padStart(7, "0")}`);

const isAmong = (index: number, rest: number): boolean => index < FIRST && index % EVERY === rest;

function generated(index: number) {
  const openedAt = Date.UTC(2026, 0, 1) + ((index * STRIDE) % MINUTES_OF_YEAR) * 60_000;
  const isOfFew = isAmong(index, 0);
  const isShared = isOfFew && index % 2 === 1;
  const createdBy = isOfFew && !isShared ? FEW_VIEWER : BUSY;
  const number = numberOf(index);
  const doing = {
    customerId,
    actor: { subject: "bench", email: createdBy },
    at: new Date(openedAt).toISOString(),
    key: `bench-${index}`,
  };
  const { after, audit } = openRequest(doing, number, createdBy, {
    title: `${at(SUBJECTS, index, "")}${isAmong(index, 3) ? ` (${RARE_WORD})` : ""}`,
    description: DESCRIPTION,
    problemType: "performance",
    product: at(PRODUCTS, index, ""),
    severity: at(SEVERITIES, index, "minimal"),
    primaryContact: { name: "Contact", email: createdBy },
    workspaceId: DEFAULT_WORKSPACE_ID,
    agreementId,
    country: "ES",
    language,
    isIncentiveRelated: false,
    sharedWith: isShared ? [FEW_VIEWER] : [],
    groupId: null,
  });
  if (index % 5 < 2) return { after, audit };
  const closedAt = new Date(openedAt + 86_400_000).toISOString();
  const closed = { at: closedAt, status: "closed", factId: `closed~${number}`, by: createdBy } as const;
  const statusFacts = withStatusFact(after.statusFacts, closed);
  return { after: { ...after, statusFacts, ...statusOf(statusFacts), changedAt: closedAt }, audit };
}

/** A request and its entry in the audit trail. */
const DOCUMENTS_EACH = 2;
const PER_TRANSACTION = BATCH_OPERATIONS_MAX / DOCUMENTS_EACH;

/** Opens the requests `from` up to, not including, `to`. @throws Error when one of them is there already. */
export async function openRequests({ app }: BenchApp, from: number, to: number): Promise<void> {
  const { requests, withTargets } = app.support;
  for (let start = from; start < to; start += PER_TRANSACTION) {
    const length = Math.min(PER_TRANSACTION, to - start);
    const opened = Array.from({ length }, (_, index) => generated(start + index));
    const documents = await Promise.all(opened.map(({ after }) => withTargets(after)));
    const { outcome } = await requests.commit({
      customerId,
      writes: documents.map((document) => ({ document, etag: undefined })),
      audit: opened.flatMap(({ audit }) => audit),
    });
    if (outcome !== "committed") throw new Error(`requests from ${start} on were ${outcome}`);
  }
}
