import * as z from "zod";
import { defineEndpoint } from "../../src/access/grant.ts";
import { NotFoundError } from "../../src/platform/errors.ts";
import { finishPage, listSchema, pagingQuery, startPage } from "../../src/platform/paging.ts";
import type { App } from "../../src/platform/wiring.ts";
import {
  COMMUNICATION_KIND,
  type Communication,
  communicationDocumentId,
  communicationIdSchema,
  communicationSchema,
  mailBodyOf,
} from "../../src/support/communication.ts";
import { requestLink } from "../../src/support/request-view.ts";
import { requestParams, requestRoute, seenRequest } from "./support-request.ts";

const PAGE_ITEMS = 50;

const route = `${requestRoute}/communications`;

const summarySchema = z
  .object({
    communicationId: z.string(),
    direction: z.enum(["inbound", "outbound"]).meta({ description: "`inbound`: from the customer." }),
    from: z.string(),
    to: z.array(z.string()),
    cc: z.array(z.string()),
    subject: z.string(),
    sentAt: z.iso.datetime(),
    snippet: z.string().meta({ description: "The beginning of the text, in one line." }),
    link: z.url(),
  })
  .meta({ id: "SupportRequestCommunicationSummary" });

const detailsSchema = summarySchema
  .extend({
    messageId: z.string().nullable(),
    text: z.string().meta({ description: "The whole text; of an HTML mail, its text." }),
    html: z.string().nullable().meta({
      description: "Safe to put into a page: nothing in it runs or is fetched. Null: a mail of text alone.",
    }),
  })
  .meta({ id: "SupportRequestCommunication" });

const view = (mail: Communication, requestId: string, url: URL) => ({
  communicationId: mail.communicationId,
  direction: mail.direction,
  from: mail.from,
  to: mail.to,
  cc: mail.cc,
  subject: mail.subject,
  sentAt: mail.at,
  snippet: mail.snippet,
  link: requestLink(url, requestId, "communications", mail.communicationId),
});

const positionSchema = z.object({ at: z.string(), id: z.string() });

export function supportRequestCommunicationEndpoints(app: App) {
  const listCommunications = defineEndpoint(
    {
      name: "listSupportRequestCommunications",
      method: "GET",
      route,
      tag: "Support requests",
      summary: "List the e-mail of a support request, newest first",
      access: { kind: "signedIn" },
      params: requestParams,
      query: z.object(pagingQuery(PAGE_ITEMS)),
      responses: { 200: { description: "A page of e-mails.", schema: listSchema(summarySchema) } },
    },
    async (request) => {
      const { query, url, now, params } = request;
      const { key } = await seenRequest(app, request);
      const scope = { name: "listSupportRequestCommunications", url, key: app.config.signingKey, now };
      const page = startPage(scope, query, positionSchema);
      const asked = { kinds: [COMMUNICATION_KIND], after: page.after, limit: page.limit + 1 };
      const found = await app.support.parts.page(key, asked, communicationSchema);
      const mails = found.map(({ value }) => value);
      const { value, ...link } = finishPage(scope, page, mails, ({ at, id }) => ({ at, id }));
      return {
        status: 200,
        body: { value: value.map((each) => view(each, params.requestId, url)), ...link },
      };
    },
  );

  const getCommunication = defineEndpoint(
    {
      name: "getSupportRequestCommunication",
      method: "GET",
      route: `${route}/{communicationId}`,
      tag: "Support requests",
      summary: "Get one e-mail of a support request with its full text",
      access: { kind: "signedIn" },
      params: requestParams.extend({ communicationId: communicationIdSchema }),
      responses: { 200: { description: "The e-mail.", schema: detailsSchema } },
    },
    async (request) => {
      const { params, url } = request;
      const { key } = await seenRequest(app, request);
      const id = communicationDocumentId(key.number, params.communicationId);
      const [mail, sent] = await Promise.all([
        app.support.parts.read(key.customerId, id, communicationSchema),
        app.support.events.read(key.customerId, params.communicationId),
      ]);
      if (mail === undefined || sent === undefined)
        throw new NotFoundError(`no e-mail ${params.communicationId} of the request`);
      const body = { ...view(mail.value, params.requestId, url), ...mailBodyOf(sent.value) };
      return { status: 200, body };
    },
  );

  return [listCommunications, getCommunication];
}
