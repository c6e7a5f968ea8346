import { adminOf, DEMO_CSAM, demoCustomers } from "./demo/customers.ts";
import { DEMO_WORKSPACE } from "./demo/people.ts";
import { DEMO_ADVOCATE, DEMO_CONTACT } from "./demo/support-events.ts";
import type { Stack } from "./stack.ts";

export type BannerFacts = {
  readonly preferredPort: number;
  readonly dataDir: string | undefined;
  readonly secondsToReady: number;
  /** What was loaded, or why nothing was. */
  readonly demo: string;
};

/** Addresses that the demo data knows, and what for. */
const DEMO_USERS: readonly (readonly [email: string, what: string])[] = [
  ...demoCustomers.map((customer) => [adminOf(customer), `services admin of ${customer.name}`] as const),
  [`${DEMO_CSAM} --role Csam`, "account manager of all three"],
  [DEMO_WORKSPACE.customerAdministrator, `customer administrator of ${DEMO_WORKSPACE.customerName}`],
  [
    DEMO_WORKSPACE.administrator,
    `administrator of its second workspace, ${DEMO_WORKSPACE.name}, and of nothing else`,
  ],
  [DEMO_WORKSPACE.invited, "invited to it: the mail is in the mailbox, nobody accepted yet"],
  [DEMO_CONTACT.email, `support contact of ${DEMO_WORKSPACE.customerName}, who opened a support request`],
  [`${DEMO_ADVOCATE.email} --role Advocate`, "advocate of its open requests, with a calendar"],
];
const FIRST_CUSTOMER = `cust-${demoCustomers[0]?.key}`;

/** The one table that `npm start` prints when everything is ready. */
export function banner(stack: Stack, facts: BannerFacts): string {
  const { apiUrl, host, tokens, settings } = stack;
  const moved = facts.preferredPort !== 0 && host.port !== facts.preferredPort;
  const example = DEMO_USERS[0]?.[0] ?? "you@example.org";
  const rows: (readonly [string, string])[] = [
    ["API", `${apiUrl}/api${moved ? ` (port ${facts.preferredPort} was taken)` : ""}`],
    ["API docs", `${apiUrl}/api/docs`],
    ["Token issuer", tokens?.issuer ?? `${settings["TOKEN_ISSUER"]} (yours)`],
    ["Cosmos DB", place(stack.cosmos, settings["COSMOS_ENDPOINT"])],
    ["Service Bus", place(stack.serviceBus, settings["SERVICEBUS__fullyQualifiedNamespace"])],
    ["Blob Storage", place(stack.blob, settings["BLOB_ACCOUNT_URL"])],
    ["Mailbox", stack.mail?.url ?? "none: mail goes out by your own service"],
    ["Data", facts.dataDir ?? "in memory, gone at the end (--data DIR keeps it)"],
    ["Demo data", facts.demo],
    ...DEMO_USERS.map(
      ([email, what], index) => [index === 0 ? "Demo users" : "", `${email}: ${what}`] as const,
    ),
  ];
  if (tokens !== undefined) {
    rows.push(["A token", `npm run --silent token -- ${example}`]);
    rows.push([
      "Sample report",
      `${apiUrl}/api/customers/${FIRST_CUSTOMER}/reports (monthly proofs of delivery)`,
    ]);
    rows.push(["Try", `curl -H "Authorization: Bearer $(npm run --silent token -- ${example})" \\`]);
    rows.push(["", `  "${apiUrl}/api/customers/${FIRST_CUSTOMER}/activity?api-version=2026-11-01"`]);
  }
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join("\n");
  return `\nCustomer Activity is ready after ${facts.secondsToReady.toFixed(1)} s. Ctrl-C ends it.\n\n${table}\n`;
}

function place(standIn: { readonly port: number } | undefined, given: string | undefined): string {
  return standIn === undefined
    ? `${given ?? "by its connection string"} (yours)`
    : `127.0.0.1:${standIn.port}`;
}
