/** The app, put together top to bottom: the only place with clients of the cloud. */
import { randomUUID } from "node:crypto";
import { CosmosClient } from "@azure/cosmos";
import { DefaultAzureCredential } from "@azure/identity";
import { RetryMode, ServiceBusClient } from "@azure/service-bus";
import { BlobServiceClient } from "@azure/storage-blob";
import type { FollowThrough } from "../access/apply-change.ts";
import { cosmosAuditStore } from "../access/audit-store.ts";
import { cosmosDirectoryStore } from "../access/directory-store.ts";
import { createAuthorize } from "../access/grant.ts";
import { createPersonCache } from "../access/person-cache.ts";
import { cosmosPersonStore } from "../access/person-store.ts";
import { cosmosCustomerStore } from "../agreements/customer-store.ts";
import { cosmosActivityStore } from "../consumption/activity-store.ts";
import { DELIVERY_EVENTS_QUEUE, serviceBusEventQueue } from "../consumption/event-queue.ts";
import { cosmosLedgerStore } from "../consumption/ledger-store.ts";
import { createRecorder, type Recorder } from "../consumption/record.ts";
import { cosmosRejectedEventStore } from "../consumption/rejected-event-store.ts";
import { MESSAGES_QUEUE, type MessageJob } from "../messages/message-queue.ts";
import { cosmosMessageStore } from "../messages/message-store.ts";
import type { DeliveryDependencies } from "../messages/send-message.ts";
import { cosmosNoticeStore } from "../notices/notice-store.ts";
import type { WebhookSending } from "../notices/send-delivery.ts";
import type { Watcher } from "../notices/watch.ts";
import { cosmosWatchStore } from "../notices/watch-store.ts";
import { WEBHOOKS_QUEUE, type WebhookJob } from "../notices/webhook-queue.ts";
import { cosmosWebhookStore } from "../notices/webhook-store.ts";
import { blobReportFiles } from "../reports/report-files.ts";
import { REPORT_JOBS_QUEUE, serviceBusReportQueue } from "../reports/report-queue.ts";
import { cosmosReportStore } from "../reports/report-store.ts";
import { deliveryAddress } from "../subscriptions/delivery-link.ts";
import { subscriptionRuns } from "../subscriptions/report-runs.ts";
import { cosmosSubscriptionStore } from "../subscriptions/subscription-store.ts";
import { cosmosAdvocateCalendarStore } from "../support/advocate-calendar-store.ts";
import { blobAttachmentFiles } from "../support/attachment-files.ts";
import { ATTACHMENT_SCANS_QUEUE, type AttachmentJob } from "../support/attachment-queue.ts";
import { cosmosAttachmentStore } from "../support/attachment-store.ts";
import { cosmosCalendarStore } from "../support/business-calendar-store.ts";
import { cosmosPartStore } from "../support/part-store.ts";
import { createRequestRecorder } from "../support/record-request.ts";
import type { SupportRequest } from "../support/request.ts";
import { cosmosRequestEventStore } from "../support/request-event-store.ts";
import { cosmosRequestStore } from "../support/request-store.ts";
import { createCalendars } from "../support/target-calendar-cache.ts";
import { withTargets } from "../support/target-check.ts";
import { acsMail } from "./acs-mail.ts";
import type { Config } from "./config.ts";
import { serviceBusJobQueue } from "./job-queue.ts";
import type { MailSender } from "./mail.ts";
import { createScanner } from "./malware-scanner.ts";
import { createOutboundPost } from "./outbound-post.ts";
import { readFonts } from "./report-fonts.ts";
import { smtpMail } from "./smtp-mail.ts";
import { createTokenVerifier } from "./tokens.ts";

/**
 * A batch of messages is locked for 60 s and the lock is not renewed while it is worked on: what the SDK spends on
 * retries must fit in that several times over.
 */
const COSMOS_POLICY = {
  requestTimeout: 10_000,
  retryOptions: { maxRetryAttemptCount: 4, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 5 },
};

/** The SDK's own pause of 30 s before it tries again is longer than a client of the API waits for its answer. */
const SERVICE_BUS_OPTIONS = {
  retryOptions: {
    mode: RetryMode.Exponential,
    maxRetries: 3,
    retryDelayInMs: 200,
    maxRetryDelayInMs: 2_000,
    timeoutInMs: 10_000,
  },
};

/** What a request that links spends on moving cases; a timer goes on with the rest. */
const RELINK_BUDGET_MS = 5_000;

export type App = ReturnType<typeof wire>;

export function wire(config: Config) {
  const credential = new DefaultAzureCredential();
  const now = (): string => new Date().toISOString();

  const { endpoint, key, database: databaseId } = config.cosmos;
  const cosmos = new CosmosClient({
    endpoint,
    // Only with this does the SDK send session tokens: what is read after a write, or after a read, is then as new as it.
    consistencyLevel: "Session",
    connectionPolicy: COSMOS_POLICY,
    ...(key === undefined ? { aadCredentials: credential } : { key }),
  });
  const database = cosmos.database(databaseId);
  const ledgers = cosmosLedgerStore(database.container("ledgers"));
  const activity = cosmosActivityStore(database.container("ledgers"));
  const customers = cosmosCustomerStore(database.container("customers"));
  const messages = cosmosMessageStore(database.container("customers"));
  const people = cosmosPersonStore(database.container("people"));
  const rejectedEvents = cosmosRejectedEventStore(database.container("rejectedEvents"));
  const audit = cosmosAuditStore(database.container("customers"));

  const serviceBus =
    "connectionString" in config.serviceBus
      ? new ServiceBusClient(config.serviceBus.connectionString, SERVICE_BUS_OPTIONS)
      : new ServiceBusClient(config.serviceBus.namespace, credential, SERVICE_BUS_OPTIONS);
  const eventSender = lazily(() => serviceBus.createSender(DELIVERY_EVENTS_QUEUE));

  const jobSender = lazily(() => serviceBus.createSender(REPORT_JOBS_QUEUE));
  const messageSender = lazily(() => serviceBus.createSender(MESSAGES_QUEUE));
  const webhookSender = lazily(() => serviceBus.createSender(WEBHOOKS_QUEUE));
  const scanSender = lazily(() => serviceBus.createSender(ATTACHMENT_SCANS_QUEUE));

  const blobs =
    "connectionString" in config.blob
      ? BlobServiceClient.fromConnectionString(config.blob.connectionString)
      : new BlobServiceClient(config.blob.accountUrl, credential);
  const reports = cosmosReportStore(database.container("reports"));
  const files = blobReportFiles(blobs, "reports");

  const messageQueue = serviceBusJobQueue<MessageJob>(messageSender);
  const personCache = createPersonCache(people, config.accessCacheSeconds);
  const followThrough: FollowThrough = {
    forget: personCache.forget,
    relink: async (customerId, agreementId) => {
      const deadline = new Date(Date.now() + RELINK_BUDGET_MS).toISOString();
      await recorder.relink(customerId, agreementId, deadline);
    },
    notify: (queued) =>
      messageQueue.send(queued.map(({ customerId, id }) => ({ customerId, messageId: id }))),
    onDelay: (error) =>
      process.emitWarning("what follows from a change is left to a timer", { detail: String(error) }),
  };
  const directoryStore = cosmosDirectoryStore(database.container("customers"));
  const stores = { store: ledgers, customers, people, directory: directoryStore, rejectedEvents };
  const directory = { directory: directoryStore, customers, people, ...followThrough };
  const requests = cosmosRequestStore(database.container("customers"));
  const calendarStore = cosmosCalendarStore(database.container("customers"));
  const calendars = createCalendars(calendarStore, requests);
  const requestEvents = cosmosRequestEventStore(database.container("customers"));
  const support = {
    requests,
    calendarStore,
    calendars,
    withTargets: async (after: SupportRequest) =>
      withTargets(after, await calendars.current(after.customerId), now()),
    parts: cosmosPartStore(database.container("customers")),
    events: requestEvents,
    attachments: cosmosAttachmentStore(database.container("customers")),
    attachmentFiles: blobAttachmentFiles(blobs, { uploads: "attachment-uploads", files: "attachments" }),
    attachmentQueue: serviceBusJobQueue<AttachmentJob>(scanSender),
    scanner: createScanner(config.scanner),
    now,
    notify: followThrough.notify,
    onDelay: followThrough.onDelay,
  };
  const requestRecorder = createRequestRecorder({ ...support, directory, now });
  const recorder: Recorder = createRecorder(stores, now, followThrough, requestRecorder);
  const ingest = {
    queue: serviceBusEventQueue(eventSender),
    rejectedEvents,
    store: ledgers,
    requestFacts: requestEvents,
    signingKey: config.signingKey,
  };
  const notices = cosmosNoticeStore(database.container("customers"));
  const webhooks = cosmosWebhookStore(database.container("customers"));
  const webhookQueue = serviceBusJobQueue<WebhookJob>(webhookSender);
  const watcher: Watcher = {
    notices,
    webhooks,
    activity,
    customers,
    directory: directoryStore,
    now,
    hurry: async (queued, deliveries) => {
      const webhookJobs = deliveries.map(({ customerId, deliveryId }) => ({ customerId, deliveryId }));
      const sent = await Promise.allSettled([followThrough.notify(queued), webhookQueue.send(webhookJobs)]);
      for (const each of sent) if (each.status === "rejected") followThrough.onDelay(each.reason);
    },
  };
  const webhookSending: WebhookSending = {
    webhooks,
    notices,
    post: createOutboundPost({ allowsLoopback: config.webhooksAllowLoopback }),
    signingKey: config.signingKey,
    now,
    random: Math.random,
  };
  const reportMaker = {
    reports,
    files,
    activity,
    directory: directoryStore,
    customers,
    incentiveNumbers: requests.incentiveNumbers,
    fonts: readFonts,
    retentionDays: config.reportRetentionDays,
    now,
    newId: randomUUID,
  };
  const reportQueue = serviceBusReportQueue(jobSender);
  return {
    config,
    ledgers,
    activity,
    customers,
    rejectedEvents,
    audit,
    recorder,
    ingest,
    reportMaker,
    reportQueue,
    subscriptions: subscriptionRuns({
      subscriptions: cosmosSubscriptionStore(database.container("customers")),
      reportMaker,
      reportQueue,
      directory: directoryStore,
      audit,
      notify: followThrough.notify,
      onDelay: followThrough.onDelay,
      linkMinutes: config.reportLinkMinutes,
    }),
    messages,
    messageQueue,
    watcher,
    watch: cosmosWatchStore({
      ledgers: database.container("ledgers"),
      customers: database.container("customers"),
    }),
    notices,
    webhooks,
    webhookQueue,
    webhookSending,
    support,
    booking: {
      ...support,
      advocateCalendars: cosmosAdvocateCalendarStore(database.container("people")),
      newId: randomUUID,
    },
    directory,
    delivery: {
      messages,
      mail: mailSender(config.mail, credential),
      now,
      links: {
        webClientUrl: config.webClientUrl,
        reportDelivery: (customerId, deliveryId, expiresAt) =>
          config.publicBaseUrl &&
          deliveryAddress(config.publicBaseUrl, config.signingKey, { customerId, deliveryId }, expiresAt),
      },
      // Loaded with the first of them, as what words messages.
      attachments: async (content, event) =>
        (await import("../support/appointment-invitation.ts")).invitationsFor(content, event),
    } satisfies DeliveryDependencies,
    download: {
      /** Where links of the store lead. */
      filesOrigin: new URL(blobs.url).origin,
      reports,
      files,
      audit: audit.append,
      signingKey: config.signingKey,
      retentionDays: config.reportRetentionDays,
      now,
      newId: randomUUID,
    },
    verifier: createTokenVerifier(config.tokens),
    authorize: createAuthorize(personCache.read),
  };
}

function mailSender({ from, carrier }: Config["mail"], credential: DefaultAzureCredential): MailSender {
  if ("smtpUrl" in carrier) return smtpMail({ url: carrier.smtpUrl, from });
  return acsMail(
    "acsEndpoint" in carrier
      ? { endpoint: carrier.acsEndpoint, credential }
      : { connectionString: carrier.acsConnectionString },
    from,
  );
}

function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
