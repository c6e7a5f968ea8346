/** Entry point of the function app: reads the settings, wires the app, registers what can happen. */
import { randomUUID } from "node:crypto";
import { readConfig } from "../src/platform/config.ts";
import { registerEndpoints } from "../src/platform/registration.ts";
import { wire } from "../src/platform/wiring.ts";
import { allEndpoints } from "./http/endpoints.ts";
import { registerAttachmentScans } from "./queue/attachment-scans.ts";
import { registerDeliveryEvents } from "./queue/delivery-events.ts";
import { registerMessages } from "./queue/messages.ts";
import { registerReportJobs } from "./queue/report-jobs.ts";
import { registerWebhooks } from "./queue/webhooks.ts";
import { registerDueAttachments } from "./timer/attachments.ts";
import { registerMonthlyCpods } from "./timer/cpod.ts";
import { registerFollowUps } from "./timer/follow-ups.ts";
import { registerSettleLedgers, registerVerifyLedgers } from "./timer/ledgers.ts";
import { registerDueMessages } from "./timer/messages.ts";
import { registerDueWebhooks, registerNotices } from "./timer/notices.ts";
import { registerReportRetention } from "./timer/report-retention.ts";
import { registerResponseTargets } from "./timer/response-targets.ts";
import { registerSubscriptions } from "./timer/subscriptions.ts";

const config = readConfig(process.env);
const app = wire(config);

registerEndpoints(allEndpoints(app), {
  verifier: app.verifier,
  authorize: app.authorize,
  now: () => new Date(),
  newRequestId: randomUUID,
  validateResponses: config.validateResponses,
  publicBaseUrl: config.publicBaseUrl,
});
registerDeliveryEvents(app);
registerReportJobs(app);
registerMonthlyCpods(app);
registerReportRetention(app);
registerSubscriptions(app);
registerSettleLedgers(app);
registerVerifyLedgers(app);
registerMessages(app);
registerDueMessages(app);
registerFollowUps(app);
registerNotices(app);
registerResponseTargets(app);
registerWebhooks(app);
registerDueWebhooks(app);
registerAttachmentScans(app);
registerDueAttachments(app);
