/**
 * Looks at what of one agreement is watched, and gives a notice for every crossing.
 * Promise: state, notice, messages and deliveries to webhooks are one transaction, conditional on the state that was read;
 * so a run that is repeated, late, interrupted or not alone gives each notice exactly once.
 * Invariant: the state is read before the figures. So the figures are never older than those that the state was made from,
 * and a run that was overtaken cannot take an old balance for a new crossing.
 *
 * Cost: the settings, the customer and the support contacts (a point read each), one query for the states and one for the
 * ledger, with as many more for its grants as the page makes; only where something is crossed also who is told (a query,
 * and one for each person) and the webhooks (a query).
 */
import type { DirectoryStore } from "../access/directory-store.ts";
import { personIdOf } from "../access/member.ts";
import type { Customer } from "../agreements/customer.ts";
import type { CustomerStore } from "../agreements/customer-store.ts";
import type { AgreementId, CustomerId } from "../agreements/ids.ts";
import { everything } from "../consumption/chosen.ts";
import { ledgerIdOf } from "../consumption/entry.ts";
import { type FiguresStore, readFigures } from "../consumption/figures.ts";
import { seatContacts } from "../consumption/grid-contacts.ts";
import type { Message } from "../messages/message.ts";
import type { Versioned } from "../platform/cosmos.ts";
import { crossed, type Levels, type NoticeState, stateDocumentId } from "./crossing.ts";
import { newNotice } from "./notice.ts";
import { noticeMessage } from "./notice-message.ts";
import { type NoticeRules, rulesOf } from "./notice-settings.ts";
import type { NoticeChange, NoticeStore } from "./notice-store.ts";
import { type Recipient, recipientsOf, sees } from "./recipients.ts";
import { type Watched, watchedIn } from "./watched.ts";
import { WEBHOOKS_MAX, type Webhook } from "./webhook.ts";
import { newDelivery, type WebhookDelivery } from "./webhook-delivery.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** How often it is read anew when somebody else was faster. */
const ATTEMPTS_MAX = 5;

export type Watcher = {
  readonly notices: Pick<NoticeStore, "settings" | "states" | "commit">;
  readonly webhooks: Pick<WebhookStore, "webhooks">;
  readonly activity: FiguresStore;
  readonly customers: Pick<CustomerStore, "read">;
  readonly directory: Pick<DirectoryStore, "ofPerson" | "roleAssignments" | "supportContacts">;
  readonly now: () => string;
  /** Asks for what was written to be sent now; what it cannot do is left to the timers. */
  readonly hurry: (messages: readonly Message[], deliveries: readonly WebhookDelivery[]) => Promise<void>;
};

/** @returns how many notices it gave. @throws Error when others are always faster: to be tried again. */
export async function watchAgreement(
  watcher: Watcher,
  customerId: CustomerId,
  agreementId: AgreementId,
): Promise<number> {
  let given = 0;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const look = await lookAt(watcher, customerId, agreementId);
    given += look.given;
    if (look.isDone) return given;
  }
  throw new Error(`others are always faster to write notices of customer ${customerId}`);
}

type Looked = { readonly given: number; readonly isDone: boolean };
const NOTHING: Looked = { given: 0, isDone: true };

async function lookAt(watcher: Watcher, customerId: CustomerId, agreementId: AgreementId): Promise<Looked> {
  const { notices, customers, directory, activity } = watcher;
  const rules = rulesOf(await notices.settings(customerId));
  if (!rules.isEnabled) return NOTHING;
  const states = await notices.states(customerId, agreementId);
  const [customer, people] = await Promise.all([
    customers.read(customerId),
    directory.supportContacts(customerId),
  ]);
  if (customer === undefined) return NOTHING;
  const now = watcher.now();
  const contacts = seatContacts(customer.value, people?.value.contacts ?? [], now);
  const query = { chosen: everything, asOf: undefined, at: now, contacts };
  const figures = await readFigures(activity, ledgerIdOf(customerId, agreementId), query);
  if (figures === undefined) return NOTHING;
  const news = newsAmong(watchedIn(figures, rules, now), states);
  if (news.length === 0) return NOTHING;
  const audience = await audienceOf(watcher, customer.value, rules, news);
  let given = 0;
  let isDone = true;
  for (const each of news) {
    const change = changeFor(each, audience, now);
    const { outcome } = await notices.commit(change);
    if (outcome !== "committed") isDone = false;
    else {
      given += each.crossings.length;
      await hurry(watcher, change);
    }
  }
  return { given, isDone };
}

type News = {
  readonly watched: Watched;
  readonly state: Versioned<NoticeState> | undefined;
  readonly levels: Levels;
  readonly crossings: ReturnType<typeof crossed>[1];
};

/** What is no longer as its state says. */
function newsAmong(watched: readonly Watched[], states: readonly Versioned<NoticeState>[]): News[] {
  const known = new Map(states.map((state) => [state.value.id, state]));
  return watched.flatMap((each) => {
    const state = known.get(stateDocumentId(each.subject));
    const before = state?.value.levels ?? {};
    const [levels, crossings] = crossed(before, each.look);
    return levels === before ? [] : [{ watched: each, state, levels, crossings }];
  });
}

type Audience = {
  readonly customer: Customer;
  readonly recipients: readonly Recipient[];
  readonly webhooks: readonly Webhook[];
};

async function audienceOf(
  { directory, webhooks }: Watcher,
  customer: Customer,
  rules: NoticeRules,
  news: readonly News[],
): Promise<Audience> {
  if (news.every(({ crossings }) => crossings.length === 0))
    return { customer, recipients: [], webhooks: [] };
  const [recipients, all] = await Promise.all([
    recipientsOf(directory, customer, rules),
    webhooks.webhooks(customer.customerId),
  ]);
  const active = all.map(({ value }) => value).filter(({ status }) => status === "active");
  // Of webhooks that were made at the same time there may be more; a notice has to fit its transaction.
  return { customer, recipients, webhooks: active.slice(0, WEBHOOKS_MAX) };
}

function changeFor(
  { watched, state, levels, crossings }: News,
  audience: Audience,
  at: string,
): NoticeChange {
  const { subject, facts, terms, packageId } = watched;
  const { customer, recipients, webhooks } = audience;
  const { customerId } = customer;
  const document: NoticeState = {
    id: stateDocumentId(subject),
    customerId,
    kind: "noticeState",
    ...subject,
    levels: { ...levels },
  };
  const given = crossings.map((crossing) => newNotice(customerId, subject, facts, crossing, at));
  // Whoever crosses several at once is told by one message: the last says what the others would.
  const last = given.at(-1);
  const told = last === undefined ? [] : recipients.filter((each) => sees(each, customer, terms, packageId));
  const messages =
    last === undefined
      ? []
      : told.map((each) => noticeMessage(last, customer, each, personIdOf(customerId, each.email)));
  const deliveries = given.flatMap((notice) => webhooks.map((webhook) => newDelivery(notice, webhook)));
  return {
    customerId,
    writes: [{ document, etag: state?.etag }],
    created: [...given, ...messages, ...deliveries],
  };
}

/** What is written is sent, by the timers if not now. */
async function hurry(watcher: Watcher, { created }: NoticeChange): Promise<void> {
  const messages = created.filter((document) => document.kind === "message");
  const deliveries = created.filter((document) => document.kind === "webhookDelivery");
  if (messages.length + deliveries.length > 0) await watcher.hurry(messages, deliveries);
}
