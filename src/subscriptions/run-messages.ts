/**
 * What is written to people of a run. Pure. Invariant: ids follow from the run and the recipient, so the same is written to
 * nobody twice; a message holds no token, which is made when it is sent.
 */
import type { Customer } from "../agreements/customer.ts";
import { newMessage, type QueuedMessage } from "../messages/message.ts";
import { failureSchema } from "../messages/report-contents.ts";
import type { SucceededReport } from "../reports/report.ts";
import { type Delivery, deliveryDocumentId, deliveryIdOf } from "./delivery.ts";
import type { Addressee } from "./owner-access.ts";
import type { Run } from "./run.ts";
import type { Pause, Subscription } from "./subscription.ts";

/** One run, of which people are told. */
export type Told = { readonly customer: Customer; readonly subscription: Subscription; readonly run: Run };

export function newDelivery(
  { run, subscription }: Told,
  report: SucceededReport,
  { email, name, language }: Addressee,
  now: string,
  linkMinutes: number,
): Delivery {
  const deliveryId = deliveryIdOf(run.runId, email);
  return {
    id: deliveryDocumentId(deliveryId),
    deliveryId,
    customerId: subscription.customerId,
    kind: "reportDelivery",
    subscriptionId: subscription.subscriptionId,
    runId: run.runId,
    reportId: report.id,
    email,
    ...(name === undefined ? {} : { name }),
    // Whoever became a recipient since the report was asked for may have a language that it is not in.
    language: report.languages.includes(language) ? language : (report.languages[0] ?? language),
    formats: subscription.formats,
    createdAt: now,
    expiresAt: new Date(
      Math.min(Date.parse(now) + linkMinutes * 60_000, Date.parse(report.filesKeptUntil)),
    ).toISOString(),
    downloads: [],
  };
}

export function readyMessage(
  { customer, subscription, run }: Told,
  report: SucceededReport,
  { deliveryId, expiresAt }: Delivery,
  to: Addressee,
  now: string,
): QueuedMessage {
  const { scope, period, version } = report;
  const content = {
    template: "reportReady" as const,
    ...namesOf(customer, subscription),
    reportKind: scope.reportKind,
    agreementNumber:
      scope.reportKind === "cpod" ? (customer.agreements[scope.agreementId]?.number ?? null) : null,
    period,
    version,
    isCorrection: run.isCorrection,
    deliveryId,
    expiresAt,
    timeZone: customer.timeZone,
  };
  return newMessage({ id: `message~${deliveryId}`, ...addressed(customer, to), content }, now);
}

/** @param code of a run's reason, or of the report's error: one that has no words in every language is told as any other. */
export function failedMessage(
  { customer, subscription, run }: Told,
  code: string,
  to: Addressee,
  now: string,
): QueuedMessage {
  const content = {
    template: "reportRunFailed" as const,
    ...namesOf(customer, subscription),
    period: run.period,
    reason: failureSchema.parse(code),
  };
  return newMessage({ id: `message~${run.runId}`, ...addressed(customer, to), content }, now);
}

export function pausedMessage(
  { customer, subscription, run }: Told,
  reason: Exclude<Pause["code"], "ByRequest">,
  to: Addressee,
  now: string,
): QueuedMessage {
  const content = {
    template: "subscriptionPaused" as const,
    ...namesOf(customer, subscription),
    reason,
  };
  return newMessage({ id: `message~${run.runId}`, ...addressed(customer, to), content }, now);
}

const namesOf = (customer: Customer, subscription: Subscription) => ({
  customerName: customer.name,
  subscriptionName: subscription.name,
});

const addressed = ({ customerId }: Customer, { email, name, language }: Addressee) => ({
  customerId,
  to: { email, ...(name === undefined ? {} : { name }) },
  language,
});
