import * as z from "zod";
import { doingOf } from "../../src/access/audit-entry.ts";
import { defineEndpoint } from "../../src/access/grant.ts";
import { personIdOf } from "../../src/access/member.ts";
import type { Customer } from "../../src/agreements/customer.ts";
import { customerIdSchema } from "../../src/agreements/ids.ts";
import { noticeView, noticeViewSchema } from "../../src/notices/notice.ts";
import {
  changeSettings,
  DAYS_MAX,
  EXTRA_RECIPIENTS_MAX,
  type NoticeRules,
  normalized,
  PERCENT_MAX,
  rulesOf,
  THRESHOLDS_MAX,
} from "../../src/notices/notice-settings.ts";
import { contentTag, requireMatch } from "../../src/platform/conditional.ts";
import { InvalidRequestError, UnavailableError } from "../../src/platform/errors.ts";
import type { FilterFields } from "../../src/platform/filter.ts";
import { toSql } from "../../src/platform/filter-evaluation.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import { filterOf } from "../../src/platform/query.ts";
import type { App } from "../../src/platform/wiring.ts";
import { readCustomer } from "./directory.ts";

const ATTEMPTS_MAX = 5;

const params = z.object({ customerId: customerIdSchema });

const once = (values: readonly unknown[]): boolean => new Set(values).size === values.length;
const thresholds = (maximum: number) =>
  z.array(z.int().min(1).max(maximum)).max(THRESHOLDS_MAX).refine(once, "a threshold is given twice");

const settingsShape = {
  isEnabled: z.boolean().meta({ description: "False: there are no notices at all." }),
  allowancePercents: thresholds(PERCENT_MAX).meta({
    description: "Shares of an allowance in percent; none: no notices of allowances.",
  }),
  expiryDays: thresholds(DAYS_MAX).meta({
    description:
      "Days before the last day of a package, or of a grant of which something is unused; none: no notices of ends.",
  }),
  tellsAdministrators: z
    .boolean()
    .meta({ description: "Customer administrators and services admins are told by e-mail." }),
  extraRecipients: z
    .array(z.email().max(254).toLowerCase())
    .max(EXTRA_RECIPIENTS_MAX)
    .refine(once, "an address is given twice")
    .meta({
      description:
        "Addresses of members, administrators and the account team. Each is told of what its owner may see of the customer's activity.",
    }),
};
const settingsSchema = z.object(settingsShape).meta({ id: "NoticeSettings" });

const filterFields = {
  kind: "string",
  agreementId: "string",
  packageId: "string",
  entitlementId: "string",
  createdAt: "instant",
} as const satisfies FilterFields;

const filterPaths: Readonly<Record<keyof typeof filterFields, string>> = {
  kind: "c.type",
  agreementId: "c.agreementId",
  packageId: "c.packageId",
  entitlementId: "c.entitlementId",
  createdAt: "c.at",
};

const positionSchema = z.object({ at: z.string(), id: z.string() });

export function noticeEndpoints(app: App) {
  const listNotices = defineEndpoint(
    {
      name: "listNotices",
      method: "GET",
      route: "customers/{customerId}/notices",
      tag: "Notices",
      summary: "List the notices of a customer, newest first",
      description:
        "One for each crossing of a threshold: a share of an allowance used, the end of a package coming near, that of a grant of which something is unused. For example `filter=kind eq 'allowanceUsed' and createdAt ge 2026-11-01T00:00:00Z`.",
      access: { kind: "customer", permission: "notices.read" },
      params,
      query: z.object({ ...pagingQuery(100), filter: filterOf(filterFields) }),
      responses: { 200: { description: "A page of notices.", schema: listSchema(noticeViewSchema) } },
    },
    async ({ params: { customerId }, query, url, now }) => {
      const scope = { name: "listNotices", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, positionSchema);
      const filter = query.filter && toSql(query.filter, { fields: filterFields, paths: filterPaths });
      const notices = await app.notices.page(customerId, {
        filter: filter && { query: filter.text, parameters: filter.parameters },
        after: page.after,
        limit: page.limit + 1,
      });
      const { value, nextLink } = finishPage(scope, page, notices, ({ at, id }) => ({ at, id }));
      const body = { value: value.map(noticeView), ...(nextLink === undefined ? {} : { nextLink }) };
      return { status: 200, body };
    },
  );

  const getSettings = defineEndpoint(
    {
      name: "getNoticeSettings",
      method: "GET",
      route: "customers/{customerId}/noticeSettings",
      tag: "Notices",
      summary: "Get what there are notices of, and who is told",
      access: { kind: "customer", permission: "notices.read" },
      params,
      responses: {
        200: { description: "As somebody set them, or the defaults.", schema: settingsSchema },
      },
    },
    async ({ params: { customerId } }) => {
      await readCustomer(app, customerId);
      return { status: 200, ...answerOf(rulesOf(await app.notices.settings(customerId))) };
    },
  );

  const putSettings = defineEndpoint(
    {
      name: "putNoticeSettings",
      method: "PUT",
      route: "customers/{customerId}/noticeSettings",
      tag: "Notices",
      summary: "Set what there are notices of, and who is told",
      description: "A threshold that is added behind one that is reached already gives no notice.",
      access: { kind: "customer", permission: "notices.manage" },
      params,
      body: {
        kind: "json",
        schema: z.strictObject(settingsShape),
        example: {
          isEnabled: true,
          allowancePercents: [75, 90, 100],
          expiryDays: [90, 60, 30, 7],
          tellsAdministrators: true,
          extraRecipients: ["ana@customer.example"],
        },
      },
      responses: { 200: { description: "As they are now.", schema: settingsSchema } },
    },
    async (request) => {
      const { customerId } = request.params;
      const rules = normalized(request.body);
      const { value: customer } = await readCustomer(app, customerId);
      await requireKnown(customer, rules.extraRecipients);
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        const known = await app.notices.settings(customerId);
        const before = answerOf(rulesOf(known));
        requireMatch(request.conditions, before.etag);
        const after = answerOf(rules);
        if (before.etag === after.etag) return { status: 200, ...after };
        const change = changeSettings(doingOf(request, customerId), known, rules);
        if ((await app.notices.commit(change)).outcome !== "overtaken") return { status: 200, ...after };
      }
      throw new UnavailableError(1, "others are always faster");
    },
  );

  /** @throws InvalidRequestError for an address that the customer's directory does not know. */
  async function requireKnown(customer: Customer, emails: readonly string[]): Promise<void> {
    const team = Object.values(customer.agreements).flatMap(({ accountTeam, servicesAdmin }) => [
      ...accountTeam.map(({ email }) => email),
      servicesAdmin,
    ]);
    const known = await Promise.all(
      emails.map(async (email) => {
        if (team.includes(email)) return true;
        const { customerId } = customer;
        const of = await app.directory.directory.ofPerson(customerId, personIdOf(customerId, email));
        return [...of.members, ...of.assignments].some(({ status }) => status === "active");
      }),
    );
    const strangers = emails.filter((_, index) => known[index] !== true);
    if (strangers.length === 0) return;
    const message = `extraRecipients: nobody at this customer has the address ${strangers.join(", ")}.`;
    throw new InvalidRequestError("UnknownRecipient", message, { target: "extraRecipients" });
  }

  return [listNotices, getSettings, putSettings];
}

function answerOf(rules: NoticeRules) {
  const body = {
    isEnabled: rules.isEnabled,
    allowancePercents: [...rules.allowancePercents],
    expiryDays: [...rules.expiryDays],
    tellsAdministrators: rules.tellsAdministrators,
    extraRecipients: [...rules.extraRecipients],
  };
  return { body, etag: contentTag(JSON.stringify(body)) };
}
